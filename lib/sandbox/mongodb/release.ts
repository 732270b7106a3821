/** The lines of releases in their order; a volume may be opened by its own line and by the next one. */
const lines = ['4.2', '4.4', '5.0', '6.0', '7.0', '8.0', '8.2', '8.3']

/** The release whose own features `8.1` counts to: rapid releases need the line before them. */
const lineOf = (release: string): string => release.split('.').slice(0, 2).join('.')

/** The full number of the release that an image's tag names (`8`, `8.0`, `8.2-ubi8`, `8.0.17-noble`); 8.0.17 when it names none. */
export const releaseOfTag = (tag: string): string => {
  const found = /^(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(tag)
  if (found?.[1] === undefined) return '8.0.17'
  return `${found[1]}.${found[2] ?? '0'}.${found[3] ?? '17'}`
}

/** What a fresh volume of this release is compatible with. */
export const ownCompatibility = (release: string): string => lineOf(release)

/** Whether a release may open a volume of that compatibility. */
export const mayOpen = (release: string, compatibility: string): boolean => {
  const own = lines.indexOf(lineOf(release))
  const found = lines.indexOf(compatibility)
  return own >= 0 && found >= 0 ? found === own || found === own - 1 : lineOf(release) === compatibility
}

/** Whether the compatibility may be set to that value under this release. */
export const maySet = (release: string, compatibility: string): boolean => mayOpen(release, compatibility)

/** MongoDB 5 and later use AVX instructions on amd64. */
export const needsAvx = (release: string): boolean => Number(release.split('.')[0]) >= 5
