import { dictOf, entriesOf, firstOf, isDict, put } from './dicts.ts'
import { Fault } from './error.ts'
import { equals, iterate, keyOf } from './python.ts'
import { open } from './secrecy.ts'
import type { Method } from './text-methods.ts'
import { type Item, type ItemMap, isHidden, LazyMapping, tuple } from './values.ts'

/** What can be called on a list. */
export const listMethods: Readonly<Record<string, Method<Item[]>>> = {
  append: { parameters: 'item', run: (self, args) => nothing(self.push(args.need('item'))) },
  extend: {
    parameters: 'items',
    run: (self, args) => {
      for (const item of [...iterate(args.need('items'))]) self.push(item)
      return null
    },
  },
  insert: {
    parameters: 'index item',
    run: (self, args) => nothing(self.splice(args.integer('index'), 0, args.need('item'))),
  },
  pop: {
    parameters: 'index',
    run: (self, args) => {
      const [taken] = self.splice(args.integer('index', -1), 1)
      if (taken === undefined) throw new Fault('template-argument', '.pop() found nothing at that place in the list')
      return taken
    },
  },
  remove: {
    parameters: 'item',
    run: (self, args) => {
      const at = self.findIndex((one) => equals(one, args.need('item')))
      if (at === -1) throw new Fault('template-argument', '.remove() did not find the item in the list')
      return nothing(self.splice(at, 1))
    },
  },
  clear: { parameters: '', run: (self) => nothing(self.splice(0)) },
  reverse: { parameters: '', run: (self) => nothing(self.reverse()) },
  copy: { parameters: '', run: (self) => [...self] },
  index: {
    parameters: 'item',
    run: (self, args) => {
      const at = self.findIndex((one) => equals(one, args.need('item')))
      if (at === -1) throw new Fault('template-argument', '.index() did not find the item in the list')
      return at
    },
  },
  count: { parameters: 'item', run: (self, args) => self.filter((one) => equals(one, args.need('item'))).length },
}

function nothing(_: unknown): null {
  return null
}

/** What can be called on any mapping. */
export const readingDictMethods: Readonly<Record<string, Method<ItemMap | LazyMapping>>> = {
  get: {
    parameters: 'key default',
    run: (self, args) => {
      const key = keyOf(args.need('key'))
      const value = self instanceof LazyMapping ? self.get(key) : Object.hasOwn(self, key) ? self[key] : undefined
      return firstOf(value, args.get('default'), null) as Item
    },
  },
  items: { parameters: '', run: (self) => entriesOf(self).map(([key, value]) => tuple(key, value)) },
  keys: { parameters: '', run: (self) => (self instanceof LazyMapping ? [...self.keys()] : Object.keys(self)) },
  values: { parameters: '', run: (self) => entriesOf(self).map(([, value]) => value) },
  copy: { parameters: '', run: (self) => dictOf(entriesOf(self)) },
}

/** What changes a mapping. */
export const changingDictMethods: Readonly<Record<string, Method<{ [key: string]: Item }>>> = {
  update: {
    parameters: 'items **named',
    run: (self, args) => {
      const given = args.get('items')
      if (given !== undefined) for (const [key, value] of pairsOf(given)) put(self, key, value)
      for (const [key, value] of args.more) put(self, key, value)
      return null
    },
  },
  setdefault: {
    parameters: 'key default',
    run: (self, args) => {
      const key = keyOf(args.need('key'))
      if (!Object.hasOwn(self, key)) put(self, key, firstOf(args.get('default'), null) as Item)
      return self[key] as Item
    },
  },
  pop: {
    parameters: 'key default',
    run: (self, args) => {
      const key = keyOf(args.need('key'))
      if (!Object.hasOwn(self, key)) {
        const fallback = args.get('default')
        if (fallback === undefined) throw new Fault('template-argument', `.pop() found no entry "${key}"`)
        return fallback
      }
      const value = self[key] as Item
      delete self[key]
      return value
    },
  },
  clear: {
    parameters: '',
    run: (self) => {
      for (const key of Object.keys(self)) delete self[key]
      return null
    },
  },
}

/** Entries of a mapping, or of a list of pairs, as `dict()` takes them. */
export function pairsOf(item: Item): (readonly [string, Item])[] {
  const given = open(item)
  if (given instanceof LazyMapping || isDict(given)) return entriesOf(given)
  return iterate(given).map((pair) => {
    const [key, value, ...more] = iterate(pair)
    if (key === undefined || value === undefined || more.length > 0)
      throw new Fault('template-type', 'a mapping is made of pairs: a name and a value each')
    return [entryName(key), value] as const
  })
}

/** An item as the name of an entry in a new mapping; a secret may not become one, since names are shown. */
export function entryName(key: Item): string {
  if (isHidden(key))
    throw new Fault(
      'template-secret-name',
      `the secret ${key.toString()} cannot be the name of an entry, since names are shown`,
    )
  return keyOf(key)
}
