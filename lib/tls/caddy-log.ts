import { isMapping } from '../task.ts'

/** One line of Caddy's log. */
export interface CaddyLine {
  /** Seconds since 1970. */
  readonly time: number
  readonly level: string
  readonly logger: string
  readonly message: string
  readonly error: string
  /** What the authority said about a challenge: its kind, and why it did not succeed. */
  readonly challenge?: { readonly kind: string; readonly why: string }
}

/** Reads the lines of a container's log that Caddy wrote as JSON; each may have the engine's time before it. */
export function caddyLines(lines: readonly string[]): readonly CaddyLine[] {
  return lines.flatMap((line) => {
    const json = parsed(line.slice(Math.max(0, line.indexOf('{'))))
    if (!isMapping(json)) return []
    const text = (name: string) => (typeof json[name] === 'string' ? (json[name] as string) : '')
    // Up to 2.6 the answer of the authority stands beside the rest, later in a mapping of its own.
    const problem = isMapping(json.problem) ? json.problem : { type: json.problem_type, detail: json.error }
    const failed = text('challenge_type') !== '' && text('msg') === 'challenge failed'
    return [
      {
        time: typeof json.ts === 'number' ? json.ts : 0,
        level: text('level'),
        logger: text('logger'),
        message: text('msg'),
        error: text('error'),
        ...(failed && {
          challenge: { kind: text('challenge_type'), why: `${String(problem.detail)} (${String(problem.type)})` },
        }),
      },
    ]
  })
}

/**
 * What keeps an authority from giving a certificate, in its words or those of the network; undefined when nothing does. Of each kind of
 * challenge the last answer counts; what Caddy concludes from them (no way is left) tells less.
 */
export function troubleIn(lines: readonly CaddyLine[]): string | undefined {
  const challenges = new Map(
    lines.flatMap(({ challenge }) => (challenge ? [[challenge.kind, challenge.why] as const] : [])),
  )
  if (challenges.size > 0) return [...challenges].map(([kind, why]) => `${kind}: ${why}`).join('; ')
  const told = lines.filter((one) => one.level === 'error' && one.error !== '' && /^tls\b|acme/.test(one.logger))
  const last = told.at(-1)
  return last && plainError(last.error)
}

/** Whether Caddy has tried everything for now: it says so when it puts the next attempt off. */
export function gaveUp(lines: readonly CaddyLine[]): boolean {
  return lines.some(
    ({ logger, message }) =>
      /^tls\.(obtain|renew)$/.test(logger) && /^(will retry|giving up|final attempt)/.test(message),
  )
}

/** Last words of a command of Caddy that failed: the line that begins with Error. */
export function complaintIn(output: string): string {
  const lines = output.split('\n').filter((line) => line.trim() !== '')
  const told = lines.findLast((line) => /^Error: /i.test(line)) ?? lines.at(-1) ?? 'it said nothing'
  return told
    .replace(/^Error: /i, '')
    .replaceAll('/etc/caddy/Caddyfile.candidate', 'Caddyfile')
    .replace(/^(adapting config using caddyfile|sending configuration to instance): /, '')
}

function plainError(error: string): string {
  return error.replace(/^\[[^\]]*\] Obtain: /, '').replace(/ \(ca=\S*\)$/, '')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
