import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { quote } from '../../core/script.ts'
import { type Call, type Reply, replyScript } from './call.ts'
import { programText } from './program.ts'

/** File descriptors on which a script's commands call, and are woken up: as in `shell/call.sh`, and high enough not to be met in scripts. */
export const CALLING = 7
export const WAKING = 8

/** Answers one call. */
export type Handler = (call: Call) => Reply | Promise<Reply>

/** A wake-up can be taken by another command that waits on the same pipe, so it is repeated until the call is taken up. */
const REPEAT_MS = 10

/**
 * The program that stands for a command which is answered by this process; `text` is the file `shell/call.sh`.
 */
export function callScript(
  name: string,
  machine: { readonly shell: string; readonly calls: string; readonly cat: string; readonly text: string },
): string {
  const variables = { name, calls: machine.calls, cat: machine.cat }
  const umask = name === 'cp' ? ['set -- "--sandbox-umask=$(umask)" "$@"'] : []
  return programText(machine.shell, variables, [...umask, `. ${quote(machine.text)}`])
}

/**
 * Listens to the commands of one running script, which leave their calls in the folder `calls`; the returned function ends it and removes what is
 * left of its calls.
 */
export function connect(
  calls: string,
  pipes: { readonly calling: Readable; readonly waking: Writable },
  handle: Handler,
): () => void {
  const open = new Set<string>()
  const unheard = new Map<string, 'last' | 'first'>()
  let timer: NodeJS.Timeout | undefined
  let line = ''

  const file = (id: string, suffix = '') => join(calls, id + suffix)
  const wake = () => {
    if (unheard.size > 0 && pipes.waking.writable) pipes.waking.write('\n')
    if (unheard.size === 0) {
      clearInterval(timer)
      timer = undefined
    }
  }
  const reply = (id: string, step: 1 | 2, which: 'last' | 'first', text: string, encoding: 'utf8' | 'latin1') => {
    const heard = `echo "${id} heard" >&${CALLING}\n`
    writeFileSync(file(id, '.new'), heard + text, { mode: 0o600, encoding })
    renameSync(file(id, '.new'), file(id, `.${step}`))
    unheard.set(id, which)
    wake()
    timer ??= setInterval(wake, REPEAT_MS)
  }
  // The file of the call itself goes last: as long as it is there, nobody else takes its name.
  const forget = (id: string) => {
    for (const suffix of ['.new', '.1', '.2', '.stdin', '']) rmSync(file(id, suffix), { force: true })
    open.delete(id)
    unheard.delete(id)
  }
  const answer = async (id: string, step: 1 | 2, sent: boolean) => {
    // What is left of a machine that is being stopped may still call.
    if (!existsSync(file(id))) return
    open.add(id)
    const [name = '', cwd = '/', user = '', ...bytes] = readFileSync(file(id), 'latin1').split('\0').slice(0, -1)
    const args = bytes.map(utf8)
    const stdin = sent ? { stdin: readFileSync(file(id, '.stdin')) } : {}
    let result: Reply
    try {
      result = await handle({ name, cwd: utf8(cwd), user, args, bytes, ...stdin })
    } catch (error) {
      result = { code: 70, stderr: `${name}: the sandbox failed: ${error instanceof Error ? error.message : error}\n` }
    }
    if (!open.has(id)) return
    if ('wants' in result) {
      reply(
        id,
        step,
        'first',
        `send ${quote(result.from ?? '/dev/stdin')}\necho "${id} again" >&${CALLING}\nwait_for 2\n. "$call.2"\n`,
        'utf8',
      )
    } else reply(id, step, 'last', replyScript(result), 'encoding' in result ? result.encoding : 'utf8')
  }
  pipes.calling.on('data', (chunk: Buffer) => {
    const lines = (line + chunk.toString()).split('\n')
    line = lines.pop() ?? ''
    for (const said of lines) {
      const [id = '', word] = said.split(' ')
      if (word === 'heard' && unheard.get(id) === 'last') forget(id)
      else if (word === 'heard') unheard.delete(id)
      else if (word === 'call') void answer(id, 1, false)
      else if (word === 'again') void answer(id, 2, true)
    }
  })
  pipes.calling.on('error', () => {})
  pipes.waking.on('error', () => {})
  return () => {
    clearInterval(timer)
    for (const id of [...open]) forget(id)
    pipes.calling.destroy()
    pipes.waking.destroy()
  }
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString()
}
