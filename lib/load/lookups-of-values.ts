import { BoundedRegExp } from '../core/bounded-regex.ts'
import { didYouMean } from '../core/closest.ts'
import type { LookupTable } from './lookups.ts'
import type { Arguments } from './template/arguments.ts'
import { dictOf, entriesOf, isDict, isList } from './template/dicts.ts'
import { Fault } from './template/error.ts'
import { percentFormat } from './template/format.ts'
import { rangeOf } from './template/globals.ts'
import { iterate, kindOf, truthy } from './template/python.ts'
import { str } from './template/text.ts'
import { type Item, LazyMapping, tuple, Undefined } from './template/values.ts'

/** The terms as texts, one level of lists opened. */
export function texts(terms: readonly Item[]): readonly string[] {
  return terms.flatMap((term) => (isList(term) ? term.map(str) : [str(term)]))
}

/** The terms in a row, one level of lists opened. */
export function flat(terms: readonly Item[]): readonly Item[] {
  return terms.flatMap((term) => (isList(term) ? term : [term]))
}

/** `name=value` pairs behind a term, as the older notation has them: `path length=20 chars=digits`. */
export function inlineOptions(term: string): { readonly head: string; readonly options: ReadonlyMap<string, string> } {
  const options = new Map<string, string>()
  const words = term.split(/\s+/).filter((word) => {
    const pair = /^([a-z_]+)=(.*)$/.exec(word)
    if (pair) options.set(pair[1] ?? '', pair[2] ?? '')
    return !pair
  })
  return { head: words.join(' ').trim(), options }
}

function asMapping(term: Item, lookup: string) {
  if (isDict(term) || term instanceof LazyMapping) return term
  if (term instanceof Undefined) throw term.fault()
  throw new Fault('template-type', `the lookup "${lookup}" needs a mapping, and one term is ${kindOf(term)}`)
}

/** `start=1 end=5 stride=2 format=host%02d`, or `5`, `2-10`, `2-10/2:host%02d`, or options of the same names. */
function sequence(terms: readonly Item[], options: Arguments): readonly Item[] {
  return (terms.length === 0 ? [''] : terms).flatMap((term) => {
    const given = new Map<string, string>()
    for (const name of ['start', 'end', 'count', 'stride', 'format']) {
      const option = options.get(name)
      if (option !== undefined) given.set(name, str(option))
    }
    const short = /^\s*(?:(\d+|0x[\da-f]+)-)?(\d+|0x[\da-f]+)(?:\/(\d+))?(?::(.+))?\s*$/i.exec(str(term))
    if (short) {
      if (short[1]) given.set('start', short[1])
      given.set('end', short[2] ?? '')
      if (short[3]) given.set('stride', short[3])
      if (short[4]) given.set('format', short[4])
    } else for (const [name, value] of inlineOptions(str(term)).options) given.set(name, value)
    const number = (name: string, fallback: number) => (given.has(name) ? Number(given.get(name)) : fallback)
    const start = number('start', 1)
    const stride = number('stride', 1)
    const count = given.get('count')
    const end = count === undefined ? number('end', Number.NaN) : start + (Number(count) - 1) * stride
    if (![start, stride, end].every(Number.isInteger) || stride === 0)
      throw new Fault('template-argument', 'the lookup "sequence" needs whole numbers: start, and end or count')
    if (count === undefined && stride > 0 !== end >= start && end !== start)
      throw new Fault('template-argument', 'the lookup "sequence" cannot reach its end', {
        mend: 'to count down, give a negative stride',
      })
    const format = given.get('format') ?? '%d'
    return rangeOf(start, stride > 0 ? end + 1 : end - 1, stride).map((one) => percentFormat(format, one))
  })
}

function cartesian(lists: readonly (readonly Item[])[]): readonly Item[] {
  const size = lists.reduce((total, list) => total * list.length, 1)
  if (size > 100_000) throw new Fault('template-limit', 'the lookup "nested" would give too many combinations')
  return lists.reduce<Item[][]>((rows, list) => rows.flatMap((row) => list.map((item) => [...row, item])), [[]])
}

/** A mapping without what a path leads to, which the lookup `subelements` takes out of it. */
function without(item: Item, [name = '', ...path]: readonly string[]): Item {
  if (!isDict(item)) return item
  const entries = entriesOf(item).flatMap(([key, value]): (readonly [string, Item])[] =>
    key !== name ? [[key, value]] : path.length === 0 ? [] : [[key, without(value, path)]],
  )
  return dictOf(entries)
}

/** The lookups that work on values alone. */
export const structuralLookups: LookupTable = {
  vars: {
    parameters: 'default',
    structural: true,
    run: (terms, options, context) =>
      terms.map((term) => {
        const name = str(term)
        const found = context.variable(name)
        if (found !== undefined && !(found instanceof Undefined)) return found
        const fallback = options.get('default')
        if (fallback !== undefined) return fallback
        if (found instanceof Undefined) throw found.fault()
        throw new Fault('undefined-variable', `the variable "${name}" is not defined`, {
          mend: didYouMean(name, context.variableNames())?.replace(/ \(.*\)$|^known names.*/s, ''),
        })
      }),
  },
  varnames: {
    parameters: '',
    run: (terms, _options, context) => {
      const names = [...context.variableNames()]
      return texts(terms).flatMap((pattern) => names.filter((name) => new BoundedRegExp(pattern).test(name)))
    },
  },
  dict: {
    parameters: '',
    structural: true,
    run: (terms) =>
      terms.flatMap((term) =>
        entriesOf(asMapping(term, 'dict')).map(([key, value]) =>
          dictOf([
            ['key', key],
            ['value', value],
          ]),
        ),
      ),
  },
  items: { parameters: '', structural: true, run: flat },
  list: { parameters: '', structural: true, run: (terms) => terms },
  flattened: {
    parameters: '',
    structural: true,
    run: (terms) => {
      const deep = (item: Item): readonly Item[] => (isList(item) ? item.flatMap(deep) : [item])
      return terms.flatMap(deep)
    },
  },
  indexed_items: {
    parameters: '',
    structural: true,
    run: (terms) => flat(terms).map((item, index) => tuple(index, item)),
  },
  sequence: { parameters: 'start end count stride format', run: sequence },
  nested: {
    parameters: '',
    structural: true,
    run: (terms) => cartesian(terms.map((term) => (isList(term) ? term : [term]))),
  },
  cartesian: {
    parameters: '',
    structural: true,
    run: (terms) => cartesian(terms.map((term) => (isList(term) ? term : [term]))),
  },
  together: {
    parameters: '',
    structural: true,
    run: (terms) => {
      const lists = terms.map((term) => iterate(term))
      const size = Math.max(0, ...lists.map((list) => list.length))
      return Array.from({ length: size }, (_, row) => lists.map((list) => list[row] ?? null))
    },
  },
  subelements: {
    parameters: '',
    structural: true,
    run: ([list, key, flags], _options, context) => {
      if (list === undefined || typeof key !== 'string')
        throw new Fault(
          'template-argument',
          'the lookup "subelements" needs a list and the name of a list in its items',
        )
      const skip = isDict(flags) && truthy(flags.skip_missing ?? false)
      const all = isDict(list) ? Object.values(list) : iterate(list)
      const wanted = all.filter((one) => !(isDict(one) && truthy(one.skipped ?? false)))
      const pairs = iterate(context.filter('subelements', wanted, [key], new Map([['skip_missing', skip]])))
      return pairs.map((pair) => {
        const [item = null, value = null] = iterate(pair)
        return tuple(without(item, key.split('.')), value)
      })
    },
  },
  random_choice: {
    parameters: '',
    structural: true,
    run: (terms, _options, context) => (terms.length === 0 ? [] : [terms[context.random(terms.length)] as Item]),
  },
}
