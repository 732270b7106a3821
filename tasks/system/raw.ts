import { commandReturns, outputValues } from '../../lib/posix/command.ts'
import { everyCode } from '../../lib/posix/place.ts'
import { masked, problem, raw, run, s, sh, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'A shell script has run on the host as it is.',
  args: s.args(
    {
      cmd: s.text('The script.', { aliases: ['free_form'] }),
      executable: s.string('Shell to run it with.').optional(),
    },
    { freeForm: 'cmd' },
  ),
  examples: ['raw: cat /etc/os-release'],
  returns: commandReturns,
  skipInCheckMode: true,
  resumable: true,

  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ cmd }) => [run(masked(cmd), undefined)],
  apply: async (_change, io, { cmd, executable }) => {
    const script =
      executable === undefined
        ? raw(cmd)
        : sh`${executable} /dev/fd/3 3<<'END-OF-THE-SCRIPT'\n${raw(cmd)}\nEND-OF-THE-SCRIPT`
    const output = await io.sh(sh`(\n${script}\n) </dev/null`, { expect: everyCode, live: true })
    const values = outputValues(output, masked(cmd), false)
    if (output.code === 0) return { values }
    throw new TaskError(
      problem('command-failed', `the command ended with exit code ${output.code}`, {
        detail: `${output.stderr}${output.stdout}`.trim(),
      }),
      { values: { ...values, changed: true, msg: 'non-zero return code' } },
    )
  },
})
