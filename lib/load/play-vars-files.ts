import path from 'node:path'
import { LoadError } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { VarsFile } from '../core/playbook.ts'
import { describe } from './describe.ts'
import { seen, shownPath } from './files.ts'
import { checkVariableNames } from './keywords.ts'
import { layerOf } from './layers.ts'
import { at, isTemplate, type Loading, type Mapping, written } from './loading.ts'
import { spot } from './places.ts'

interface Place {
  readonly container: object
  readonly key: string | number
}

/** The `vars_files` of a play; of an entry that is a list, the first file that exists. Names that are templates wait for the run. */
export function readVarsFiles(play: Mapping, folder: string, loading: Loading): readonly VarsFile[] {
  const list = play.vars_files ?? null
  if (list === null) return []
  const entries = Array.isArray(list) ? (list as readonly Value[]) : [list]
  return entries.flatMap((entry, index) => {
    const where = Array.isArray(list) ? { container: list, key: index } : { container: play, key: 'vars_files' }
    const file = readEntry(entry, folder, where, loading)
    return file ? [file] : []
  })
}

function readEntry(entry: Value, folder: string, where: Place, loading: Loading): VarsFile | undefined {
  const names = Array.isArray(entry) ? (entry as readonly Value[]) : [entry]
  const wrong = names.find((name) => typeof name !== 'string' || name === '')
  if (wrong !== undefined) {
    const message = `vars_files takes names of files, found ${describe(wrong)}`
    loading.report('wrong-type', message, spot(where.container, where.key))
    return undefined
  }
  if (!names.some(isTemplate)) return readFirst(names.map(String), folder, where, loading)
  return {
    names: names.map((value, index) =>
      Array.isArray(entry) ? written(entry, index) : { value, at: written(where.container, where.key).at },
    ),
    load: (rendered) => {
      const again = loading.again()
      const layer = readFirst(rendered, folder, where, again)
      const errors = again.diagnostics.filter((one) => one.severity === 'error')
      if (errors.length > 0) throw new LoadError(errors)
      return layer
    },
  }
}

function readFirst(names: readonly string[], folder: string, where: Place, loading: Loading): Layer | undefined {
  const files = names.map((name) => path.resolve(folder, name))
  const candidates = files.flatMap((file, index) => [file, path.resolve(folder, 'vars', names[index] ?? '')])
  const file = candidates.find((one) => seen(one) !== undefined)
  if (file === undefined) {
    const looked = files.map((one) => shownPath(one, loading.options.root)).join(', ')
    loading.report(
      'file-missing',
      `the variables file ${looked} does not exist`,
      spot(where.container, where.key),
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
