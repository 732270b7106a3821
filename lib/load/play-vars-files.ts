import path from 'node:path'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { describe } from './describe.ts'
import { seen, shownPath } from './files.ts'
import { checkVariableNames } from './keywords.ts'
import { layerOf } from './layers.ts'
import { at, isTemplate, type Loading, type Mapping } from './loading.ts'
import { spot } from './places.ts'

/** Reads the `vars_files` of a play; of an entry that is a list, the first file that exists. */
export function readVarsFiles(play: Mapping, folder: string, loading: Loading): readonly Layer[] {
  const list = play.vars_files ?? null
  if (list === null) return []
  const entries = Array.isArray(list) ? (list as readonly Value[]) : [list]
  return entries.flatMap((entry, index) => {
    const where = Array.isArray(list) ? { container: list, key: index } : { container: play, key: 'vars_files' }
    const names = Array.isArray(entry) ? (entry as readonly Value[]) : [entry]
    const layer = readFirst(names, folder, where, loading)
    return layer ? [layer] : []
  })
}

function readFirst(
  names: readonly Value[],
  folder: string,
  where: { readonly container: object; readonly key: string | number },
  loading: Loading,
): Layer | undefined {
  const place = spot(where.container, where.key)
  for (const name of names) {
    if (typeof name !== 'string' || name === '') {
      loading.report('wrong-type', `vars_files takes names of files, found ${describe(name)}`, place)
      return undefined
    }
    if (isTemplate(name)) {
      const message = 'vars_files is read before variables are known; its name cannot be a template'
      loading.report('templated-import', message, place, 'put the values into group_vars, or use include_vars')
      return undefined
    }
  }
  const files = names.map((name) => path.resolve(folder, String(name)))
  const file = files.find((one) => seen(one) !== undefined)
  if (file === undefined) {
    const looked = files.map((one) => shownPath(one, loading.options.root)).join(', ')
    loading.report(
      'file-missing',
      `the variables file ${looked} does not exist`,
      place,
      'check the name and the folder',
    )
    return undefined
  }
  const value = loading.read(file, 'variables file', at(where.container, where.key))
  if (value === undefined || value === null) return undefined
  const shown = shownPath(file, loading.options.root)
  if (!isMapping(value)) {
    const message = `a file of variables holds "name: value" lines, found ${describe(value)}`
    loading.reportAt('vars-not-mapping', message, { file: shown, line: 1, col: 1 })
    return undefined
  }
  checkVariableNames(value, loading)
  return layerOf(shown, value)
}
