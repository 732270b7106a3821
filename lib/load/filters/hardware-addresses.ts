import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'

const forms: { readonly [query: string]: (digits: string) => Item } = {
  bare: (digits) => digits.toUpperCase(),
  bool: () => true,
  int: (digits) => Number.parseInt(digits, 16),
  cisco: (digits) => pieces(digits, 4).join('.'),
  eui48: (digits) => pieces(digits, 2).join('-').toUpperCase(),
  win: (digits) => pieces(digits, 2).join('-').toUpperCase(),
  linux: (digits) => pieces(digits, 2).join(':'),
  unix: (digits) =>
    pieces(digits, 2)
      .map((piece) => piece.replace(/^0/, ''))
      .join(':'),
  pgsql: (digits) => pieces(digits, 6).join(':'),
  postgresql: (digits) => pieces(digits, 6).join(':'),
  psql: (digits) => pieces(digits, 6).join(':'),
}

function pieces(digits: string, size: number): readonly string[] {
  return digits.match(new RegExp(`.{${size}}`, 'g')) ?? []
}

/** The twelve digits of a hardware address in any of the usual forms, small; undefined when it is none. */
export function digitsOf(input: Item): string | undefined {
  const text = str(input)
  const isOne =
    /^[0-9a-f]{1,2}(?:([:-])[0-9a-f]{1,2})(?:\1[0-9a-f]{1,2}){4}$/i.test(text) ||
    /^(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}$|^[0-9a-f]{6}[:-][0-9a-f]{6}$|^[0-9a-f]{12}$/i.test(text)
  if (!isOne) return undefined
  const parts = text.toLowerCase().split(/[:.-]/)
  return parts.length === 6 ? parts.map((part) => part.padStart(2, '0')).join('') : parts.join('')
}

/** A hardware address in another form; null when nothing is asked and it is none. */
export function hardwareAddress(input: Item, query: string, filter: string): Item {
  const digits = digitsOf(input)
  if (digits === undefined) {
    if (query === '' || query === 'bool') return null
    throw new Fault('template-argument', `the filter "${filter}": "${str(input)}" is no hardware address`)
  }
  if (query === '') return input
  const form = Object.hasOwn(forms, query) ? forms[query] : undefined
  if (form) return form(digits)
  throw new Fault('template-argument', `the filter "${filter}" knows no form "${query}"`, {
    mend: `use ${Object.keys(forms).join(', ')}`,
  })
}
