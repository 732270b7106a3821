import { didYouMean } from '../core/closest.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Keywords, Written } from '../core/playbook.ts'
import { describe } from './describe.ts'
import { unsupportedKeywords } from './keyword-names.ts'
import { isVariableName, layerOf } from './layers.ts'
import { at, isTemplate, type Loading, type Mapping, written } from './loading.ts'
import { spot } from './places.ts'

/** Keywords before anything was written. */
export const noKeywords: Keywords = { when: [], tags: [], vars: [], notify: [], listen: [], environment: [] }

type Mutable<T> = { -readonly [K in keyof T]: T[K] }
type Draft = Mutable<Keywords>
type Reader = (draft: Draft, from: Mapping, key: string, loading: Loading) => void

type WrittenField = {
  [K in keyof Keywords]-?: Written extends Exclude<Keywords[K], undefined> ? K : never
}[keyof Keywords]
type ListField = 'until' | 'changedWhen' | 'failedWhen'

const readers: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['become', boolean('become')],
  ['become_user', text('becomeUser')],
  ['become_method', text('becomeMethod')],
  ['remote_user', text('remoteUser')],
  ['delegate_to', text('delegateTo')],
  ['delegate_facts', boolean('delegateFacts')],
  ['run_once', boolean('runOnce')],
  ['no_log', boolean('noLog')],
  ['check_mode', boolean('checkMode')],
  ['diff', boolean('diff')],
  ['any_errors_fatal', boolean('anyErrorsFatal')],
  ['ignore_errors', boolean('ignoreErrors')],
  ['ignore_unreachable', boolean('ignoreUnreachable')],
  ['async', readAsync],
  ['throttle', number('throttle', 0)],
  ['timeout', number('timeout', 0)],
  ['retries', number('retries', 0)],
  ['delay', number('delay', 0)],
  ['until', conditions('until')],
  ['changed_when', conditions('changedWhen')],
  ['failed_when', conditions('failedWhen')],
  ['when', readWhen],
  ['tags', readTags],
  ['vars', readVars],
  ['notify', readNotify],
  ['listen', readListen],
  ['environment', readEnvironment],
  ['register', readRegister],
])

/** Keywords that a task does not take over from what is around it. */
const ownOnly = ['loop', 'until', 'retries', 'delay', 'register', 'changedWhen', 'failedWhen'] as const

/**
 * Reads the keywords of a play, block or task into those of what is around it: `when`, `tags`, `vars` and `environment`
 * add up, of the others the innermost wins. `loop` and what is no keyword is left to the caller.
 */
export function readKeywords(from: Mapping, outer: Keywords, loading: Loading): Keywords {
  let draft: Draft | undefined
  for (const key in from) {
    const reader = readers.get(key)
    if (!reader) continue
    draft ??= { ...outer }
    reader(draft, from, key, loading)
  }
  return draft ?? outer
}

/** What the steps inside a block take over from it. */
export function inherited(keywords: Keywords): Keywords {
  if (!ownOnly.some((key) => keywords[key] !== undefined) && keywords.listen.length === 0) return keywords
  const out: Draft = { ...keywords, listen: [] }
  for (const key of ownOnly) delete out[key]
  return out
}

/** Reports a key that is no keyword here: one of Ansible's that we lack, or an unknown one with the nearest known. */
export function reportKey(from: Mapping, key: string, known: Iterable<string>, what: string, loading: Loading): void {
  const where = spot(from, key, true)
  const instead = unsupportedKeywords.get(key)
  if (instead !== undefined) {
    loading.report('unsupported-keyword', `Ansible's keyword "${key}" does not exist here`, where, instead)
    return
  }
  const mend = didYouMean(key, [...known].sort(), `a ${what} takes`)
  loading.report('unknown-key', `"${key}" is not a keyword of a ${what}`, where, mend)
}

function boolean(field: WrittenField): Reader {
  return (draft, from, key, loading) => {
    const value = from[key] ?? null
    const plain = typeof value === 'string' ? booleanOf(value) : value
    if (typeof plain !== 'boolean' && !isTemplate(value)) {
      loading.report('wrong-type', `${key} takes true or false, found ${describe(value)}`, spot(from, key))
      return
    }
    draft[field] = { value: plain ?? null, at: at(from, key) }
  }
}

function booleanOf(text: string): Value {
  if (/^(true|yes|on|1)$/i.test(text)) return true
  return /^(false|no|off|0)$/i.test(text) ? false : text
}

function text(field: WrittenField): Reader {
  return (draft, from, key, loading) => {
    const value = from[key] ?? null
    if ((typeof value !== 'string' && typeof value !== 'number') || value === '') {
      loading.report('wrong-type', `${key} takes a text, found ${describe(value)}`, spot(from, key))
      return
    }
    draft[field] = { value: String(value), at: at(from, key) }
  }
}

function number(field: WrittenField, least: number): Reader {
  return (draft, from, key, loading) => {
    const value = from[key] ?? null
    const plain = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
    if (!isTemplate(value) && (typeof plain !== 'number' || plain < least)) {
      const message = `${key} takes a number from ${least} up, found ${describe(value)}`
      loading.report('wrong-type', message, spot(from, key))
      return
    }
    draft[field] = { value: plain, at: at(from, key) }
  }
}

/** `async` with a `poll` above 0 waits for the task for so many seconds, as `timeout` does. */
function readAsync(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  if (!(Number(from.poll ?? 15) > 0)) {
    const mend = 'let a service do what goes on behind (systemd), or write a poll above 0'
    loading.report('unsupported-keyword', 'a task cannot be left running: "poll" is above 0', spot(from, 'poll'), mend)
  } else if (from.timeout === undefined) number('timeout', 0)(draft, from, key, loading)
}

/** Conditions of `when` and its kind: one, or a list of which all must hold. */
function conditionsOf(from: Mapping, key: string, loading: Loading): readonly Written[] {
  const value = from[key] ?? null
  const items = Array.isArray(value) ? value : undefined
  const out: Written[] = []
  for (const index of items ? items.keys() : [undefined]) {
    const one = index === undefined ? value : (items?.[index] ?? null)
    const where = index === undefined ? spot(from, key) : spot(items as object, index)
    if (typeof one === 'boolean' || typeof one === 'number' || (typeof one === 'string' && one.trim() !== '')) {
      out.push(index === undefined ? written(from, key) : written(items as object, index))
      continue
    }
    const message =
      one === null || one === ''
        ? `${key} has nothing behind it`
        : `${key} takes a condition, or a list of conditions, found ${describe(one)}`
    const mend = isMapping(one) ? `put the whole condition in quotes: ${key}: "…"` : undefined
    loading.report(one === null ? 'empty-keyword' : 'wrong-type', message, where, mend)
  }
  return out
}

function conditions(field: ListField): Reader {
  return (draft, from, key, loading) => {
    draft[field] = conditionsOf(from, key, loading)
  }
}

function readWhen(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  const own = conditionsOf(from, key, loading)
  if (own.length > 0) draft.when = draft.when.length === 0 ? own : [...draft.when, ...own]
}

/** Texts of a keyword that takes one or a list; in a single text commas separate too where `commas` says so. */
function textsOf(from: Mapping, key: string, loading: Loading, commas: boolean): readonly Written[] {
  const value = from[key] ?? null
  if (value === null) return []
  const items = Array.isArray(value) ? (value as readonly Value[]) : undefined
  const out: Written[] = []
  for (const index of items ? items.keys() : [undefined]) {
    const container = index === undefined ? from : (items as object)
    const place = index ?? key
    const one = written(container, place)
    if (typeof one.value === 'string' || typeof one.value === 'number') {
      const split = commas && index === undefined && !isTemplate(one.value)
      const parts = split ? String(one.value).split(',') : [String(one.value)]
      for (const part of parts) if (part.trim() !== '') out.push({ value: part.trim(), at: one.at })
    } else {
      const message = `${key} takes a text or a list of texts, found ${describe(one.value)}`
      loading.report('wrong-type', message, spot(container, place))
    }
  }
  return out
}

function readTags(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  const own: string[] = []
  for (const tag of textsOf(from, key, loading, true)) {
    if (isTemplate(tag.value)) {
      loading.reportAt(
        'templated-tag',
        'tags are chosen before variables are known; a tag cannot be a template',
        tag.at,
      )
    } else own.push(String(tag.value))
  }
  const added = own.filter((tag) => !draft.tags.includes(tag))
  if (added.length > 0) draft.tags = [...draft.tags, ...added]
}

function readVars(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  const layer = varsLayer(from, key, 'vars', loading)
  if (layer) draft.vars = [...draft.vars, layer]
}

/** A mapping of variables as a layer; undefined when it is empty or wrong (then reported). */
export function varsLayer(from: Mapping, key: string, name: string, loading: Loading): Layer | undefined {
  const value = from[key] ?? null
  if (value === null) return undefined
  if (!isMapping(value)) {
    const message = `${key} takes variables (name: value), found ${describe(value)}`
    const mend = Array.isArray(value) ? 'write them without the dashes' : undefined
    loading.report('wrong-type', message, spot(from, key), mend)
    return undefined
  }
  checkVariableNames(value, loading)
  const shown = at(from, key, true)
  return Object.keys(value).length === 0 ? undefined : layerOf(`${name} (${shown.file}:${shown.line})`, value)
}

/** Reports variables whose name no template could ever use. */
export function checkVariableNames(vars: Mapping, loading: Loading): void {
  for (const name of Object.keys(vars)) {
    if (isVariableName(name)) continue
    const mend = 'names of variables have letters, digits and "_"'
    loading.report('bad-variable-name', `"${name}" cannot be the name of a variable`, spot(vars, name, true), mend)
  }
}

function readNotify(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  draft.notify = textsOf(from, key, loading, false)
}

function readListen(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  draft.listen = textsOf(from, key, loading, false).map((one) => String(one.value))
}

function readEnvironment(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  const value = from[key] ?? null
  if (value === null) return
  const items = Array.isArray(value) ? value.map((_, index) => written(value, index)) : [written(from, key)]
  const good = items.filter((one) => {
    if (isMapping(one.value) || isTemplate(one.value)) return true
    const message = `environment takes variables (NAME: value), found ${describe(one.value)}`
    loading.reportAt('wrong-type', message, one.at)
    return false
  })
  if (good.length > 0) draft.environment = [...draft.environment, ...good]
}

function readRegister(draft: Draft, from: Mapping, key: string, loading: Loading): void {
  const value = from[key]
  if (typeof value === 'string' && isVariableName(value)) {
    draft.register = value
    return
  }
  const message =
    typeof value === 'string'
      ? `"${value}" cannot be the name of a variable`
      : `register takes the name of a variable, found ${describe(value)}`
  const mend = 'names of variables have letters, digits and "_"'
  loading.report('bad-variable-name', message, spot(from, key), mend)
}
