/** The lines in a box that Rocket.Chat prints once it answers. */
export function runningBanner(about: {
  readonly version: string
  readonly mongo: string
  readonly env: Readonly<Record<string, string>>
  readonly port: number
}): readonly string[] {
  const rows: readonly (readonly [string, string])[] = [
    ['Rocket.Chat Version', about.version],
    ['NodeJS Version', '22.22.3 - x64'],
    ['MongoDB Version', about.mongo],
    ['MongoDB Engine', 'wiredTiger'],
    ['Platform', 'linux'],
    ['Process Port', String(about.port)],
    ['Site URL', about.env.ROOT_URL ?? `http://localhost:${about.port}`],
  ]
  const left = Math.max(...rows.map(([name]) => name.length))
  const right = Math.max(...rows.map(([, value]) => value.length))
  const width = left + right + 6
  const title = 'SERVER RUNNING'
  const before = ' '.repeat(Math.floor((width - title.length) / 2))
  const line = `➔ +${'-'.repeat(width)}+`
  const row = (text: string) => `➔ |${text.padEnd(width)}|`
  return [
    line,
    row(before + title),
    line,
    row(''),
    ...rows.map(([name, value]) => row(`  ${name.padStart(left)}: ${value}`)),
    row(''),
    line,
  ]
}

/** What a start that failed leaves in the log. */
export function complaint(error: unknown): readonly string[] {
  const message = error instanceof Error ? error.message : String(error)
  return [...message.split('\n'), '', 'Node.js v22.22.3']
}
