import path from 'node:path'
import type { Diagnostic } from '../core/diagnostic.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Play, Playbook } from '../core/playbook.ts'
import { describe } from './describe.ts'
import { realPath, shownPath } from './files.ts'
import { noKeywords, readKeywords, reportKey } from './keywords.ts'
import { at, isTemplate, Loading, type LoadOptions, type Mapping } from './loading.ts'
import { lastPart } from './module-names.ts'
import { spot } from './places.ts'
import { type AroundPlay, readPlay } from './plays.ts'

export type { LoadOptions } from './loading.ts'

export interface LoadedPlaybook {
  readonly playbook: Playbook
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads a playbook (absolute path) and everything it imports. Never throws for what a person wrote: all that is wrong
 * is in `diagnostics`, sorted by place, and what could be read is in the playbook.
 */
export function loadPlaybook(file: string, options: LoadOptions): LoadedPlaybook {
  const loading = new Loading(options)
  const plays = readFile(file, undefined, { loading, file, keywords: noKeywords, chain: [] })
  return { playbook: { file: shownPath(file, options.root), plays }, diagnostics: sorted(loading.diagnostics) }
}

function readFile(file: string, from: Position | undefined, around: AroundPlay): readonly Play[] {
  const { loading, chain } = around
  const { root } = loading.options
  const shown = shownPath(file, root)
  const real = realPath(file)
  if (chain.includes(real)) {
    const loop = [...chain.slice(chain.indexOf(real)), real].map((one) => shownPath(one, root)).join(' → ')
    loading.reportAt('include-loop', `this playbook leads to itself: ${loop}`, from)
    return []
  }
  const value = loading.read(file, 'playbook', from)
  if (value === undefined) return []
  const start = { file: shown, line: 1, col: 1 }
  if (value === null || (Array.isArray(value) && value.length === 0)) {
    loading.reportAt('file-empty', `playbook ${shown} is empty`, start, 'start with "- hosts: all" and "  tasks:"')
    return []
  }
  if (!Array.isArray(value)) {
    const mend = isMapping(value) && 'hosts' in value ? 'put "- " in front of "hosts:" and indent the rest' : undefined
    loading.reportAt('wrong-type', `a playbook is a list of plays, found ${describe(value)}`, start, mend)
    return []
  }
  const inside = { ...around, file, chain: [...chain, real] }
  return (value as readonly Value[]).flatMap((item, index) => readEntry(item, value, index, inside))
}

function readEntry(item: Value, list: object, index: number, around: AroundPlay): readonly Play[] {
  const { loading } = around
  if (!isMapping(item)) {
    loading.report('wrong-type', `a play is a mapping, found ${describe(item)}`, spot(list, index))
    return []
  }
  const importing = Object.keys(item).find((key) => lastPart(key) === 'import_playbook')
  if (importing !== undefined) return readImport(item, importing, around)
  const play = readPlay(item, list, index, around)
  return play ? [play] : []
}

const importKeywords = new Set(['name', 'tags', 'vars', 'when'])

/** `import_playbook`: its plays stand in the place of the import, with its variables, conditions and tags. */
function readImport(item: Mapping, key: string, around: AroundPlay): readonly Play[] {
  const { loading } = around
  for (const other of Object.keys(item)) {
    if (other !== key && !importKeywords.has(other)) reportKey(item, other, importKeywords, 'playbook import', loading)
  }
  const name = item[key] ?? null
  if (typeof name !== 'string' || name === '') {
    loading.report('wrong-type', `import_playbook takes the name of a file, found ${describe(name)}`, spot(item, key))
    return []
  }
  if (isTemplate(name)) {
    const message = 'import_playbook is read before variables are known; its name cannot be a template'
    loading.report('templated-import', message, spot(item, key))
    return []
  }
  const keywords = readKeywords(item, around.keywords, loading)
  return readFile(path.resolve(path.dirname(around.file), name), at(item, key), { ...around, keywords })
}

/** In the order a person reads: file by file as they were reached, then by line. */
function sorted(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const files = [...new Set(diagnostics.map((one) => one.at?.file))]
  const rank = (one: Diagnostic): number => files.indexOf(one.at?.file)
  return [...diagnostics].sort(
    (a, b) => rank(a) - rank(b) || (a.at?.line ?? 0) - (b.at?.line ?? 0) || (a.at?.col ?? 0) - (b.at?.col ?? 0),
  )
}
