import path from 'node:path'
import { LoadError } from '../core/diagnostic.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Include, Keywords, Step, Written } from '../core/playbook.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { seen, shownPath } from './files.ts'
import { splitArguments } from './free-form.ts'
import { inherited, readKeywords } from './keywords.ts'
import { ranked } from './layers.ts'
import { at, isTemplate, type Mapping } from './loading.ts'
import { type Spot, spot } from './places.ts'
import { type RoleParts, readRole } from './roles.ts'
import type { Call } from './task-arguments.ts'
import { nameOf } from './tasks.ts'
import { readTasksFile } from './tasks-file.ts'

/** The file or role an include names, with the settings beside it. */
interface Named {
  readonly target: Written
  readonly settings: Mapping
}

/** `import_tasks`: the tasks of the file stand in the place of the import. */
export function readImportTasks(call: Call, item: Mapping, keywords: Keywords, around: Around): readonly Step[] {
  const named = read(call, 'file', ['file'], around)
  if (!named || !isStatic(call, named.target, item, around)) return []
  const file = fileOf(String(named.target.value), spot(call.container, call.key), named.target.at, around)
  return file === undefined ? [] : readTasksFile(file, named.target.at, { ...around, keywords: inherited(keywords) })
}

/** `include_tasks`: read when it is reached; a file with a plain name is read now too, so that its mistakes show early. */
export function readIncludeTasks(
  call: Call,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  around: Around,
): readonly Include[] {
  const named = read(call, 'file', ['file', 'apply'], around)
  if (!named) return []
  const where = spot(call.container, call.key)
  const load = (name: string, inside: Around): readonly Step[] => {
    const file = fileOf(name, where, named.target.at, inside)
    return file === undefined ? [] : readTasksFile(file, named.target.at, inside)
  }
  return [include(named, item, keywords, start, call.moduleName, applied(named, keywords, around), load)]
}

const roleSettings = [
  'name',
  'tasks_from',
  'vars_from',
  'defaults_from',
  'handlers_from',
  'allow_duplicates',
  'public',
  'apply',
]

/** `import_role`: the tasks of the role stand in the place of the import. */
export function readImportRole(call: Call, item: Mapping, keywords: Keywords, around: Around): readonly Step[] {
  const named = read(call, 'name', roleSettings.slice(0, 6), around)
  if (!named || !isStatic(call, named.target, item, around)) return []
  const inside = { ...around, keywords: inherited(keywords) }
  around.brought.vars.push(...keywords.vars.slice(around.keywords.vars.length))
  return readRole(String(named.target.value), named.target.at, {}, partsOf(named, true, around), inside)
}

/** `include_role`: as include_tasks, with the defaults and handlers of the role. */
export function readIncludeRole(
  call: Call,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  around: Around,
): readonly Include[] {
  const named = read(call, 'name', roleSettings, around)
  if (!named) return []
  const parts = partsOf(named, named.settings.public === true, around)
  const load = (name: string, inside: Around): readonly Step[] => readRole(name, named.target.at, {}, parts, inside)
  return [include(named, item, keywords, start, call.moduleName, applied(named, keywords, around), load)]
}

function include(
  named: Named,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  call: string,
  inside: Around,
  load: (name: string, inside: Around) => readonly Step[],
): Include {
  const { value } = named.target
  const early = isTemplate(value) ? undefined : load(String(value), inside)
  return {
    kind: 'include',
    name: nameOf(item, inside.loading),
    at: start,
    file: named.target,
    role: call === 'include_role',
    keywords,
    load: (name) => {
      if (early && name === String(value)) return early
      const loading = inside.loading.again()
      const steps = load(name, { ...inside, loading })
      const errors = loading.diagnostics.filter((one) => one.severity === 'error')
      if (errors.length > 0) throw new LoadError(errors)
      return steps
    },
  }
}

/** Inside of an include hold the keywords around it, its variables and what `apply` says; not its loop, tags and conditions. */
function applied(named: Named, keywords: Keywords, around: Around): Around {
  const inherits = around.keywords.vars.length
  const vars = keywords.vars.map((layer, index) => (index < inherits ? layer : ranked(layer, 'param')))
  const outer = { ...around.keywords, vars }
  const apply = named.settings.apply ?? null
  if (apply !== null && !isMapping(apply)) {
    const message = `apply takes keywords for the tasks inside, found ${describe(apply)}`
    around.loading.report('wrong-type', message, spot(named.settings, 'apply'))
  }
  return { ...around, keywords: inherited(isMapping(apply) ? readKeywords(apply, outer, around.loading) : outer) }
}

/** The name of the file or role: as the text behind the keyword, or under `file:` / `name:`. */
function read(call: Call, main: 'file' | 'name', known: readonly string[], around: Around): Named | undefined {
  const { loading } = around
  const pairs =
    typeof call.value === 'string' && /^\s*\w+=/.test(call.value) ? splitArguments(call.value, () => true) : undefined
  const inLine = pairs && Object.fromEntries(pairs.pairs.map(({ key, value }) => [key, value]))
  const settings = isMapping(call.value) ? call.value : inLine ? { ...call.more, ...inLine } : call.more
  for (const key of Object.keys(settings ?? {})) {
    if (known.includes(key) || (key === 'role' && main === 'name')) continue
    const message = `"${key}" is not an argument of ${call.moduleName}`
    loading.report('unknown-key', message, spot(settings as Mapping, key, true), `It takes: ${known.join(', ')}`)
  }
  const fromText = typeof call.value === 'string' && !inLine ? call.value.trim() : undefined
  const key = settings && settings[main] === undefined && settings.role !== undefined ? 'role' : main
  const value: Value | undefined = fromText ?? settings?.[key]
  if (typeof value !== 'string' || value === '') {
    const what = main === 'file' ? 'a file' : 'a role'
    const message = `${call.moduleName} takes the name of ${what}, found ${describe(value ?? null)}`
    loading.report('wrong-type', message, spot(call.container, call.key))
    return undefined
  }
  const named = fromText === undefined && settings ? at(settings, key) : at(call.container, call.key)
  const plain = main === 'file' && /^\S+\s+\w+=/.exec(value)
  if (plain) {
    const message = 'variables cannot stand behind the name of the file'
    loading.report('unsupported-keyword', message, spot(call.container, call.key), 'give them with "vars:" beside it')
    return undefined
  }
  return { target: { value, at: named }, settings: settings ?? {} }
}

function isStatic(call: Call, target: Written, item: Mapping, around: Around): boolean {
  const { loading } = around
  const instead = call.moduleName.replace('import', 'include')
  const loop = Object.keys(item).find((key) => key === 'loop' || key.startsWith('with_'))
  if (loop !== undefined) {
    const message = `${call.moduleName} is read once, before the run, and cannot be looped over`
    loading.report('looped-import', message, spot(item, loop, true), `use ${instead}`)
    return false
  }
  if (!isTemplate(target.value)) return true
  const message = `${call.moduleName} is read before variables are known; its name cannot be a template`
  loading.reportAt('templated-import', message, target.at, `use ${instead}`)
  return false
}

function partsOf(named: Named, shared: boolean, around: Around): RoleParts {
  const part = (key: string): string | undefined => {
    const value = named.settings[key]
    if (value === undefined || typeof value === 'string') return value
    const message = `${key} takes the name of a file, found ${describe(value)}`
    around.loading.report('wrong-type', message, spot(named.settings, key))
    return undefined
  }
  return {
    tasks: part('tasks_from'),
    vars: part('vars_from'),
    defaults: part('defaults_from'),
    handlers: part('handlers_from'),
    shared,
    once: false,
  }
}

function fileOf(name: string, where: Spot | undefined, from: Position, around: Around): string | undefined {
  const { loading, folder, role, playbookFolder } = around
  const folders = [folder, ...(role ? [path.join(role.folder, 'tasks'), role.folder] : []), playbookFolder]
  const candidates = [...new Set(folders.map((one) => path.resolve(one, name)))]
  const found = candidates.find((file) => seen(file) === 'file')
  if (found !== undefined) return found
  const { root } = loading.options
  const looked = candidates.map((file) => shownPath(file, root)).join(', ')
  const folderFound = candidates.find((file) => seen(file) === 'folder')
  if (folderFound !== undefined) {
    loading.report(
      'file-is-folder',
      `${shownPath(folderFound, root)} is a folder, not a file of tasks`,
      where,
      'name the file inside it',
    )
  } else {
    loading.reportAt('file-missing', `the file of tasks "${name}" does not exist`, from, `looked for: ${looked}`)
  }
  return undefined
}
