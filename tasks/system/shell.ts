import {
  commandArgs,
  commandReturns,
  conditionScript,
  readCondition,
  runCommand,
  skippedValues,
} from '../../lib/posix/command.ts'
import { masked, raw, run, type Script, s, sh, type Text, task } from '../../lib/task.ts'

export default task({
  summary: 'A shell script has run on the host.',
  args: s.args(
    {
      cmd: s.text(
        'The script; it reaches the host on standard input, so a secret in it shows in no list of processes unless a program gets it as an argument.',
      ),
      executable: s.string('Shell to run it with; /bin/sh when not given.').optional(),
      ...commandArgs(),
    },
    { freeForm: 'cmd' },
  ),
  examples: [
    'shell: docker ps --quiet | wc -l',
    `shell:
  cmd: set -o pipefail && zcat dump.gz | head -1
  executable: /bin/bash
  chdir: /var/backups`,
  ],
  returns: commandReturns,
  // With a condition that is not met it is known that the command runs.
  skipsInCheckMode: ({ creates, removes }) => creates === undefined && removes === undefined,
  resumable: true,

  probe: (args) => ({
    ask:
      args.creates === undefined && args.removes === undefined ? [] : [{ on: 'shell', script: conditionScript(args) }],
    read: ([answer]) => readCondition(args, answer),
  }),
  diff: ({ cmd }, reason) => (reason === undefined ? [run(masked(cmd), undefined)] : []),
  apply: (_change, io, args) => runCommand(io, scriptOf(args.cmd, args.executable), masked(args.cmd), args),
  result: ({ cmd }, reason) => (reason === undefined ? {} : { values: skippedValues(reason, masked(cmd)) }),
})

/** Another shell reads the script from a here-document on descriptor 3: neither an argument nor its standard input. */
function scriptOf(cmd: Text, executable: string | undefined): Script {
  if (executable === undefined) return raw(cmd)
  return sh`${executable} /dev/fd/3 3<<'END-OF-THE-SCRIPT'\n${raw(cmd)}\nEND-OF-THE-SCRIPT`
}
