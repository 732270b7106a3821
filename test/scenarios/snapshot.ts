import { createHash } from 'node:crypto'
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'

/** What lies in a folder: permissions and content of each file, by path; `ignored` paths are left out. */
export function snapshot(folder: string, ignored: RegExp = /^$/): { readonly [path: string]: string } {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names.filter((name) => !ignored.test(name)).map((name) => [name, describe(join(folder, name))]),
  )
}

function describe(file: string): string {
  const found = lstatSync(file)
  const mode = (found.mode & 0o7777).toString(8)
  if (found.isDirectory()) return `folder ${mode}`
  if (found.isSymbolicLink()) return `link to ${readlinkSync(file)}`
  return `file ${mode} ${createHash('sha256').update(readFileSync(file)).digest('hex')}`
}
