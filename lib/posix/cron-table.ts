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

/** The text with a variable for the jobs below it, first in the table; `value` undefined removes it. */
export function putVariable(text: string, name: string, value: string | undefined): string {
  const lines = linesOf(text)
  const at = lines.findIndex((line) => line.startsWith(`${name}=`))
  const entry = value === undefined ? [] : [`${name}="${value}"`]
  if (at >= 0) lines.splice(at, 1, ...entry)
  else lines.unshift(...entry)
  return textOf(lines)
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
