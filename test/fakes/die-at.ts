/**
 * To be loaded before an entry (`--import`): ends the process with SIGKILL at the event of `--output json` that `DIE_AT`
 * gives the number of, before any of it has left the process and before any other report has it.
 */
const at = Number(process.env.DIE_AT)
const write = process.stdout.write.bind(process.stdout)
let count = 0

process.stdout.write = ((text: string | Uint8Array, ...rest: []) => {
  if (typeof text === 'string' && text.startsWith('{"kind":') && ++count === at) process.kill(process.pid, 'SIGKILL')
  return write(text, ...rest)
}) as typeof process.stdout.write
