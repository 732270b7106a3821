import {
  commandArgs,
  commandReturns,
  conditionScript,
  isSecret,
  readCondition,
  runCommand,
  secretInCommand,
  skippedValues,
} from '../../lib/posix/command.ts'
import { expanded, splitWords } from '../../lib/posix/words.ts'
import { type Finding, masked, problem, run, s, sh, TaskError, type Text, task } from '../../lib/task.ts'

export default task({
  summary: 'A program has run on the host, without a shell between its words.',
  args: s.args(
    {
      cmd: s
        .text('The program and its arguments; quotes group words, $NAME and ~ are expanded, nothing else is.')
        .optional(),
      argv: s.list(s.text('One word.'), 'The program and its arguments as a list.').optional(),
      ...commandArgs(),
    },
    { freeForm: 'cmd' },
  ),
  examples: [
    'command: uname -r',
    `name: Make the key of the server once
command:
  cmd: openssl rand -out /etc/example/key 32
  creates: /etc/example/key`,
    `command:
  argv: [printf, "%s", "two words"]
  chdir: /tmp`,
  ],
  returns: commandReturns,
  // With a condition that is not met it is known that the command runs.
  skipsInCheckMode: ({ creates, removes }) => creates === undefined && removes === undefined,
  resumable: true,

  validate: ({ cmd, argv }): readonly Finding[] => {
    if ((cmd === undefined) === (argv === undefined))
      return [wrong('cmd', 'command needs either cmd or argv', 'write the program and its arguments')]
    if (isSecret(cmd)) return [secretInCommand('cmd')]
    if (argv?.some(isSecret)) return [secretInCommand('argv')]
    try {
      return wordsOf(cmd, argv).length === 0
        ? [wrong(cmd === undefined ? 'argv' : 'cmd', 'the command is empty', 'write the program to run')]
        : []
    } catch (error) {
      if (error instanceof RangeError)
        return [
          wrong(
            'cmd',
            `the command cannot be split into words: ${error.message}`,
            'close the quote, or give the words as a list in argv',
          ),
        ]
      throw error
    }
  },
  probe: (args) => ({
    ask:
      args.creates === undefined && args.removes === undefined ? [] : [{ on: 'shell', script: conditionScript(args) }],
    read: ([answer]) => readCondition(args, answer),
  }),
  diff: ({ cmd, argv }, reason) => (reason === undefined ? [run(wordsOf(cmd, argv).join(' '), undefined)] : []),
  apply: async (_change, io, args) => {
    const words = wordsOf(args.cmd, args.argv)
    const [program = ''] = words
    const missing = `[Errno 2] No such file or directory: b'${program}'`
    const look = sh`command -v ${expanded(program)} >/dev/null 2>&1 || { printf %s ${missing} >&2; exit 2; }`
    try {
      return await runCommand(io, sh`${look}\n${words.map(expanded)}`, words, args)
    } catch (error) {
      throw error instanceof TaskError && error.values?.stderr === missing ? noProgram(program, missing, words) : error
    }
  },
  result: ({ cmd, argv }, reason) =>
    reason === undefined ? {} : { values: skippedValues(reason, wordsOf(cmd, argv)) },
})

function wordsOf(cmd: Text | undefined, argv: readonly Text[] | undefined): readonly string[] {
  return argv?.map(masked) ?? splitWords(masked(cmd ?? ''))
}

/** As Ansible, which starts programs without a shell, says it; nothing was run, so nothing is changed. */
function noProgram(program: string, msg: string, cmd: readonly string[]): TaskError {
  const mend = 'the program is not installed, or not in the PATH of the account'
  return new TaskError(problem('command-failed', `there is no program "${program}"`, { mend }), {
    values: { changed: false, rc: 2, cmd, msg, stdout: '', stdout_lines: [], stderr: '', stderr_lines: [] },
  })
}

function wrong(name: string, message: string, mend: string): Finding {
  return { path: [name], diagnostic: problem('wrong-argument', message, { mend }) }
}
