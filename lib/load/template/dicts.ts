import { isMapping } from '../../core/plain.ts'
import { type Item, type ItemMap, LazyMapping } from './values.ts'

/** A mapping among items. */
export function isDict(item: unknown): item is ItemMap {
  return isMapping(item)
}

/** A list among items. */
export function isList(item: unknown): item is readonly Item[] {
  return Array.isArray(item)
}

/** A mapping's own entry; what it inherits does not exist for a template. */
export function own(dict: ItemMap, key: string): Item | undefined {
  return Object.hasOwn(dict, key) ? dict[key] : undefined
}

/** Sets an entry on a mapping that is being built, whatever the name is. */
export function put(dict: { [key: string]: Item }, key: string, value: Item): void {
  if (key === '__proto__')
    Object.defineProperty(dict, key, { value, enumerable: true, writable: true, configurable: true })
  else dict[key] = value
}

/**
 * Entries of a mapping, lazily kept ones included; without the mappings of all hosts and of all variables, which hold
 * themselves.
 */
export function entriesOf(dict: ItemMap | LazyMapping): (readonly [string, Item])[] {
  if (!(dict instanceof LazyMapping)) return Object.entries(dict)
  const entries: (readonly [string, Item])[] = []
  for (const key of dict.keys()) {
    const value = dict.get(key)
    const holdsItself = value instanceof LazyMapping && (key === 'hostvars' || key === 'vars')
    if (value !== undefined && !holdsItself) entries.push([key, value])
  }
  return entries
}

/** A mapping made of entries; a later entry of the same name wins. */
export function dictOf(entries: Iterable<readonly [string, Item]>): ItemMap {
  const dict: { [key: string]: Item } = {}
  for (const [key, value] of entries) put(dict, key, value)
  return dict
}

/** The first item that is there; null counts as there. */
export function firstOf(...items: readonly (Item | undefined)[]): Item | undefined {
  return items.find((item) => item !== undefined)
}

/** The list with every item mapped; the very same list when no item changed. */
export function mapKeeping<From, To>(list: readonly From[], map: (one: From) => To): readonly To[] {
  let changed: To[] | undefined
  for (let index = 0; index < list.length; index++) {
    const before = list[index] as From
    const after = map(before)
    if (changed === undefined && (after as unknown) !== before) changed = list.slice(0, index) as unknown as To[]
    changed?.push(after)
  }
  return changed ?? (list as unknown as readonly To[])
}

/** The mapping with every value mapped; the very same mapping when no value changed. */
export function mapDictKeeping<To>(dict: ItemMap, map: (one: Item) => To): { readonly [key: string]: To } {
  const before = Object.entries(dict)
  const after = before.map(([key, value]) => [key, map(value)] as const)
  if (after.every(([, value], index) => (value as unknown) === before[index]?.[1]))
    return dict as unknown as { readonly [key: string]: To }
  return dictOf(after as unknown as (readonly [string, Item])[]) as unknown as { readonly [key: string]: To }
}
