/** A Rocket.Chat release: major, minor, patch. */
export type Version = readonly [number, number, number]

/** Reads "6.14.0", "v8.6.1" or "7.10"; throws a TypeError for anything that is not a release number. */
export function parseVersion(text: string): Version {
  const found = /^v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text)
  if (!found) throw new TypeError(`"${text}" is not a Rocket.Chat version; write it like 6.14.0`)
  return [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)]
}

/** Negative when `a` is older than `b`, zero when equal, positive when newer. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2]
}

/** True when `version` is `from` or newer; `from` is written like "7.0". */
export function atLeast(version: Version, from: string): boolean {
  return compareVersions(version, parseVersion(from)) >= 0
}

/** "6.14.0" from its parts. */
export function versionText(version: Version): string {
  return version.join('.')
}
