import { didYouMean } from '../core/closest.ts'
import type { Value } from '../core/plain.ts'
import { checkNames, type Draft } from './inventory-draft.ts'
import { remember, type SourceText, type Spot } from './places.ts'
import { readPythonLiteral } from './python-literal.ts'

interface Section {
  readonly group: string
  readonly kind: 'hosts' | 'vars' | 'children'
  readonly at: Spot
}

/** Children that are named before they are written as groups: of each the parents, which get it then, in that order. */
type Pending = Map<string, Map<string, Spot>>

/** Variables of one place with where each was written. */
interface Collected {
  readonly values: { [key: string]: Value }
  readonly keys: string[]
  readonly keyAt: number[]
  readonly valueAt: number[]
}

/** Reads an inventory in INI form (`[group]`, `[group:vars]`, `[group:children]`) into the draft. */
export function readIniInventory(source: SourceText, draft: Draft): void {
  let section: Section | undefined = { group: 'ungrouped', kind: 'hosts', at: { source, offset: 0 } }
  const vars = new Map<Section, Collected>()
  const groupsNeeded: Section[] = []
  const pending: Pending = new Map()
  let offset = 0
  for (const line of source.text.split('\n')) {
    const start = offset + (line.length - line.trimStart().length)
    const text = line.trim()
    offset += line.length + 1
    if (text === '' || text.startsWith('#') || text.startsWith(';')) continue
    const at = { source, offset: start }
    if (text.startsWith('[') && /^\[[^\]]*\]\s*(?:[#;].*)?$/.test(text)) {
      section = readHeader(text, at, pending, draft)
      if (section?.kind === 'vars') groupsNeeded.push(section)
    } else if (section?.kind === 'hosts') {
      readHostLine(text, section.group, at, draft)
    } else if (section?.kind === 'children') {
      readChild(text, section.group, at, pending, draft)
    } else if (section?.kind === 'vars') {
      const collected = vars.get(section) ?? { values: {}, keys: [], keyAt: [], valueAt: [] }
      vars.set(section, collected)
      readVarLine(text, at, collected, draft)
    }
  }
  for (const [where, collected] of vars) {
    const layer = layerOfCollected(collected, where.at, draft)
    if (layer) draft.addGroupVars(draft.group(where.group), where.at.source.file, layer)
  }
  checkDeclared(groupsNeeded, pending, draft)
}

function readHeader(text: string, at: Spot, pending: Pending, draft: Draft): Section | undefined {
  const match = /^\[\s*([^\]:]*?)\s*(?::\s*(\w+)\s*)?\]/.exec(text)
  const group = match?.[1] ?? ''
  const kind = match?.[2] ?? 'hosts'
  if (kind !== 'hosts' && kind !== 'vars' && kind !== 'children') {
    draft.report(
      'unknown-key',
      `":${kind}" is not a kind of section`,
      at,
      didYouMean(kind, ['vars', 'children'], 'kinds'),
      text.length,
    )
    return undefined
  }
  if (!draft.goodGroupName(group, { ...at, offset: at.offset + 1 })) return undefined
  const drafted = draft.group(group)
  if (kind !== 'vars') {
    drafted.declared = true
    for (const [parent, where] of pending.get(group) ?? []) draft.group(parent).children.set(group, where)
    pending.delete(group)
  }
  return { group, kind, at }
}

function readHostLine(text: string, group: string, at: Spot, draft: Draft): void {
  const words = wordsOf(text)
  if (words === undefined) {
    draft.report('unclosed-argument', 'a quote in this line is never closed', at, 'close it', text.length)
    return
  }
  const [name, ...assignments] = words
  if (name === undefined) return
  if (/^[\w.-]+:$/.test(name.text)) {
    draft.report(
      'inventory-form',
      'this looks like YAML inside an inventory in INI form',
      at,
      'name the file hosts.yml',
    )
    return
  }
  const collected: Collected = { values: {}, keys: [], keyAt: [], valueAt: [] }
  for (const word of assignments) {
    const equals = word.text.indexOf('=')
    const spotOfWord = { source: at.source, offset: at.offset + word.at }
    if (equals < 1) {
      const message = `"${word.text}" is no variable; after the name of a host come key=value pairs`
      draft.report('bad-host-line', message, spotOfWord, 'put values with blanks in quotes: key="some words"')
      continue
    }
    add(
      collected,
      word.text.slice(0, equals),
      readPythonLiteral(word.text.slice(equals + 1)),
      spotOfWord.offset,
      equals + 1,
    )
  }
  const values = layerOfCollected(collected, at, draft)
  for (const host of draft.addHosts(name.text, group, at, at.source.file))
    if (values) draft.addVars(host.layers, at.source.file, values)
}

function readChild(text: string, group: string, at: Spot, pending: Pending, draft: Draft): void {
  const name = text.replace(/\s+[#;].*$/, '')
  if (!draft.goodGroupName(name, at)) return
  if (!draft.groups.has(name)) {
    const parents = pending.get(name) ?? new Map<string, Spot>()
    pending.set(name, parents.set(group, at))
    return
  }
  const { children } = draft.group(group)
  if (!children.has(name)) children.set(name, at)
}

function readVarLine(text: string, at: Spot, collected: Collected, draft: Draft): void {
  const equals = text.indexOf('=')
  if (equals < 1) {
    draft.report('bad-host-line', 'a line of a :vars section is key=value', at, undefined, text.length)
    return
  }
  const key = text.slice(0, equals).trimEnd()
  const value = text.slice(equals + 1)
  const valueAt = equals + 1 + (value.length - value.trimStart().length)
  add(collected, key, readPythonLiteral(value.trim()), at.offset, valueAt)
}

function add(collected: Collected, key: string, value: Value, keyAt: number, valueAfter: number): void {
  if (!Object.hasOwn(collected.values, key)) {
    collected.keys.push(key)
    collected.keyAt.push(keyAt)
    collected.valueAt.push(keyAt + valueAfter)
  }
  if (key !== '__proto__') collected.values[key] = value
  else Object.defineProperty(collected.values, key, { value, enumerable: true, writable: true, configurable: true })
}

function layerOfCollected(collected: Collected, at: Spot, draft: Draft): Collected['values'] | undefined {
  if (collected.keys.length === 0) return undefined
  remember(collected.values, { source: at.source, at: at.offset, ...collected })
  checkNames(collected.values, draft)
  return collected.values
}

/** `[web:vars]` and children need a group that is written somewhere; a misspelt one would silently do nothing. */
function checkDeclared(vars: readonly Section[], pending: Pending, draft: Draft): void {
  const declared = [...draft.groups.values()].filter((group) => group.declared).map((group) => group.name)
  for (const { group, at } of vars) {
    if (draft.groups.get(group)?.declared !== false) continue
    const message = `[${group}:vars] gives variables to a group that does not exist`
    draft.report('unknown-group', message, at, didYouMean(group, declared, 'groups'))
    draft.groups.delete(group)
  }
  for (const [child, parents] of pending) {
    for (const [parent, at] of parents) {
      const message = `"${child}" is named as a child of "${parent}" but is no group`
      draft.report('unknown-group', message, at, didYouMean(child, declared, 'groups'))
    }
  }
}

interface Word {
  readonly text: string
  readonly at: number
}

/** Splits a host line into words as a shell does; an open `#` ends the line; undefined for an open quote. */
function wordsOf(text: string): readonly Word[] | undefined {
  const out: Word[] = []
  if (!/["'\\#]/.test(text)) {
    for (const { 0: word, index } of text.matchAll(/\S+/g)) out.push({ text: word, at: index })
    return out
  }
  let at = 0
  while (at < text.length) {
    while (/\s/.test(text[at] ?? '')) at++
    if (at >= text.length || text[at] === '#') break
    const start = at
    let word = ''
    while (at < text.length && !/[\s#]/.test(text[at] ?? '')) {
      const character = text[at++] as string
      if (character === '"' || character === "'") {
        const end = closing(text, at, character)
        if (end === undefined) return undefined
        word += character === '"' ? text.slice(at, end).replace(/\\(["\\])/g, '$1') : text.slice(at, end)
        at = end + 1
      } else if (character === '\\') word += text[at++] ?? ''
      else word += character
    }
    out.push({ text: word, at: start })
  }
  return out
}

function closing(text: string, from: number, quote: string): number | undefined {
  for (let at = from; at < text.length; at++) {
    if (quote === '"' && text[at] === '\\') at++
    else if (text[at] === quote) return at
  }
  return undefined
}
