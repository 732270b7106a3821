import { bypassIsBroken, parseVersion, type Version, versionText } from './version.ts'

/** Releases of Rocket.Chat and what they run on. */
interface Row {
  /** First and last release, both included, as major and minor. */
  readonly from: readonly [number, number]
  readonly to: readonly [number, number]
  /** Release lines of MongoDB; one that ends in `+` stands for itself and the later ones of the same major. */
  readonly mongodb: readonly string[]
  /** The Node that its image brings; told, not chosen. */
  readonly node: string
}

/**
 * Which MongoDB a Rocket.Chat runs on: "Engine versions" in the release notes of each tag (rocketchat.md 12.1), with the floor
 * of 8.2 and later lowered to MongoDB 8.0 and any 8.x promised to work (#38596).
 */
const rows: readonly Row[] = [
  { from: [4, 0], to: [4, 8], mongodb: ['3.6', '4.0', '4.2', '4.4', '5.0'], node: '12.22 to 14.18' },
  { from: [5, 0], to: [5, 4], mongodb: ['4.2', '4.4', '5.0'], node: '14.19' },
  { from: [6, 0], to: [6, 14], mongodb: ['4.4', '5.0', '6.0'], node: '14.21, 20 from 6.13' },
  { from: [7, 0], to: [7, 12], mongodb: ['5.0', '6.0', '7.0'], node: '20.17 to 22.16' },
  { from: [7, 13], to: [7, 13], mongodb: ['5.0', '6.0', '7.0', '8.0+'], node: '22.16' },
  { from: [8, 0], to: [8, 1], mongodb: ['8.2+'], node: '22.16' },
  { from: [8, 2], to: [8, 4], mongodb: ['8.0+'], node: '22.16 to 22.22' },
  { from: [8, 6], to: [8, 9], mongodb: ['8.0+'], node: '22.22' },
  { from: [9, 0], to: [9, 0], mongodb: ['8.0+'], node: '22.22 or 24.15' },
]

/** Why two versions do not go together; undefined when they do. `code` says which of them is to blame. */
export interface Mismatch {
  readonly code: 'version-refused' | 'version-unknown' | 'versions-unsupported'
  readonly message: string
  readonly mend: string
  /** The one to change first. */
  readonly about: 'rocketchat_version' | 'mongodb_version'
}

/** Judges a pair of versions, each written as exactly as it is known: `8.6.1`, `8.0.17`. */
export function mismatch(rocketchat: string, mongodb: string): Mismatch | undefined {
  const chat = parseVersion(rocketchat)
  const database = parseVersion(mongodb)
  if (chat === undefined || database === undefined) {
    const name = chat === undefined ? 'rocketchat_version' : 'mongodb_version'
    const text = chat === undefined ? rocketchat : mongodb
    return {
      code: 'version-unknown',
      message: `${name} is "${text}", which is no version`,
      about: name,
      mend: `write the exact version, such as ${chat === undefined ? '8.6.1' : '8.0.17'}`,
    }
  }
  if (bypassIsBroken(chat)) {
    return {
      code: 'version-refused',
      message: `Rocket.Chat ${versionText(chat)} is of the line 8.5, whose tokens do not bypass the second factor: Ametys cannot work with it`,
      mend: 'set rocketchat_version to 8.6.0 or newer, or to 8.4',
      about: 'rocketchat_version',
    }
  }
  const row = rows.find(({ from, to }) => atLeast(chat, from) && !after(chat, to))
  if (row === undefined) {
    return {
      code: 'version-unknown',
      message: `Rocket.Chat ${versionText(chat)} is not in the list of releases that this program knows`,
      mend: 'set rocketchat_version to one of the list',
      about: 'rocketchat_version',
    }
  }
  if (row.mongodb.some((line) => isOfLine(database, line))) return undefined
  return {
    code: 'versions-unsupported',
    message: `Rocket.Chat ${versionText(chat)} does not run on MongoDB ${versionText(database)}`,
    mend: `set mongodb_version to a release of ${row.mongodb.map(lineText).join(', ')}, or choose another rocketchat_version`,
    about: 'mongodb_version',
  }
}

/** The whole matrix as lines of text, the newest releases first. */
export function matrixText(): string {
  const lines = [...rows].reverse().map(({ from, to, mongodb, node }) => {
    const releases = from.join('.') === to.join('.') ? from.join('.') : `${from.join('.')} to ${to.join('.')}`
    return `${releases.padEnd(12)}  ${mongodb.map(lineText).join(', ').padEnd(30)}  ${node}`
  })
  return [`${'Rocket.Chat'.padEnd(12)}  ${'MongoDB'.padEnd(30)}  Node (in the image)`, ...lines].join('\n')
}

/** MongoDB 5 and later are built for processors with AVX, or ARMv8.2-A (rocketchat.md 13.3). */
export function needsModernProcessor(mongodb: string): boolean {
  return (parseVersion(mongodb)?.major ?? 5) >= 5
}

function isOfLine({ major, minor }: Version, line: string): boolean {
  const [wantedMajor, wantedMinor] = line.replace('+', '').split('.').map(Number)
  if (major !== wantedMajor) return false
  return line.endsWith('+') ? minor >= (wantedMinor ?? 0) : minor === wantedMinor
}

function lineText(line: string): string {
  return line.endsWith('+') ? `${line.slice(0, -1)} and later ${line.split('.')[0]}.x` : line
}

function atLeast({ major, minor }: Version, [wantedMajor, wantedMinor]: readonly [number, number]): boolean {
  return major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)
}

function after({ major, minor }: Version, [lastMajor, lastMinor]: readonly [number, number]): boolean {
  return major > lastMajor || (major === lastMajor && minor > lastMinor)
}
