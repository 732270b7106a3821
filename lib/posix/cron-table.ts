/** What marks a job in a table of cron, so that it is found again; the same line that Ansible writes. */
export const jobMark = (name: string): string => `#Ansible: ${name}`

/** The text with the job under its mark, in the place of a former one; `line` undefined removes it. */
export function putJob(text: string, name: string, line: string | undefined): string {
  const lines = linesOf(text)
  const at = lines.indexOf(jobMark(name))
  const entry = line === undefined ? [] : [jobMark(name), line]
  if (at >= 0) lines.splice(at, 2, ...entry)
  else lines.push(...entry)
  return textOf(lines)
}

/** Names of the jobs and of the variables of a table. */
export function namesIn(text: string): { readonly jobs: readonly string[]; readonly envs: readonly string[] } {
  const lines = linesOf(text)
  return {
    jobs: lines.flatMap((line) => /^#Ansible: (.*)$/.exec(line)?.[1] ?? []),
    envs: lines.flatMap((line) => /^(\w+)=/.exec(line)?.[1] ?? []),
  }
}

/**
 * The text with a variable for the jobs below it: first in the table, or beside another variable; `value` undefined
 * removes it. Throws RangeError when that other variable is not there.
 */
export function putVariable(
  text: string,
  name: string,
  value: string | undefined,
  beside: { readonly after?: string | undefined; readonly before?: string | undefined } = {},
): string {
  const lines = linesOf(text)
  const at = lines.findIndex((line) => line.startsWith(`${name}=`))
  const entry = value === undefined ? [] : [`${name}="${value}"`]
  if (at >= 0) lines.splice(at, 1, ...entry)
  else lines.splice(placeIn(lines, beside), 0, ...entry)
  return textOf(lines)
}

function placeIn(
  lines: readonly string[],
  { after, before }: { after?: string | undefined; before?: string | undefined },
): number {
  const other = after ?? before
  if (other === undefined) return 0
  const at = lines.findIndex((line) => line.startsWith(`${other}=`))
  if (at < 0) throw new RangeError(`there is no variable ${other}`)
  return after === undefined ? at : at + 1
}

export interface Times {
  readonly minute: string
  readonly hour: string
  readonly day: string
  readonly month: string
  readonly weekday: string
  readonly special_time?: string | undefined
}

/** One job; tables of the system name an account, those of an account do not. */
export function jobLine(times: Times, job: string, account: string | undefined, disabled: boolean): string {
  const { minute, hour, day, month, weekday, special_time } = times
  const when = special_time === undefined ? [minute, hour, day, month, weekday].join(' ') : `@${special_time}`
  return `${disabled ? '#' : ''}${when} ${account === undefined ? '' : `${account} `}${job}`
}

function linesOf(text: string): string[] {
  const lines = text.split('\n')
  if (lines.at(-1) === '') lines.pop()
  return lines
}

function textOf(lines: readonly string[]): string {
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}
