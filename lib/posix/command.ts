import {
  type Answer,
  derive,
  endingLines,
  type Finding,
  type Io,
  join,
  type Output,
  problem,
  type Result,
  raw,
  type Script,
  Secret,
  s,
  sh,
  TaskError,
  type Text,
  type Value,
} from '../task.ts'
import { everyCode } from './place.ts'
import { expanded } from './words.ts'

/** Arguments that `command` and `shell` share. */
export const commandArgs = () => ({
  chdir: s.string('Folder to run in.').optional(),
  creates: s.string('Path or pattern; when something like it exists, the command is not run.').optional(),
  removes: s.string('Path or pattern; when nothing like it exists, the command is not run.').optional(),
  stdin: s.text('What the command reads from its standard input; a secret is safe here.').optional(),
  stdin_add_newline: s.boolean('End the standard input with a line break.').default(true),
  strip_empty_ends: s.boolean('Leave out line breaks at the end of what the command printed.').default(true),
})

export interface CommandArgs {
  readonly chdir?: string | undefined
  readonly creates?: string | undefined
  readonly removes?: string | undefined
  readonly stdin?: Text | undefined
  readonly stdin_add_newline: boolean
  readonly strip_empty_ends: boolean
}

export const commandReturns = {
  stdout: 'What the command printed.',
  stdout_lines: 'The same, line by line.',
  stderr: 'What it printed on standard error.',
  stderr_lines: 'The same, line by line.',
  rc: 'Its exit code.',
  cmd: 'The command.',
  start: 'When it began, in UTC.',
  end: 'When it ended, in UTC.',
  delta: 'How long it took, as hours, minutes and seconds.',
}

/** Why the command need not run; undefined when it must. */
export type Reason = string | undefined

/** Asks for `creates` and `removes`. */
export function conditionScript({ creates, removes, chdir }: CommandArgs): Script {
  const lines = [chdir === undefined ? raw(':') : sh`cd -- ${expanded(chdir)} 2>/dev/null`]
  for (const pattern of [creates, removes]) {
    if (pattern === undefined) lines.push(raw('echo none'))
    else
      lines.push(
        sh`f=no; for x in ${globbed(pattern)}; do if [ -e "$x" ] || [ -h "$x" ]; then f=yes; fi; done; echo "$f"`,
      )
  }
  return join(lines)
}

export function readCondition({ creates, removes }: CommandArgs, answer: Answer | undefined): Reason {
  const [made, there] = (answer?.text ?? '').split('\n')
  if (creates !== undefined && made === 'yes') return `since '${creates}' exists`
  if (removes !== undefined && there === 'no') return `since '${removes}' does not exist`
  return undefined
}

/** Runs the command and gives what Ansible returns; throws TaskError with the same values for an exit code other than 0. */
export async function runCommand(io: Io, command: Script, cmd: Value, args: CommandArgs): Promise<Result> {
  const { chdir, stdin } = args
  const body = join([...(chdir === undefined ? [] : [sh`cd -- ${expanded(chdir)} || exit 2`]), command])
  const whole =
    stdin === undefined
      ? body
      : sh`printf %s ${derive([stdin], (text) => (args.stdin_add_newline ? `${text}\n` : text))} | (\n${body}\n)`
  const started = io.now()
  const output = await io.sh(whole, { expect: everyCode, live: true })
  const values = { ...outputValues(output, cmd, args.strip_empty_ends), ...timeValues(started, io.now()) }
  if (output.code === 0) return { values: { ...values, msg: '' } }
  throw new TaskError(commandProblem(output, cmd), {
    values: { ...values, changed: true, msg: 'non-zero return code' },
  })
}

export function outputValues(output: Output, cmd: Value, strip = true): { readonly [key: string]: Value } {
  const text = (bytes: Buffer) => (strip ? bytes.toString().replace(/[\r\n]+$/, '') : bytes.toString())
  const stdout = text(output.stdout)
  const stderr = text(output.stderr)
  return { stdout, stdout_lines: linesOf(stdout), stderr, stderr_lines: linesOf(stderr), rc: output.code, cmd }
}

/** When a command began and ended (UTC, by the clock of this machine) and how long it took, as Ansible writes it; in milliseconds. */
function timeValues(started: number, ended: number): { readonly [key: string]: string } {
  const moment = (at: number) => `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}000`
  const took = Math.max(ended - started, 0)
  const days = Math.floor(took / 86_400_000)
  const [, hours = '', rest = ''] = /T0?(\d+)(.*)Z/.exec(new Date(took).toISOString()) ?? []
  const dayText = days === 0 ? '' : days === 1 ? '1 day, ' : `${days} days, `
  return { start: moment(started), end: moment(ended), delta: `${dayText}${hours}${rest}000` }
}

/** What a skipped command returns. */
export function skippedValues(reason: string, cmd: Value): { readonly [key: string]: Value } {
  const stdout = `skipped, ${reason.replaceAll("'", '')}`
  return {
    stdout,
    stdout_lines: [stdout],
    stderr: '',
    stderr_lines: [],
    rc: 0,
    cmd,
    start: null,
    end: null,
    delta: null,
    msg: `Did not run command ${reason}`,
  }
}

/** Secrets in a command line can be read by anyone on the host who lists processes; the finding says what to do instead. */
export function secretInCommand(name: string): Finding {
  return {
    path: [name],
    diagnostic: problem(
      'secret-in-command',
      'a secret stands in the command line, where every account of the host can read it',
      {
        mend: 'give it to the command with "stdin:" or with "environment:", or write it to a file with copy and mode "0600"',
      },
    ),
  }
}

export function isSecret(value: unknown): boolean {
  return value instanceof Secret
}

export function commandProblem(output: Output, cmd: Value): ReturnType<typeof problem> {
  const lines = `${output.stdout}\n${output.stderr}`.split('\n').filter((line) => line.trim() !== '')
  const how = output.signal === undefined ? `exit code ${output.code}` : `signal ${output.signal}`
  const mend = output.code === 127 ? 'the program is not installed, or not in the PATH of the account' : undefined
  return problem('command-failed', `the command ended with ${how}`, {
    detail: `command: ${Array.isArray(cmd) ? cmd.join(' ') : String(cmd)}\n${endingLines(lines, 20)}`.trimEnd(),
    mend,
  })
}

function linesOf(text: string): readonly string[] {
  return text === '' ? [] : text.replace(/\n$/, '').split('\n')
}

/** A shell word in which only `*`, `?` and `[…]` mean something. */
function globbed(pattern: string): Script {
  return join(
    pattern
      .split(/([*?[\]]+)/)
      .flatMap((piece, index) => (piece === '' ? [] : [index % 2 === 1 ? raw(piece) : expanded(piece)])),
    '',
  )
}
