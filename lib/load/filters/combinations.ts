import { limit } from '../template/budget.ts'
import { iterate } from '../template/python.ts'
import { open } from '../template/secrecy.ts'
import { type Item, tuple } from '../template/values.ts'
import { type FilterTable, structural } from './definition.ts'

type Row = readonly Item[]

/** More rows than this are refused. */
const maxRows = 20_000

function* combinations(items: Row, size: number, from = 0): Generator<Row> {
  if (size === 0) yield []
  else
    for (let index = from; index <= items.length - size; index++)
      for (const rest of combinations(items, size - 1, index + 1)) yield [items[index] as Item, ...rest]
}

function* permutations(items: Row, size: number): Generator<Row> {
  if (size === 0) yield []
  else
    for (let index = 0; index < items.length; index++)
      for (const rest of permutations(items.toSpliced(index, 1), size - 1)) yield [items[index] as Item, ...rest]
}

function* product(lists: readonly Row[]): Generator<Row> {
  const [first, ...others] = lists
  if (first === undefined) yield []
  else for (const item of first) for (const rest of product(others)) yield [item, ...rest]
}

/** `count` is how many rows there will be; too many are refused before the first is made. */
function rows(count: number, made: () => Iterable<Row>): Item[] {
  if (count > maxRows) throw limit(`there would be ${count} combinations; at most ${maxRows} are allowed`)
  return Array.from(made(), (row) => tuple(...row))
}

/** How many ways there are to choose `size` of `total` in order. */
function arrangements(total: number, size: number): number {
  let count = size > total ? 0 : 1
  for (let chosen = 0; chosen < size && count > 0 && Number.isFinite(count); chosen++) count *= total - chosen
  return count
}

/** Filters that combine the items of lists. */
export const combining: FilterTable = {
  product: structural('*lists **more', (input, args) => {
    const columns = [input, ...args.rest].map((one) => iterate(one))
    const repeat = args.more.get('repeat')
    const times = repeat === undefined ? 1 : Number(open(repeat))
    if (!Number.isInteger(times) || times < 0 || times > 20)
      throw args.fault('needs a whole number up to 20 as "repeat"')
    const all = Array.from({ length: times }, () => columns).flat()
    return rows(
      all.reduce((count, column) => count * column.length, 1),
      () => product(all),
    )
  }),
  combinations: structural('size', (input, args) => {
    const items = iterate(input)
    const size = args.integer('size')
    if (size < 0) throw args.fault('needs a size that is not negative')
    const count = arrangements(items.length, size) / arrangements(size, size)
    return rows(Number.isNaN(count) ? Number.POSITIVE_INFINITY : count, () => combinations(items, size))
  }),
  permutations: structural('size', (input, args) => {
    const items = iterate(input)
    const size = args.integer('size', items.length)
    if (size < 0) throw args.fault('needs a size that is not negative')
    return rows(arrangements(items.length, size), () => permutations(items, size))
  }),
}
