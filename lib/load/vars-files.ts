import path from 'node:path'
import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { whenNeeded } from '../core/when-needed.ts'
import { describe } from './describe.ts'
import { isVariableName, layerOf } from './layers.ts'
import { positionAt, spot, startOf } from './places.ts'
import { type Decrypt, parseYaml, readYaml } from './yaml.ts'

const freeForm = whenNeeded<typeof import('./free-form.ts')>('./free-form.ts', import.meta.url)

export interface ExtraVarsOptions {
  /** Absolute path of the project, for names in messages. */
  readonly root: string
  /** Absolute path against which `@file` is resolved; `root` when left out. */
  readonly cwd?: string | undefined
  readonly decrypt?: Decrypt | undefined
}

/**
 * Reads the values of `-e`, each `key=value …` (values are texts), JSON or YAML in braces, or `@file`; later ones win.
 * What is wrong is in `diagnostics`.
 */
export function readExtraVars(
  values: readonly string[],
  options: ExtraVarsOptions,
): { readonly layers: readonly Layer[]; readonly diagnostics: readonly Diagnostic[] } {
  const layers: Layer[] = []
  const diagnostics: Diagnostic[] = []
  for (const value of values) {
    const layer = readOne(value, options, diagnostics)
    if (layer) layers.push(layer)
  }
  return { layers, diagnostics }
}

function readOne(value: string, options: ExtraVarsOptions, diagnostics: Diagnostic[]): Layer | undefined {
  const text = value.trim()
  if (text === '') return undefined
  if (text.startsWith('@')) {
    const file = path.resolve(options.cwd ?? options.root, text.slice(1))
    const read = readYaml(file, options.root, { decrypt: options.decrypt, asked: { what: 'variables file' } })
    diagnostics.push(...read.diagnostics)
    return read.value === undefined || read.value === null
      ? undefined
      : mapping(read.value, read.source.file, diagnostics)
  }
  if (/^[{[]/.test(text) && !text.startsWith('{{')) {
    const read = parseYaml(text, '-e', { decrypt: options.decrypt })
    diagnostics.push(...read.diagnostics)
    return read.value === undefined ? undefined : mapping(read.value, '-e', diagnostics)
  }
  return pairs(text, diagnostics)
}

function mapping(value: Value, name: string, diagnostics: Diagnostic[]): Layer | undefined {
  if (!isMapping(value)) {
    const at = (typeof value === 'object' && value !== null && startOf(value)) || undefined
    const message = `variables are "name: value", found ${describe(value)}`
    diagnostics.push(problem('vars-not-mapping', message, { at: at ?? { file: name, line: 1, col: 1 } }))
    return undefined
  }
  for (const key of Object.keys(value)) {
    const where = spot(value, key, true)
    checkName(key, diagnostics, where && positionAt(where.source, where.offset))
  }
  return layerOf(name, value)
}

function pairs(text: string, diagnostics: Diagnostic[]): Layer | undefined {
  const { pairs: found, rest, open } = freeForm().splitArguments(text, () => true)
  if (open !== undefined || rest !== '') {
    const message =
      open !== undefined
        ? `-e: ${open} is opened and never closed`
        : `-e: "${rest}" is no key=value, no {…} and no @file`
    const mend = 'put the whole of it in single quotes: -e \'key="some words"\''
    diagnostics.push(problem('bad-extra-vars', message, { mend }))
    return undefined
  }
  const values: { [key: string]: Value } = {}
  for (const { key, value } of found) {
    if (checkName(key, diagnostics)) values[key] = value
  }
  return { name: '-e', values }
}

function checkName(name: string, diagnostics: Diagnostic[], at?: Diagnostic['at']): boolean {
  if (isVariableName(name)) return true
  const mend = 'names of variables have letters, digits and "_"'
  diagnostics.push(problem('bad-variable-name', `"${name}" cannot be the name of a variable`, { at, mend }))
  return false
}
