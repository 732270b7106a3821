import path from 'node:path'
import { didYouMean } from '../core/closest.ts'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Inventory, Layer } from '../core/inventory.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { isExecutable, namesIn, readText, seen, shownPath } from './files.ts'
import { Draft } from './inventory-draft.ts'
import { finish } from './inventory-finish.ts'
import { readIniInventory } from './inventory-ini.ts'
import type { Execute } from './inventory-script.ts'
import { listVarsFolder, readVarsFile, type VarsFolder } from './inventory-vars.ts'
import type { SourceText } from './places.ts'
import type { Decrypt } from './yaml.ts'
import { readYaml } from './yaml-when-needed.ts'

const placeholders = whenNeeded<typeof import('./placeholders.ts')>('./placeholders.ts', import.meta.url)
const scripts = whenNeeded<typeof import('./inventory-script.ts')>('./inventory-script.ts', import.meta.url)
const yamlForm = whenNeeded<typeof import('./inventory-yaml.ts')>('./inventory-yaml.ts', import.meta.url)

export interface InventoryOptions {
  /** Absolute path of the project; names of inventories are folders of its `inventory/`, names of files are shown relative to it. */
  readonly root: string
  /** Absolute path against which relative paths are resolved; `root` when left out. */
  readonly cwd?: string | undefined
  /** Folder of the playbook, whose `group_vars` and `host_vars` count too. */
  readonly playbookFolder?: string | undefined
  readonly decrypt?: Decrypt | undefined
  /** False leaves `group_vars` and `host_vars` unread, for those who want names alone. */
  readonly varsFiles?: false | undefined
  /** Runs an executable inventory (absolute path) with these words and gives what it printed; without it such files are refused. */
  readonly execute?: Execute | undefined
}

export interface LoadedInventory {
  readonly inventory: Inventory
  readonly diagnostics: readonly Diagnostic[]
}

/** One thing that was asked for: the files to read, and the folder its `group_vars` and `host_vars` are in. */
interface Source {
  readonly files: readonly string[]
  readonly folder: string
}

/**
 * Reads the inventories that `selectors` name, one after the other into one: a name (`prod` is the folder
 * `inventory/prod` of the project), a folder, a file, or a list of hosts with a comma in it (`a.example.org,`). Never
 * throws for what a person wrote: everything that is wrong is in `diagnostics`, and the rest is in the inventory.
 */
export function loadInventory(selectors: readonly string[], options: InventoryOptions): LoadedInventory {
  const draft = new Draft()
  const sources: Source[] = []
  for (const selector of selectors) {
    if (selector.includes(',')) {
      for (const name of selector.split(','))
        if (name.trim() !== '') draft.addHosts(name.trim(), 'ungrouped', undefined, '-i')
      continue
    }
    const source = resolve(selector, options, draft)
    if (!source) continue
    sources.push(source)
    for (const file of source.files) readFile(file, draft, options)
  }
  const folder = sources[0]?.folder ?? options.root
  const wrong = draft.diagnostics.some((one) => one.severity === 'error')
  const varsOf = varsReader(sources, draft, options)
  const inventory = finish(draft, { name: selectors.join(','), asked: selectors, folder, varsOf })
  if (!wrong && options.varsFiles !== false) varsOf.reportUnused(inventory.groups.keys(), inventory.hosts.keys())
  if (draft.diagnostics.some((one) => one.code === 'placeholder-left')) {
    const layers = [...inventory.groups.values(), ...inventory.hosts.values()].flatMap((one) => one.layers)
    const all = new Set([...layers, ...varsOf.unused()])
    draft.diagnostics.push(...placeholders().findPlaceholders([...all].map((layer) => [layer])))
  }
  return { inventory, diagnostics: draft.diagnostics }
}

/** Names of the inventories of a project: the folders and files of its `inventory/`. */
export function inventoryNames(root: string): readonly string[] {
  const folder = path.join(root, 'inventory')
  const names = namesIn(folder).filter((name) => !name.startsWith('.') && !ignored(name))
  const known = names.filter((name) => seen(path.join(folder, name)) === 'folder' || /\.(ya?ml|ini)$/.test(name))
  return [...new Set(known.map((name) => name.replace(/\.(ya?ml|ini)$/, '')))]
}

function resolve(selector: string, options: InventoryOptions, draft: Draft): Source | undefined {
  const cwd = options.cwd ?? options.root
  const inProject = path.join(options.root, 'inventory', selector)
  const isName = !selector.includes('/') && selector !== '.' && selector !== '..'
  const candidates = isName
    ? [inProject, `${inProject}.yml`, `${inProject}.yaml`, `${inProject}.ini`, path.resolve(cwd, selector)]
    : [path.resolve(cwd, selector)]
  const found = candidates.find((candidate) => seen(candidate) !== undefined)
  if (found === undefined) {
    const known = inventoryNames(options.root)
    const mend = isName
      ? (didYouMean(selector, known, 'inventories') ?? 'make a folder of that name in inventory/, or name a file')
      : `a name without "/" is a folder of inventory/${known.length === 0 ? '' : `: ${known.join(', ')}`}`
    const what = isName ? 'inventory' : 'inventory file or folder'
    draft.diagnostics.push(problem('no-such-inventory', `there is no ${what} "${selector}"`, { mend }))
    return undefined
  }
  if (seen(found) !== 'folder') return { files: [found], folder: path.dirname(found) }
  const files = filesOf(found)
  if (files.length === 0) {
    const message = `the inventory folder ${shownPath(found, options.root)} holds no hosts file`
    draft.diagnostics.push(problem('no-hosts-file', message, { mend: 'write its hosts into hosts.yml' }))
  }
  return { files, folder: found }
}

/** The files of an inventory folder and of those in it that name hosts, sorted; variables, secrets and notes are left alone. */
function filesOf(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => !ignored(name) && !/^(vault|secrets?|recipients|identity|runs|(group|host)_vars)\b/.test(name))
    .map((name) => path.join(folder, name))
    .flatMap((file) => {
      if (seen(file) === 'folder') return filesOf(file)
      return /\.(ya?ml|ini|json)$/.test(file) || path.extname(file) === '' || isExecutable(file) ? [file] : []
    })
}

function ignored(name: string): boolean {
  return name.startsWith('.') || name.endsWith('~') || /\.(bak|orig|swp|md|txt|rst|cfg|retry|pub|pem|key)$/.test(name)
}

function readFile(file: string, draft: Draft, options: InventoryOptions): void {
  const shown = shownPath(file, options.root)
  const extension = path.extname(file)
  try {
    if (!/^\.(ya?ml|json|ini)$/.test(extension) && isExecutable(file)) {
      scripts().readScriptInventory(file, shown, draft, options.execute)
      return
    }
    const isYaml = /^\.(ya?ml|json)$/.test(extension)
    if (!isYaml) {
      const text = readText(file, shown, { what: 'inventory' })
      if (extension === '.ini' || !looksLikeYaml(text)) {
        readIniInventory({ file: shown, text: text.replaceAll('\r\n', '\n') } satisfies SourceText, draft)
        return
      }
    }
    const { value, diagnostics } = readYaml(file, options.root, {
      decrypt: options.decrypt,
      asked: { what: 'inventory' },
    })
    draft.diagnostics.push(...diagnostics)
    if (value === null) {
      const at = { file: shown, line: 1, col: 1 }
      draft.diagnostics.push(
        problem('file-empty', `inventory ${shown} is empty`, { at, mend: 'write "all:" and its hosts' }),
      )
    } else if (value !== undefined) yamlForm().readYamlInventory(value, draft, shown)
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    draft.diagnostics.push(...error.diagnostics)
  }
}

/** A file without an ending is YAML when its first line of content is `---` or a key with nothing behind it. */
function looksLikeYaml(text: string): boolean {
  const first = text.split('\n').find((line) => line.trim() !== '' && !line.trimStart().startsWith('#'))
  return first !== undefined && /^(---|[\w.-]+:)\s*(#.*)?$/.test(first.trimEnd())
}

/** Gives the layers of `group_vars` or `host_vars` files for a name, and knows which files were never asked for. */
export interface VarsReader {
  (kind: 'group' | 'host', name: string, of: 'inventory' | 'playbook'): readonly Layer[]
  /** The layers of files that were never asked for. */
  unused(): readonly Layer[]
  /** Reports files beside the inventory whose name is neither a group nor a host. */
  reportUnused(groups: Iterable<string>, hosts: Iterable<string>): void
}

function varsReader(sources: readonly Source[], draft: Draft, options: InventoryOptions): VarsReader {
  const folders = [...new Set(sources.map((source) => source.folder))]
  const outside = options.playbookFolder === undefined ? [] : [options.playbookFolder]
  const places = {
    inventory: folders.map((folder) => withVault(listVars(folder), folder)),
    playbook: outside.filter((folder) => !folders.includes(folder)).map(listVars),
  }
  const asked = new Set<string>()
  const read = (kind: 'group' | 'host', name: string, of: 'inventory' | 'playbook'): readonly Layer[] => {
    if (options.varsFiles === false) return []
    const out: Layer[] = []
    for (const place of places[of]) {
      for (const file of place[kind].get(name) ?? []) {
        asked.add(file)
        const layer = readVarsFile(file, options.root, draft, { decrypt: options.decrypt })
        if (layer) out.push(layer)
      }
    }
    return out
  }
  const reportUnused = (groups: Iterable<string>, hosts: Iterable<string>): void => {
    for (const { file, by } of [...places.inventory, ...places.playbook].flatMap(({ hidden }) => hidden)) {
      const at = { file: shownPath(file, options.root), line: 1, col: 1 }
      const message = `these variables are not read: ${path.basename(by)} beside this file comes before it`
      const mend = `move the file into a folder of that name, with the others`
      draft.diagnostics.push({ ...problem('vars-file-hidden', message, { at, mend }), severity: 'warning' })
    }
    for (const [kind, known] of [['group', [...groups]] as const, ['host', [...hosts]] as const]) {
      for (const place of places.inventory) {
        for (const [name, files] of place[kind]) {
          const file = files.find((one) => !asked.has(one))
          if (file === undefined) continue
          const at = { file: shownPath(file, options.root), line: 1, col: 1 }
          const message = `these variables are for the ${kind} "${name}", which this inventory does not have`
          const mend = didYouMean(name, known, `${kind}s`) ?? 'rename the file or add the name to the inventory'
          draft.diagnostics.push({ ...problem(`vars-for-unknown-${kind}`, message, { at, mend }), severity: 'warning' })
        }
      }
    }
  }
  const unused = (): readonly Layer[] =>
    [...places.inventory, ...places.playbook]
      .flatMap((place) => [...place.group.values(), ...place.host.values()].flat())
      .filter((file) => !asked.has(file))
      .flatMap((file) => readVarsFile(file, options.root, draft, { decrypt: options.decrypt }) ?? [])
  return Object.assign(read, { reportUnused, unused })
}

/** `vault.yml` beside the hosts holds variables of all of them, after `group_vars/all`. */
function withVault({ group, host, hidden }: PlaceOfVars, folder: string): PlaceOfVars {
  const files = ['vault.yml', 'vault.yaml']
    .map((name) => path.join(folder, name))
    .filter((file) => seen(file) === 'file')
  if (files.length === 0) return { group, host, hidden }
  return { host, hidden, group: new Map([...group, ['all', [...(group.get('all') ?? []), ...files]]]) }
}

interface PlaceOfVars {
  readonly group: VarsFolder['files']
  readonly host: VarsFolder['files']
  readonly hidden: VarsFolder['hidden']
}

function listVars(folder: string): PlaceOfVars {
  const group = listVarsFolder(path.join(folder, 'group_vars'))
  const host = listVarsFolder(path.join(folder, 'host_vars'))
  return { group: group.files, host: host.files, hidden: [...group.hidden, ...host.hidden] }
}
