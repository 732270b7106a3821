import { Unknown } from '../../core/unknown.ts'
import type { Arguments } from '../template/arguments.ts'
import { maxItems } from '../template/budget.ts'
import { firstOf, isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { binary } from '../template/operators.ts'
import { compare, equals, iterate, kindOf, lengthOf, truthy } from '../template/python.ts'
import { hide, open, watch } from '../template/secrecy.ts'
import { str } from '../template/text.ts'
import { Group, type Item, isHidden, tuple, Undefined, UnknownSignal } from '../template/values.ts'
import { type FilterContext, type FilterTable, structural } from './definition.ts'
import { getter } from './path.ts'
import { foldCase } from './text.ts'

/** What two items are compared by: lower case, unless case counts. */
function folded(item: Item, caseCounts: boolean): Item {
  return caseCounts ? item : foldCase(open(item))
}

/** Items ordered by keys, equal ones in the order they came. */
function sortBy(items: readonly Item[], key: (item: Item) => Item, reverse: boolean): Item[] {
  const keyed = items.map((item) => ({ item, key: key(item) }))
  keyed.sort((a, b) => (reverse ? compare(b.key, a.key) : compare(a.key, b.key)))
  return keyed.map(({ item }) => item)
}

/** The key of `attribute='a,b.c'`: several attributes make a tuple. */
function sortKey(attribute: Item | undefined, caseCounts: boolean): (item: Item) => Item {
  const names = typeof attribute === 'string' ? attribute.split(',') : [attribute]
  const getters = names.map((name) => getter(name))
  return (item) => {
    const keys = getters.map((get) => folded(get(item), caseCounts))
    return keys.length === 1 ? (keys[0] as Item) : tuple(...keys)
  }
}

/** Finds an item in linear or, for texts and numbers, constant time. */
class Seen {
  readonly #simple = new Set<unknown>()
  readonly #others: Item[] = []

  has(item: Item): boolean {
    const plain = open(item)
    if (typeof plain === 'string' || typeof plain === 'number')
      return this.#simple.has(plain) || (typeof plain === 'number' && this.#others.some((one) => equals(one, plain)))
    return (
      this.#others.some((one) => equals(one, plain)) || (typeof plain === 'boolean' && this.#simple.has(Number(plain)))
    )
  }

  add(item: Item): void {
    const plain = open(item)
    if (typeof plain === 'string' || typeof plain === 'number') this.#simple.add(plain)
    else this.#others.push(plain)
  }
}

function unique(items: readonly Item[], key: (item: Item) => Item = (item) => item): Item[] {
  const seen = new Seen()
  return items.filter((item) => {
    const by = key(item)
    if (seen.has(by)) return false
    seen.add(by)
    return true
  })
}

function among(items: readonly Item[]): (item: Item) => boolean {
  const seen = new Seen()
  for (const item of items) seen.add(item)
  return (item) => seen.has(item)
}

function extreme(sign: 1 | -1) {
  return structural('case_sensitive attribute', (input, args) => {
    const items = iterate(input)
    const get = getter(args.get('attribute'))
    const caseCounts = args.flag('case_sensitive')
    let best = items[0]
    for (const item of items.slice(1))
      if (compare(folded(get(item), caseCounts), folded(get(best as Item), caseCounts)) * sign > 0) best = item
    return orNothing(best, sign > 0 ? 'max' : 'min')
  })
}

/** The item, or what `first` and its like give for an empty list. */
function orNothing(item: Item | undefined, filter: string): Item {
  if (item !== undefined) return item
  return new Undefined(
    filter,
    () => new Fault('undefined-variable', `the list is empty, so the filter "${filter}" gives nothing`),
  )
}

/** The name of a filter, a test or an attribute; errors say it, so it may not be a secret. */
function plainName(name: Item, args: Arguments): string {
  if (typeof name !== 'string')
    throw args.fault(`needs a name, and this is ${isHidden(name) ? 'a secret' : kindOf(name)}`)
  return name
}

/** `map`, `select` and `reject` name the filter or test to use. */
function applyTo(what: 'filter' | 'test', args: Arguments, from: number): (item: Item, context: FilterContext) => Item {
  const [name, ...rest] = args.rest.slice(from)
  if (name === undefined) {
    if (what === 'filter') throw args.fault('needs the name of a filter, or attribute=…')
    return (item) => truthy(item)
  }
  const called = plainName(name, args).replace(/^ansible\.(?:builtin|utils)\./, '')
  if (what === 'filter') return (item, context) => context.filter(called, item, rest, args.more)
  return (item, context) => {
    if (item instanceof Unknown) throw new UnknownSignal(item)
    return context.test(called, item, rest, args.more)
  }
}

/** What a loop would visit; nothing for what is empty or null. */
function itemsOf(input: Item): readonly Item[] {
  return truthy(input) ? iterate(input) : []
}

function choosing(keep: boolean) {
  return structural('*rest **more', (input, args, context) => {
    const test = applyTo('test', args, 0)
    return itemsOf(input).filter((item) => test(item, context) === keep)
  })
}

function choosingByAttribute(keep: boolean) {
  return structural('*rest **more', (input, args, context) => {
    if (args.rest[0] === undefined) throw args.fault('needs the name of an attribute')
    const get = getter(args.rest[0])
    const test = applyTo('test', args, 1)
    return itemsOf(input).filter((item) => test(get(item), context) === keep)
  })
}

function flatten(items: readonly Item[], levels: number, skipNulls: boolean): Item[] {
  return items.flatMap((item) => {
    if (skipNulls && (item === null || item === 'None' || item === 'null')) return []
    return isList(item) && levels > 0 ? flatten(item, levels - 1, skipNulls) : [item]
  })
}

function listArgument(args: Arguments, name: string): readonly Item[] {
  return iterate(args.need(name))
}

function subelements(input: Item, path: readonly string[], skipMissing: boolean): Item[] {
  const elements = isDict(input) ? Object.values(input) : iterate(input)
  return elements.flatMap((element) => {
    let at: Item = element
    for (const name of path) {
      if (!isDict(at))
        throw new Fault('template-type', `subelements found ${kindOf(at)} where a mapping with "${name}" should be`)
      if (!Object.hasOwn(at, name)) {
        if (skipMissing) return []
        throw new Fault('template-argument', `subelements found no "${name}" in an item`, { mend: 'skip_missing=True' })
      }
      at = at[name] as Item
    }
    if (!isList(at))
      throw new Fault('template-type', `subelements needs a list at "${path.join('.')}", and this is ${kindOf(at)}`)
    return at.map((value) => tuple(element, value))
  })
}

/** Filters on lists; secrets among the items stay secrets. */
export const lists: FilterTable = {
  list: structural('', (input) => [...iterate(input)]),
  length: structural('', lengthItem),
  count: structural('', lengthItem),
  first: structural('', (input) => orNothing(iterate(input)[0], 'first')),
  last: structural('', (input) => orNothing(iterate(input).at(-1), 'last')),
  min: extreme(-1),
  max: extreme(1),
  sum: structural('attribute start', (input, args) => {
    const get = getter(args.get('attribute'))
    let total: Item = args.get('start') ?? 0
    for (const item of iterate(input)) total = binary('+', total, get(item))
    return total
  }),
  sort: structural('reverse case_sensitive attribute', (input, args) =>
    sortBy(iterate(input), sortKey(args.get('attribute'), args.flag('case_sensitive')), args.flag('reverse')),
  ),
  reverse: structural('', (input) => {
    if (typeof input === 'string') return Array.from(input).reverse().join('')
    if (isHidden(input)) {
      const { result, labels } = watch(() => Array.from(str(input)).reverse().join(''))
      return hide(result, labels)
    }
    return [...iterate(input)].reverse()
  }),
  unique: structural('case_sensitive attribute', (input, args) => {
    const get = getter(args.get('attribute'))
    const items = iterate(input)
    const hasContainers = items.some((item) => isList(item) || isDict(item))
    const caseCounts = args.flag('case_sensitive') || (hasContainers && args.get('attribute') === undefined)
    return unique(items, (item) => folded(get(item), caseCounts))
  }),
  union: structural('other', (input, args) => unique([...iterate(input), ...listArgument(args, 'other')])),
  intersect: structural('other', (input, args) => unique(iterate(input).filter(among(listArgument(args, 'other'))))),
  difference: structural('other', (input, args) => {
    const inOther = among(listArgument(args, 'other'))
    return unique(iterate(input).filter((item) => !inOther(item)))
  }),
  symmetric_difference: structural('other', (input, args) => {
    const left = iterate(input)
    const right = listArgument(args, 'other')
    const inLeft = among(left)
    const inRight = among(right)
    return unique([...left, ...right]).filter((item) => !(inLeft(item) && inRight(item)))
  }),
  map: structural('*rest **more', (input, args, context) => {
    const attribute = args.rest.length === 0 ? args.more.get('attribute') : undefined
    if (attribute !== undefined) {
      const get = getter(attribute)
      const fallback = args.more.get('default')
      return itemsOf(input).map((item) => {
        const found = get(item)
        return found instanceof Undefined && fallback !== undefined ? fallback : found
      })
    }
    const filter = applyTo('filter', args, 0)
    return itemsOf(input).map((item) => filter(item, context))
  }),
  select: choosing(true),
  reject: choosing(false),
  selectattr: choosingByAttribute(true),
  rejectattr: choosingByAttribute(false),
  flatten: structural('levels skip_nulls', (input, args) => {
    const levels = args.get('levels')
    return flatten(
      iterate(input),
      levels === undefined || levels === null ? 100 : args.integer('levels'),
      args.flag('skip_nulls', true),
    )
  }),
  zip: structural('*lists', (input, args) => {
    const columns = [input, ...args.rest].map((one) => iterate(one))
    const size = Math.min(...columns.map((column) => column.length))
    return Array.from({ length: size }, (_, row) => tuple(...columns.map((column) => column[row] as Item)))
  }),
  zip_longest: structural('*lists **more', (input, args) => {
    const columns = [input, ...args.rest].map((one) => iterate(one))
    const filler = args.more.get('fillvalue') ?? null
    const size = Math.max(...columns.map((column) => column.length))
    return Array.from({ length: size }, (_, row) =>
      tuple(...columns.map((column) => firstOf(column[row], filler) as Item)),
    )
  }),
  batch: structural('linecount fill_with', (input, args) => {
    const size = Math.max(1, args.integer('linecount'))
    const items = iterate(input)
    const filler = args.get('fill_with')
    const rows: Item[][] = []
    for (let at = 0; at < items.length; at += size) rows.push(items.slice(at, at + size))
    const last = rows.at(-1)
    if (last && filler !== undefined && filler !== null) while (last.length < size) last.push(filler)
    return rows
  }),
  slice: structural('slices fill_with', (input, args) => {
    const items = iterate(input)
    const count = Math.max(1, args.integer('slices'))
    const size = Math.floor(items.length / count)
    const longer = items.length % count
    const filler = args.get('fill_with')
    let at = 0
    return Array.from({ length: Math.min(count, maxItems) }, (_, index) => {
      const row = items.slice(at, at + size + (index < longer ? 1 : 0))
      at += row.length
      if (filler !== undefined && filler !== null && index >= longer && longer > 0) row.push(filler)
      return row
    })
  }),
  groupby: structural('attribute default case_sensitive', (input, args) => {
    const find = getter(args.need('attribute'))
    const fallback = args.get('default')
    const caseCounts = args.flag('case_sensitive')
    const get = (item: Item) => {
      const found = find(item)
      return found instanceof Undefined && fallback !== undefined ? fallback : found
    }
    const groups: { key: Item; by: Item; items: Item[] }[] = []
    for (const item of sortBy(iterate(input), (one) => folded(get(one), caseCounts), false)) {
      const key = get(item)
      const by = folded(key, caseCounts)
      const last = groups.at(-1)
      if (last && equals(last.by, by)) last.items.push(item)
      else groups.push({ key, by, items: [item] })
    }
    return groups.map(({ key, items }) => {
      const group = new Group()
      group.push(key, items)
      return group
    })
  }),
  subelements: structural('path skip_missing', (input, args) => {
    const path = args.need('path')
    return subelements(
      input,
      isList(path) ? path.map((one) => plainName(one, args)) : args.text('path').split('.'),
      args.flag('skip_missing'),
    )
  }),
}

/** The length of a list or mapping, whatever is in it; that of a secret text is a secret. */
function lengthItem(input: Item): Item {
  if (!isHidden(input)) return lengthOf(input)
  const { result, labels } = watch(() => lengthOf(input))
  return hide(result, labels)
}
