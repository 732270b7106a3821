import path from 'node:path'
import type { Layer } from '../core/inventory.ts'
import { isMapping } from '../core/plain.ts'
import { describe } from './describe.ts'
import { namesIn, seen, shownPath } from './files.ts'
import type { Draft } from './inventory-draft.ts'
import { checkNames } from './inventory-yaml.ts'
import { layerOf } from './layers.ts'
import { readYaml, type YamlOptions } from './yaml.ts'

/** The files of a `group_vars` or `host_vars` folder by the name they are for, in the order they are read. */
export type VarsFolder = ReadonlyMap<string, readonly string[]>

const endings = ['.yml', '.yaml', '.json']

/** Lists NAME, NAME.yml, NAME.yaml, NAME.json and the files below folders called NAME. */
export function listVarsFolder(folder: string): VarsFolder {
  const out = new Map<string, string[]>()
  for (const entry of namesIn(folder)) {
    if (isIgnored(entry)) continue
    const full = path.join(folder, entry)
    const isFolder = seen(full) === 'folder'
    const ending = isFolder ? undefined : endings.find((one) => entry.endsWith(one))
    const name = ending === undefined ? entry : entry.slice(0, -ending.length)
    const files = isFolder ? filesBelow(full) : [full]
    out.set(name, [...(out.get(name) ?? []), ...files])
  }
  return out
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
