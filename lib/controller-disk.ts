import { globSync, lstatSync, readlinkSync, realpathSync, statSync } from 'node:fs'
import path from 'node:path'
import type { Disk } from './load/filters/disk.ts'

/** The most links in a row that are followed, as in Linux. */
const mostLinks = 40

const quietly = { throwIfNoEntry: false } as const

/** The disk and the environment of this machine as templates see them. */
export function controllerDisk(env: { readonly [name: string]: string | undefined }): Disk {
  return {
    kindOf: (name) => {
      const found = stat(name)
      return found && (found.isFile() ? 'file' : found.isDirectory() ? 'directory' : 'other')
    },
    isLink: (name) => looked(() => lstatSync(name, quietly))?.isSymbolicLink() === true,
    isSame: (a, b) => {
      const [one, other] = [stat(a), stat(b)]
      return one && other && one.dev === other.dev && one.ino === other.ino
    },
    isMount: (name) => {
      const own = looked(() => lstatSync(name, quietly))
      if (!own || own.isSymbolicLink()) return false
      const above = stat(path.join(realPath(name), '..'))
      return above !== undefined && (above.dev !== own.dev || above.ino === own.ino)
    },
    realPath: (name) => realPath(name),
    glob: (pattern) =>
      globSync(pattern)
        .filter((one) => stat(one)?.isFile())
        .sort(),
    folder: process.cwd(),
    environment: (name) => env[name],
  }
}

const stat = (name: string) => looked(() => statSync(name, quietly))

/** Like Python's: without links as far as they lead somewhere, then the rest as it is; a link in a circle stays. */
function realPath(name: string, followed = 0): string {
  const whole = path.resolve(name)
  const found = looked(() => realpathSync(whole))
  if (found !== undefined || whole === '/') return found ?? whole
  const place = path.join(realPath(path.dirname(whole), followed), path.basename(whole))
  const target = looked(() => readlinkSync(place))
  if (target === undefined || followed === mostLinks) return place
  const end = path.resolve(path.dirname(place), target)
  return end === place ? place : realPath(end, followed + 1)
}

/** What may not be looked at is not there, as for Python. */
function looked<Result>(look: () => Result): Result | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
