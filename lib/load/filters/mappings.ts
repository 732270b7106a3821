import { Unknown } from '../../core/unknown.ts'
import { itemOf } from '../template/access.ts'
import type { Arguments } from '../template/arguments.ts'
import { entryName } from '../template/container-methods.ts'
import { dictOf, entriesOf, isDict, isList, put } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { compare, equals, iterate, kindOf } from '../template/python.ts'
import { open } from '../template/secrecy.ts'
import { str } from '../template/text.ts'
import { type Item, type ItemMap, LazyMapping, tuple, Undefined, UnknownSignal } from '../template/values.ts'
import { type FilterTable, structural } from './definition.ts'
import { foldCase } from './text.ts'

function mapping(input: Item, filter: string): ItemMap | LazyMapping {
  if (isDict(input) || input instanceof LazyMapping) return input
  if (input instanceof Unknown) throw new UnknownSignal(input)
  throw new Fault('template-type', `the filter "${filter}" needs a mapping, and this is ${kindOf(input)}`, {
    mend: filter === 'dict2items' && isList(input) ? 'leave the filter away: it is a list already' : undefined,
  })
}

type ListMerge = 'replace' | 'keep' | 'append' | 'prepend' | 'append_rp' | 'prepend_rp'

const listMerges: readonly string[] = ['replace', 'keep', 'append', 'prepend', 'append_rp', 'prepend_rp']

function mergeLists(low: readonly Item[], high: readonly Item[], how: ListMerge): readonly Item[] {
  const without = (list: readonly Item[], other: readonly Item[]) =>
    list.filter((item) => !other.some((one) => equals(one, item)))
  switch (how) {
    case 'replace':
      return high
    case 'keep':
      return low
    case 'append':
      return [...low, ...high]
    case 'prepend':
      return [...high, ...low]
    case 'append_rp':
      return [...without(low, high), ...high]
    case 'prepend_rp':
      return [...high, ...without(low, high)]
  }
}

/** `high` over `low`; with `recursive`, mappings inside are merged too. */
function merge(low: ItemMap, high: ItemMap, recursive: boolean, how: ListMerge): ItemMap {
  const merged = dictOf(Object.entries(low)) as { [key: string]: Item }
  for (const [key, value] of Object.entries(high)) {
    const before = Object.hasOwn(low, key) ? low[key] : undefined
    if (recursive && isDict(before) && isDict(value)) put(merged, key, merge(before, value, recursive, how))
    else if (isList(before) && isList(value)) put(merged, key, mergeLists(before, value, how))
    else put(merged, key, value)
  }
  return merged
}

function combine(input: Item, args: Arguments): Item {
  const given = [input, ...args.rest].flatMap((one) => (isList(one) ? one : [one]))
  const how = str(args.more.get('list_merge') ?? 'replace')
  if (!listMerges.includes(how)) throw args.fault(`knows no list_merge "${how}": use ${listMerges.join(', ')}`)
  const recursive = args.more.get('recursive') === true
  for (const name of args.more.keys())
    if (name !== 'recursive' && name !== 'list_merge') throw args.fault(`has no argument "${name}"`)
  let merged: ItemMap = {}
  for (const one of given) {
    if (one instanceof Undefined) throw one.fault()
    const source = mapping(one, 'combine')
    merged = merge(merged, isDict(source) ? source : dictOf(entriesOf(source)), recursive, how as ListMerge)
  }
  return merged
}

/** Filters on mappings; secrets among the values stay secrets. */
export const mappings: FilterTable = {
  dict2items: structural('key_name value_name', (input, args) => {
    const [keyName, valueName] = [args.text('key_name', 'key'), args.text('value_name', 'value')]
    return entriesOf(mapping(input, 'dict2items')).map(([key, value]) =>
      dictOf([
        [keyName, key],
        [valueName, value],
      ]),
    )
  }),
  items2dict: structural('key_name value_name', (input, args) => {
    const [keyName, valueName] = [args.text('key_name', 'key'), args.text('value_name', 'value')]
    return dictOf(
      iterate(input).map((item) => {
        if (!isDict(item)) throw args.fault(`needs a list of mappings, and one item is ${kindOf(item)}`)
        for (const name of [keyName, valueName])
          if (!Object.hasOwn(item, name)) throw args.fault(`found no "${name}" in an item`)
        return [entryName(item[keyName] as Item), item[valueName] as Item] as const
      }),
    )
  }),
  combine: structural('*others **more', combine),
  dictsort: structural('case_sensitive by reverse', (input, args) => {
    const by = args.text('by', 'key') === 'value' ? 1 : 0
    const caseCounts = args.flag('case_sensitive')
    const fold = (item: Item) => (caseCounts ? item : foldCase(open(item)))
    const sign = args.flag('reverse') ? -1 : 1
    return entriesOf(mapping(input, 'dictsort'))
      .map(([key, value]) => tuple(key, value))
      .sort((a, b) => sign * compare(fold(a[by] as Item), fold(b[by] as Item)))
  }),
  items: structural(
    '',
    (input) =>
      input instanceof Undefined ? [] : entriesOf(mapping(input, 'items')).map(([key, value]) => tuple(key, value)),
    true,
  ),
  rekey_on_member: structural('key duplicates', (input, args) => {
    const rows = isDict(input) ? Object.values(input) : iterate(input)
    const out: { [key: string]: Item } = {}
    for (const row of rows) {
      if (!isDict(row)) throw args.fault(`needs mappings, and one item is ${kindOf(row)}`)
      const member = Object.hasOwn(row, args.text('key')) ? row[args.text('key')] : undefined
      if (member === undefined) throw args.fault(`found no "${args.text('key')}" in an item`)
      const name = entryName(member)
      if (Object.hasOwn(out, name) && args.text('duplicates', 'error') === 'error')
        throw args.fault(`found "${name}" twice`)
      put(out, name, row)
    }
    return out
  }),
  extract: structural('container morekeys', (input, args) => {
    const more = args.get('morekeys')
    const keys = [input, ...(more === undefined || more === null ? [] : isList(more) ? more : [more])]
    let at = args.need('container')
    for (const key of keys) at = itemOf(at, key)
    return at
  }),
}
