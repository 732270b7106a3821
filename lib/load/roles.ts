import path from 'node:path'
import { didYouMean } from '../core/closest.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Keywords, Step } from '../core/playbook.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { namesIn, realPath, seen, shownPath } from './files.ts'
import { roleKeywords, unsupportedKeywords } from './keyword-names.ts'
import { checkVariableNames, readKeywords, reportKey } from './keywords.ts'
import { layerOf, ranked } from './layers.ts'
import { at, type Mapping } from './loading.ts'
import { readDefaults } from './module-defaults.ts'
import { borrowPlaces, spot, startOf } from './places.ts'
import { readTasksFile } from './tasks-file.ts'

/** Which files of a role are meant (`main` when left out) and what it gives to the play. */
export interface RoleParts {
  readonly tasks?: string | undefined
  readonly vars?: string | undefined
  readonly defaults?: string | undefined
  readonly handlers?: string | undefined
  /** Its variables hold for the whole play, as with `roles:`. */
  readonly shared: boolean
  /** It is left out when it was run with the same settings before in this play. */
  readonly once: boolean
}

const wholeRole: RoleParts = { shared: true, once: true }

/** Reads the `roles:` of a play, or the dependencies of a role. */
export function readRoles(list: Value | undefined, container: object, key: string, around: Around): readonly Step[] {
  if (list === null || list === undefined) return []
  const { loading } = around
  if (!Array.isArray(list)) {
    loading.report('wrong-type', `${key} takes a list of roles, found ${describe(list)}`, spot(container, key))
    return []
  }
  return (list as readonly Value[]).flatMap((entry, index) => {
    if (typeof entry === 'string') return readRole(entry, at(list, index), {}, wholeRole, around)
    const name = isMapping(entry) ? (entry.role ?? entry.name) : undefined
    if (!isMapping(entry) || typeof name !== 'string') {
      const message = `a role is its name, or a mapping with "role: name", found ${describe(entry)}`
      loading.report('wrong-type', message, spot(list, index))
      return []
    }
    return readRole(name, at(entry, entry.role === undefined ? 'name' : 'role'), entry, wholeRole, around)
  })
}

/**
 * Reads a role and all it depends on: its tasks are returned, its defaults, variables and handlers are brought to the
 * play. `entry` holds the keywords and parameters written beside its name.
 */
export function readRole(
  name: string,
  from: Position,
  entry: Mapping,
  parts: RoleParts,
  around: Around,
): readonly Step[] {
  const { loading, brought } = around
  const folder = findRole(name, from, around)
  if (folder === undefined) return []
  if (around.chain.includes(folder)) {
    const names = [...around.chain.slice(around.chain.indexOf(folder)), folder].map((one) => path.basename(one))
    loading.reportAt('include-loop', `this role leads to itself: ${names.join(' → ')}`, from)
    return []
  }
  const meta = readMapping(folder, 'meta', undefined, from, around)
  if (parts.once && meta?.allow_duplicates !== true) {
    const same = `${folder}\n${JSON.stringify(entry)}`
    if (brought.ran.has(same)) return []
    brought.ran.add(same)
  }
  const defaults = layerIn(folder, 'defaults', parts.defaults, from, around)
  const vars = layerIn(folder, 'vars', parts.vars, from, around)
  const params = paramsOf(entry, name, around)
  const own = [defaults && ranked(defaults, 'default'), vars, specialOf(name, folder, around.playbookFolder)].filter(
    (one) => one !== undefined,
  )
  const outer: Keywords = { ...around.keywords, vars: [...around.keywords.vars, ...own] }
  const written = readKeywords(entry, outer, loading)
  const keywords = withLayer(written, params && ranked(params, 'param'))
  // As in Ansible, variables beside a role hold for the whole play.
  if (parts.shared) brought.vars.push(...written.vars.slice(outer.vars.length))
  const inside: Around = {
    ...around,
    keywords,
    defaults: readDefaults(entry, around.defaults, loading),
    folder: path.join(folder, 'tasks'),
    role: { name, folder },
    searchPath: [...new Set([folder, path.join(folder, 'tasks'), around.playbookFolder])],
    chain: [...around.chain, folder],
  }
  const before = readRoles(meta?.dependencies, meta ?? {}, 'dependencies', {
    ...inside,
    keywords,
  })
  bring(folder, defaults, vars, parts, from, inside)
  const file = fileIn(folder, 'tasks', parts.tasks)
  if (file === undefined) {
    if (parts.tasks !== undefined) missing(folder, 'tasks', parts.tasks, from, around)
    return before
  }
  return [...before, ...readTasksFile(file, from, inside)]
}

function bring(
  folder: string,
  defaults: Layer | undefined,
  vars: Layer | undefined,
  parts: RoleParts,
  from: Position,
  inside: Around,
): void {
  const { brought } = inside
  const add = (layers: Layer[], layer: Layer | undefined): void => {
    if (layer && !layers.some((one) => one.values === layer.values)) layers.push(layer)
  }
  if (parts.shared) add(brought.defaults, defaults)
  if (parts.shared) add(brought.vars, vars)
  const handlers = fileIn(folder, 'handlers', parts.handlers)
  if (handlers === undefined) {
    if (parts.handlers !== undefined) missing(folder, 'handlers', parts.handlers, from, inside)
    return
  }
  if (brought.handlerFiles.has(handlers)) return
  brought.handlerFiles.add(handlers)
  const folderOf = path.join(folder, 'handlers')
  brought.handlers.push(...readTasksFile(handlers, from, { ...inside, handlers: true, folder: folderOf }))
}

function withLayer(keywords: Keywords, layer: Layer | undefined): Keywords {
  return layer ? { ...keywords, vars: [...keywords.vars, layer] } : keywords
}

function specialOf(name: string, folder: string, playbook: string): Layer {
  const values = {
    role_path: folder,
    role_name: name,
    ansible_role_name: name,
    ansible_search_path: [folder, playbook],
  }
  return { name: 'special variables', values, literal: true, rank: 'special' }
}

/** Keys beside `role:` that are no keywords are variables of the role. */
function paramsOf(entry: Mapping, name: string, around: Around): Layer | undefined {
  const params: { [key: string]: Value } = {}
  for (const [key, value] of Object.entries(entry)) {
    if (roleKeywords.has(key)) continue
    if (unsupportedKeywords.has(key)) reportKey(entry, key, roleKeywords, 'role', around.loading)
    else params[key] = value
  }
  if (Object.keys(params).length === 0) return undefined
  borrowPlaces(params, entry)
  checkVariableNames(params, around.loading)
  return layerOf(`parameters of the role ${name}`, params)
}

function findRole(name: string, from: Position, around: Around): string | undefined {
  const { loading, role, playbookFolder } = around
  const { root } = loading.options
  const beside = role ? [path.dirname(role.folder)] : []
  const homes = [...new Set([path.join(playbookFolder, 'roles'), ...beside, path.join(root, 'roles')])]
  const folders = [...homes.map((home) => path.resolve(home, name)), path.resolve(playbookFolder, name)]
  const found = folders.find((folder) => seen(folder) === 'folder')
  if (found !== undefined) return realPath(found)
  const known = homes.flatMap((home) => namesIn(home).filter((one) => seen(path.join(home, one)) === 'folder'))
  const mend =
    didYouMean(name, new Set(known), 'roles') ?? `looked in: ${homes.map((one) => shownPath(one, root)).join(', ')}`
  loading.reportAt('role-missing', `there is no role "${name}"`, from, mend)
  return undefined
}

/** The file of a part of a role: `tasks/main.yml` and its other spellings. */
function fileIn(folder: string, part: string, name = 'main'): string | undefined {
  const base = path.join(folder, part, name)
  return [base, `${base}.yml`, `${base}.yaml`, `${base}.json`].find((file) => seen(file) === 'file')
}

function missing(folder: string, part: string, name: string, from: Position, around: Around): void {
  const inside = path.join(shownPath(folder, around.loading.options.root), part)
  const mend = didYouMean(name, namesIn(path.join(folder, part)), 'files there')
  around.loading.reportAt('file-missing', `the role has no file "${name}" in ${inside}`, from, mend)
}

function readMapping(
  folder: string,
  part: string,
  name: string | undefined,
  from: Position,
  around: Around,
): Mapping | undefined {
  const { loading } = around
  const file = fileIn(folder, part, name)
  if (file === undefined) {
    if (name !== undefined) missing(folder, part, name, from, around)
    return undefined
  }
  const value = loading.read(file, `${part} of the role`, from)
  if (value === undefined || value === null) return undefined
  if (isMapping(value)) return value
  const start = typeof value === 'object' ? startOf(value) : undefined
  const place = start ?? { file: shownPath(file, loading.options.root), line: 1, col: 1 }
  loading.reportAt('vars-not-mapping', `${part} of a role are "name: value" lines, found ${describe(value)}`, place)
  return undefined
}

function layerIn(
  folder: string,
  part: 'vars' | 'defaults',
  name: string | undefined,
  from: Position,
  around: Around,
): Layer | undefined {
  const values = readMapping(folder, part, name, from, around)
  if (!values || Object.keys(values).length === 0) return undefined
  checkVariableNames(values, around.loading)
  return layerOf(shownPath(fileIn(folder, part, name) ?? folder, around.loading.options.root), values)
}
