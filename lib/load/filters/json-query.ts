import type { Arguments } from '../template/arguments.ts'
import { entriesOf, isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import { Float, type Item, LazyMapping } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'
import { packages } from './packages.ts'

type Json = string | number | boolean | null | Json[] | { [key: string]: Json }

function jsonQuery(input: Item, args: Arguments): Item {
  const expression = args.text('expr')
  try {
    return packages.jmespath().search(jsonOf(input), expression) as Item
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Fault('template-argument', `the filter "json_query" cannot use "${expression}": ${reason}`, {
      mend: 'the language is JMESPath, see https://jmespath.org',
    })
  }
}

function jsonOf(item: Item): Json {
  if (item === null || typeof item === 'string' || typeof item === 'boolean' || typeof item === 'number') return item
  if (typeof item === 'bigint') return Number(item)
  if (item instanceof Float) return item.value
  if (isList(item)) return item.map(jsonOf)
  if (isDict(item) || item instanceof LazyMapping) {
    return Object.fromEntries(entriesOf(item).map(([key, one]) => [key, jsonOf(one)]))
  }
  return str(item)
}

/** Questions in JMESPath. */
export const jsonQueries: FilterTable = {
  json_query: reading('expr', jsonQuery),
}
