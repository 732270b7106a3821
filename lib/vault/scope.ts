import { readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { largestFile, shownPath } from '../load/files.ts'
import { findRecipients, recipientsName } from '../secrets/recipients.ts'
import { isStore } from './secret-file.ts'
import type { Tools } from './tools.ts'

/** All that is encrypted to one file of recipients. */
export interface Scope {
  /** Folder that the recipients are for: an inventory, or that of all inventories. */
  readonly folder: string
  /** The file of recipients, whether it exists or not. */
  readonly recipients: string
}

/** The places that the named inventories, or all of them, belong to. Throws LoadError `no-such-inventory`. */
export function scopesOf(tools: Tools): readonly Scope[] {
  const all = path.join(tools.root, 'inventory')
  const named = tools.inventories.map((name) => folderOf(name, tools))
  if (named.length > 0) return unique(named.map((folder) => scopeOf(folder)))
  if (!exists(all)) return [scopeOf(all)]
  const own = readdirSync(all, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => path.join(all, entry.name))
    .filter((folder) => exists(path.join(folder, recipientsName)))
  return unique([all, ...own].map((folder) => scopeOf(folder)))
}

/** The one place that a command changes. Throws LoadError `no-such-inventory`, `several-inventories`. */
export function theScope(tools: Tools): Scope {
  const all = scopesOf(tools)
  const candidates = tools.inventories.length > 0 ? all : all.filter((one) => exists(one.recipients))
  const [only, ...others] = candidates.length === 0 ? all : candidates
  if (only && others.length === 0) return only
  throw new LoadError(
    problem('several-inventories', 'several inventories have recipients of their own', {
      detail: candidates.map((one) => shownPath(one.recipients, tools.root)).join('\n'),
      mend: 'say which one with --inventory NAME',
    }),
  )
}

/** The place that counts for an inventory folder: where its recipients are; its own when there are none yet. */
function scopeOf(folder: string): Scope {
  const file = findRecipients(folder)
  return file === undefined
    ? { folder, recipients: path.join(folder, recipientsName) }
    : { folder: path.dirname(file), recipients: file }
}

/** The folder of an inventory named as on other command lines. */
function folderOf(name: string, { root, keys }: Pick<Tools, 'root' | 'keys'>): string {
  const candidates = [...(name.includes('/') ? [] : [path.join(root, 'inventory', name)]), path.resolve(keys.cwd, name)]
  const found = candidates.find(exists)
  if (found === undefined) {
    throw new LoadError(
      problem('no-such-inventory', `there is no inventory "${name}"`, {
        mend: 'name a folder of inventory/, or a path',
      }),
    )
  }
  return statSync(found).isDirectory() ? found : path.dirname(found)
}

/** YAML files that hold or could hold secrets, and the files that the runner keeps its own in. */
export interface Holdings {
  readonly yaml: readonly string[]
  readonly stores: readonly string[]
}

/**
 * Files in the reach of a file of recipients: below its folder, without what has recipients of its own; for those of all
 * inventories the playbooks beside them as well.
 */
export function holdingsOf({ folder }: Scope): Holdings {
  const beside = path.basename(folder) === 'inventory' ? [path.join(path.dirname(folder), 'playbooks')] : []
  const files = [...walk(folder, true), ...beside.filter(exists).flatMap((one) => walk(one, true))]
  return { yaml: files.filter((file) => !isStore(file)), stores: files.filter(isStore) }
}

function walk(folder: string, isTop: boolean): readonly string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) => (a.name < b.name ? -1 : 1))
  if (!isTop && entries.some(({ name }) => name === recipientsName)) return []
  return entries.flatMap((entry) => {
    const full = path.join(folder, entry.name)
    if (entry.name === '.sandbox')
      return exists(path.join(full, 'secrets')) ? walk(path.join(full, 'secrets'), false) : []
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return []
    if (entry.isDirectory()) return walk(full, false)
    return entry.isFile() && (isStore(full) || isYaml(full)) ? [full] : []
  })
}

function isYaml(file: string): boolean {
  if (/\.ya?ml$/.test(file)) return true
  if (path.extname(file) !== '' || !/[\\/](group|host)_vars[\\/]/.test(file)) return false
  return statSync(file).size <= largestFile && !readFileSync(file).includes(0)
}

function unique(scopes: readonly Scope[]): readonly Scope[] {
  return scopes.filter((one, index) => scopes.findIndex(({ recipients }) => recipients === one.recipients) === index)
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}
