import { isMapping } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'

/** What a value is, in words for a sentence that ends in "found …"; long texts are cut, secrets are not shown. */
export function describe(value: unknown, options: { readonly hidden?: boolean } = {}): string {
  if (value === null) return 'nothing'
  if (value === undefined) return 'nothing'
  if (value instanceof Secret) return 'a secret'
  if (value instanceof Unknown) return 'a value that is not known yet'
  if (typeof value === 'string') {
    if (options.hidden) return 'a text'
    return value === '' ? 'an empty text' : `the text "${shorten(value)}"`
  }
  if (typeof value === 'number') return options.hidden ? 'a number' : `the number ${value}`
  if (typeof value === 'boolean') return `${value}`
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (isMapping(value)) return Object.keys(value).length === 0 ? 'an empty mapping' : 'a mapping'
  return 'something else'
}

function shorten(text: string): string {
  const line = text.split('\n')[0] ?? ''
  return line.length > 60 ? `${line.slice(0, 57)}…` : line === text ? line : `${line} …`
}
