/** A Rocket.Chat version; `patch` is unknown where the server hides it (`/api/info` without a login). */
export interface Version {
  readonly major: number
  readonly minor: number
  readonly patch: number | undefined
}

/** Reads `8.6.1`, `8.6`, `6.14.0-develop`; undefined when the text is no version. */
export function parseVersion(text: string): Version | undefined {
  const found = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(text.trim())
  if (!found) return undefined
  return {
    major: Number(found[1]),
    minor: Number(found[2]),
    patch: found[3] === undefined ? undefined : Number(found[3]),
  }
}

export function isAtLeast(version: Version, major: number, minor = 0): boolean {
  return version.major > major || (version.major === major && version.minor >= minor)
}

export function versionText({ major, minor, patch }: Version): string {
  return patch === undefined ? `${major}.${minor}` : `${major}.${minor}.${patch}`
}

/**
 * What differs between versions and touches this program (rocketchat.md 12.4, 17 and 19): the oldest version in which
 * each holds. Everything that asks "since when" asks here.
 */
export const since = {
  /** `view-history` is gone; naming it fails the whole call (#33042). */
  withoutViewHistory: [7, 0],
  /** A workspace without licence and without statistics reports is read-only (#33989). */
  statisticsRestriction: [7, 0],
  /** `/livez` and `/readyz` (#36955). */
  livez: [7, 11],
  /** Personal access tokens do not bypass the second factor (#38017) … */
  brokenBypass: [8, 5],
  /** … until this one (#41065); also bulk `POST settings` and bounds of numbers. */
  bulkSettings: [8, 6],
  /** An unknown path below /api answers 404 instead of the web page. */
  notFoundIs404: [8, 6],
  /** `users.create` may demand a second factor (#41388); the first release is not known for certain. */
  usersCreateSecondFactor: [8, 8],
} as const satisfies { readonly [key: string]: readonly [number, number] }

export function has(version: Version, feature: keyof typeof since): boolean {
  const [major, minor] = since[feature]
  return isAtLeast(version, major, minor)
}

/** Tokens that shall bypass the second factor do not: 8.5.x only. */
export function bypassIsBroken(version: Version): boolean {
  return has(version, 'brokenBypass') && !has(version, 'bulkSettings')
}
