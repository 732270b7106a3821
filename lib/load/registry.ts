import { createRequire } from 'node:module'
import path from 'node:path'
import type { TaskModule } from '../core/module.ts'
import { namesIn, seen } from './files.ts'

const require = createRequire(import.meta.url)

/** The task modules there are; none of them is imported before a playbook uses it. */
export interface Registry {
  /** Names of all tasks, sorted; nothing is imported for that. */
  names(): readonly string[]
  has(name: string): boolean
  /** The module of a name; undefined when there is none. The first call imports its file. */
  get(name: string): TaskModule | undefined
  /** The file that holds the module. */
  fileOf(name: string): string | undefined
  /** Names that more than one file claims, with those files: a defect of the project. */
  readonly duplicates: ReadonlyMap<string, readonly string[]>
}

/**
 * Finds the task modules below a folder (absolute path): `tasks/files/copy.ts` is the task `copy`, folders only group.
 * Importing is synchronous (`require` of an ES module), so that files that are included in the middle of a run can bring
 * new tasks along.
 */
export function createRegistry(folder: string): Registry {
  const files = new Map<string, string>()
  const duplicates = new Map<string, readonly string[]>()
  for (const file of modulesBelow(folder)) {
    const name = path.basename(file, '.ts')
    const known = files.get(name)
    if (known === undefined) files.set(name, file)
    else duplicates.set(name, [...(duplicates.get(name) ?? [known]), file])
  }
  const loaded = new Map<string, TaskModule>()
  const get = (name: string): TaskModule | undefined => {
    const known = loaded.get(name)
    const file = files.get(name)
    if (known || file === undefined) return known
    const module = (require(file) as { readonly default?: TaskModule }).default
    if (!module) throw new TypeError(`${file} has no default export`)
    loaded.set(name, module)
    return module
  }
  return {
    names: () => [...files.keys()].sort(),
    has: (name) => files.has(name),
    get,
    fileOf: (name) => files.get(name),
    duplicates,
  }
}

/** A registry of modules that are at hand already, by name. */
export function registryOf(modules: Readonly<Record<string, TaskModule>>): Registry {
  const known = new Map(Object.entries(modules))
  return {
    names: () => [...known.keys()].sort(),
    has: (name) => known.has(name),
    get: (name) => known.get(name),
    fileOf: () => undefined,
    duplicates: new Map(),
  }
}

function modulesBelow(folder: string): readonly string[] {
  return namesIn(folder).flatMap((name) => {
    const full = path.join(folder, name)
    if (seen(full) === 'folder') return modulesBelow(full)
    return /^[a-z]\w*\.ts$/.test(name) && !name.endsWith('.d.ts') ? [full] : []
  })
}
