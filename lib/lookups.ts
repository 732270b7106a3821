import { execFileSync } from 'node:child_process'
import { globSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { Folders, LookupEffects } from './load/lookups.ts'
import { isEncryptedWhole } from './load/source.ts'
import type { Decrypt } from './load/yaml.ts'
import { passwordFiles } from './secrets/password-file.ts'

/**
 * What lookups may reach on this machine: files beside the playbook (`files/`, `templates/` first), the environment, what a
 * command prints, and passwords in files, which are made where they are missing unless `keeps` is false. What ansible-vault
 * encrypted as a whole is opened by `decrypt`.
 */
export function lookupEffects(
  folder: string,
  env: { readonly [name: string]: string | undefined },
  { keeps, decrypt }: { readonly keeps: boolean; readonly decrypt: Decrypt },
): LookupEffects {
  const password = passwordFiles(keeps)
  const findFile = (name: string, folders: Folders = [folder]): string | undefined => {
    const places = path.isAbsolute(name)
      ? [name]
      : folders.flatMap((one) => ['files', 'templates', '.'].map((part) => path.join(one, part, name)))
    return places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile())
  }
  return {
    findFile,
    readFile: (name, folders) => {
      const file = findFile(name, folders)
      if (file === undefined) return undefined
      const text = readFileSync(file, 'utf8')
      if (!isEncryptedWhole(text)) return text
      return decrypt('vault', text, { file, line: 1, col: 1 }, path.basename(file))
    },
    glob: (pattern, folders) => globbed(pattern, folders ?? [folder]),
    environment: (name) => env[name],
    password: ({ path: name, ...wanted }) => password({ file: path.resolve(folder, home(name, env)), ...wanted }),
    pipe: (command) =>
      execFileSync('/bin/sh', ['-c', command], {
        encoding: 'utf8',
        cwd: folder,
        timeout: 60_000,
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
  }
}

/** The files that a pattern fits in the first of the places where it fits any. */
function globbed(pattern: string, folders: readonly string[]): readonly string[] {
  const places = path.isAbsolute(pattern)
    ? [pattern]
    : folders.flatMap((one) => [path.join(one, 'files', pattern), path.join(one, pattern)])
  const isFile = (file: string) => statSync(file, { throwIfNoEntry: false })?.isFile()
  for (const place of places) {
    const found = globSync(place).filter(isFile).sort()
    if (found.length > 0) return found
  }
  return []
}

function home(name: string, env: { readonly [name: string]: string | undefined }): string {
  return name.replace(/^~(?=\/)/, env.HOME ?? homedir())
}

/** Finds the templates that a template includes, and those of the lookup `template`: beside the one that asks, else beside the playbook. */
export function templateReader(folder: string) {
  return (name: string, from: string | undefined): { readonly path: string; readonly text: string } | undefined => {
    const beside = from === undefined ? [] : [path.dirname(from)]
    const places = path.isAbsolute(name)
      ? [name]
      : [...beside, path.join(folder, 'templates'), folder].map((one) => path.join(one, name))
    const found = places.find((place) => statSync(place, { throwIfNoEntry: false })?.isFile())
    return found === undefined ? undefined : { path: found, text: readFileSync(found, 'utf8') }
  }
}
