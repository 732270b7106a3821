import {
  commandProblem,
  conditionScript,
  isSecret,
  outputValues,
  readCondition,
  secretInCommand,
} from '../../lib/posix/command.ts'
import { everyCode } from '../../lib/posix/place.ts'
import { baseName, expanded } from '../../lib/posix/words.ts'
import { type Finding, join, problem, raw, run, type Source, s, sh, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'A script of this machine has run on the host.',
  args: s.args(
    {
      cmd: s.commandLine('Script beside the playbook (files/), and behind it what it gets as arguments.'),
      executable: s.string('Program to run it with; by default what its first line says.').optional(),
      chdir: s.string('Folder to run in.').optional(),
      creates: s.string('Path or pattern; when something like it exists, the script is not run.').optional(),
      removes: s.string('Path or pattern; when nothing like it exists, the script is not run.').optional(),
      decrypt: s.boolean('Accepted for playbooks that have it; files are read as they are.').default(true),
    },
    { freeForm: 'cmd' },
  ),
  examples: [
    'script: collect.sh --brief /var/log',
    `name: Set the database up once
script:
  cmd: setup.py "first argument"
  executable: python3
  creates: /var/lib/example/ready`,
  ],
  returns: {
    stdout: 'What the script printed.',
    stdout_lines: 'The same, line by line.',
    stderr: 'What it printed on standard error.',
    stderr_lines: 'The same, line by line.',
    rc: 'Its exit code.',
  },
  // With a condition that is not met it is known that the script runs.
  skipsInCheckMode: ({ creates, removes }) => creates === undefined && removes === undefined,

  validate: ({ cmd, chdir }): readonly Finding[] => {
    if (isSecret(cmd)) return [secretInCommand('cmd')]
    if (cmd.folder)
      return [
        {
          path: ['cmd'],
          diagnostic: problem('wrong-argument', `${cmd.path} is a folder`, { mend: 'name the script in it' }),
        },
      ]
    if (chdir !== undefined && !/^[/~]/.test(chdir))
      return [
        {
          path: ['chdir'],
          diagnostic: problem('wrong-argument', 'chdir must be a whole path', { mend: 'begin it with /' }),
        },
      ]
    return []
  },
  probe: (args) => ({
    ask:
      args.creates === undefined && args.removes === undefined
        ? []
        : [{ on: 'shell', script: conditionScript(conditions(args)) }],
    read: ([answer]) => readCondition(conditions(args), answer),
  }),
  diff: ({ cmd }, reason) => (reason === undefined ? [run(lineOf(cmd), undefined)] : []),
  apply: async (_change, io, { cmd, executable, chdir }) => {
    const made = await io.sh(sh`umask 077 && mktemp -d "\${TMPDIR:-/tmp}"/script.XXXXXXXX`, { more: true })
    const folder = made.stdout.toString().trim()
    try {
      const file = `${folder}/${baseName(cmd.path)}`
      await io.put(file, cmd.text ?? (() => cmd.pieces()), { mode: 0o700, more: true })
      const line = join(
        [executable === undefined ? sh`${file}` : sh`${raw(executable)} ${file}`, raw(cmd.rest ?? '')],
        ' ',
      )
      const enter = chdir === undefined ? [] : [sh`cd -- ${expanded(chdir)} || exit 2`]
      const output = await io.sh(sh`(\n${join([...enter, line])}\n) </dev/null`, {
        expect: everyCode,
        live: true,
        more: true,
      })
      const { cmd: _, ...values } = outputValues(output, '', false)
      if (output.code === 0) return { values }
      throw new TaskError(commandProblem(output, lineOf(cmd)), {
        values: { ...values, changed: true, msg: 'non-zero return code' },
      })
    } finally {
      await io.sh(sh`rm -rf -- ${folder}`)
    }
  },
  result: ({ creates, removes }, reason) =>
    reason === undefined
      ? {}
      : {
          skipped: reason.includes('does not exist')
            ? `${removes} does not exist, matching removes option`
            : `${creates} exists, matching creates option`,
        },
})

interface Conditions {
  readonly creates?: string | undefined
  readonly removes?: string | undefined
}

function conditions({ creates, removes }: Conditions) {
  return { creates, removes, stdin_add_newline: true, strip_empty_ends: false }
}

function lineOf({ path, rest }: Source): string {
  return [path, rest].filter((part) => part).join(' ')
}
