import path from 'node:path'
import type { Layer } from '../core/inventory.ts'
import { isMapping } from '../core/plain.ts'
import { describe } from './describe.ts'
import { namesIn, seen, shownPath } from './files.ts'
import { checkNames, type Draft } from './inventory-draft.ts'
import { layerOf } from './layers.ts'
import type { YamlOptions } from './yaml.ts'
import { readYaml } from './yaml-when-needed.ts'

/** The files of a `group_vars` or `host_vars` folder. */
export interface VarsFolder {
  /** By the name they are for, in the order they are read. */
  readonly files: ReadonlyMap<string, readonly string[]>
  /** Files that are not read because of another one for the same name. */
  readonly hidden: readonly { readonly file: string; readonly by: string }[]
}

const endings = ['.yml', '.yaml', '.json']

/**
 * Lists what is for each name: the files below a folder NAME, or the file NAME, else NAME.yml, else NAME.yaml, else NAME.json.
 * As in Ansible only the first of them counts.
 */
export function listVarsFolder(folder: string): VarsFolder {
  const found = new Map<string, Map<string, string>>()
  for (const entry of namesIn(folder)) {
    if (isIgnored(entry)) continue
    const full = path.join(folder, entry)
    const ending = seen(full) === 'folder' ? '' : (endings.find((one) => entry.endsWith(one)) ?? '')
    const name = entry.slice(0, entry.length - ending.length)
    found.set(name, (found.get(name) ?? new Map<string, string>()).set(ending, full))
  }
  const files = new Map<string, readonly string[]>()
  const hidden: { readonly file: string; readonly by: string }[] = []
  for (const [name, byEnding] of found) {
    const [first, ...others] = ['', ...endings].flatMap((ending) => byEnding.get(ending) ?? [])
    if (first === undefined) continue
    files.set(name, seen(first) === 'folder' ? filesBelow(first) : [first])
    hidden.push(...others.map((file) => ({ file, by: first })))
  }
  return { files, hidden }
}

function filesBelow(folder: string): readonly string[] {
  return namesIn(folder).flatMap((entry) => {
    if (isIgnored(entry)) return []
    const full = path.join(folder, entry)
    if (seen(full) === 'folder') return filesBelow(full)
    return endings.includes(path.extname(entry)) || path.extname(entry) === '' ? [full] : []
  })
}

function isIgnored(entry: string): boolean {
  return entry.startsWith('.') || entry.endsWith('~') || /\.(bak|orig|swp|md|txt|retry)$/.test(entry)
}

/** Reads one file of variables into a layer named by its path; undefined when it is empty or wrong (then reported). */
export function readVarsFile(
  file: string,
  root: string,
  draft: Pick<Draft, 'report' | 'diagnostics'>,
  yaml: YamlOptions,
): Layer | undefined {
  const { value, diagnostics, source } = readYaml(file, root, { ...yaml, asked: { what: 'variables file' } })
  draft.diagnostics.push(...diagnostics)
  if (value === undefined || value === null) return undefined
  if (!isMapping(value)) {
    const message = `a file of variables holds "name: value" lines, found ${describe(value)}`
    draft.report('vars-not-mapping', message, { source, offset: 0 }, 'write one variable a line: name: value')
    return undefined
  }
  checkNames(value, draft)
  return layerOf(shownPath(file, root), value)
}
