import type { Plain } from '../../core/plain.ts'

/** Facts about the machine, the process or the build, wherever they appear: only their kind is compared. */
const machineFacts =
  /(^|\.)(os|process|build|commit|cpus)(\.|$)|(^|\.)(pid|extraInformation\.\w+|entropy|timeToReset|nodeVersion|lastHeartbeatTime)$/

/** Timings: milliseconds since 1970 as numbers. */
const isMoment = (value: Plain) => typeof value === 'number' && value > 1e12 && value < 1e13

const isoDate = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/
const longDate = /^[A-Z][a-z]{2} [A-Z][a-z]{2} \d\d \d{4} \d\d:\d\d:\d\d GMT/
const never = '1970-01-01T00:00:00.000Z'

/** True when two values of one kind need not be equal: dates, moments, facts about the machine. */
export function sameClass(recorded: Plain, actual: Plain, path: string): boolean {
  if (machineFacts.test(path)) return true
  if (isMoment(recorded) && isMoment(actual)) return true
  if (typeof recorded !== 'string' || typeof actual !== 'string') return false
  if (isoDate.test(recorded)) return isoDate.test(actual) && recorded !== never && actual !== never
  if (longDate.test(recorded)) return longDate.test(actual)
  return /^\d{13}$/.test(recorded) && /^\d{13}$/.test(actual)
}

/** Kinds of ids and secrets, by their look; two of one kind can stand for the same thing. */
const identities: readonly (readonly [kind: string, look: RegExp])[] = [
  ['pair of ids', /^[0-9A-Za-z]{34}$|^[0-9a-f]{24}[0-9A-Za-z]{17}$|^[0-9A-Za-z]{17}[0-9a-f]{24}$|^[0-9a-f]{48}$/],
  ['object id', /^[0-9a-f]{24}$/],
  ['short id', /^[23456789A-HJ-NP-TW-Za-km-z]{17}$/],
  ['token', /^[A-Za-z0-9_-]{43}$/],
  ['hash', /^[A-Za-z0-9+/]{43}=$/],
  ['uuid', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/],
  ['password hash', /^\$2b\$10\$.{53}$/],
]

/** The kind of id or secret that a text looks like; undefined for words. */
export function identityOf(text: string): string | undefined {
  return identities.find(([, look]) => look.test(text))?.[0]
}
