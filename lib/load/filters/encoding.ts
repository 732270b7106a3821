import { isDict, isList } from '../template/dicts.ts'
import { Fault } from '../template/error.ts'
import { iterate } from '../template/python.ts'
import { str } from '../template/text.ts'
import type { Item } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'

/** Percent-encoding of everything but letters, digits, `_.-~` and what `safe` holds. */
export function percentEncode(text: string, safe: string): string {
  return Array.from(text, (char) =>
    /[A-Za-z0-9_.~-]/.test(char) || safe.includes(char)
      ? char
      : Array.from(Buffer.from(char), (byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`).join(''),
  ).join('')
}

function urlencode(input: Item): string {
  const pair = (key: Item, value: Item) =>
    [key, value].map((one) => percentEncode(str(one), '').replaceAll('%20', '+')).join('=')
  if (isDict(input))
    return Object.entries(input)
      .map(([key, value]) => pair(key, value))
      .join('&')
  if (isList(input))
    return input
      .map((one) => {
        const [key, value] = iterate(one)
        return pair(key ?? null, value ?? null)
      })
      .join('&')
  return percentEncode(str(input), '/')
}

function encodingOf(name: string): BufferEncoding {
  const known: Readonly<Record<string, BufferEncoding>> = {
    'utf-8': 'utf8',
    utf8: 'utf8',
    ascii: 'latin1',
    'latin-1': 'latin1',
    latin1: 'latin1',
    'iso-8859-1': 'latin1',
    'utf-16-le': 'utf16le',
    'utf-16le': 'utf16le',
  }
  const found = Object.hasOwn(known, name.toLowerCase()) ? known[name.toLowerCase()] : undefined
  if (found === undefined)
    throw new Fault('template-argument', `there is no encoding "${name}"`, { mend: 'use utf-8, latin-1 or utf-16-le' })
  return found
}

/** The parts of a URL, as Ansible names them. */
function urlsplit(input: Item): { readonly [key: string]: Item } {
  const parts = /^(?:([A-Za-z][A-Za-z0-9+.-]*):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s.exec(str(input))
  const [, scheme = '', netloc = '', path = '', query = '', fragment = ''] = parts ?? []
  const at = netloc.lastIndexOf('@')
  const login = at === -1 ? undefined : netloc.slice(0, at)
  const place = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(netloc.slice(at + 1))
  const colon = login?.indexOf(':') ?? -1
  return {
    fragment,
    hostname: place?.[1] ? place[1].replace(/^\[|\]$/g, '').toLowerCase() : null,
    netloc,
    password: login === undefined || colon === -1 ? null : login.slice(colon + 1),
    path,
    port: place?.[2] ? Number(place[2]) : null,
    query,
    scheme: scheme.toLowerCase(),
    username: login === undefined ? null : colon === -1 ? login : login.slice(0, colon),
  }
}

/** Filters between a text and its encoded forms. */
export const encoding: FilterTable = {
  b64encode: reading('encoding', (input, args) =>
    Buffer.from(str(input), encodingOf(args.text('encoding', 'utf-8'))).toString('base64'),
  ),
  b64decode: reading('encoding', (input, args) => {
    const text = str(input).replace(/\s/g, '')
    if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text) || text.length % 4 !== 0) throw args.fault('needs base64, and this is not')
    return Buffer.from(text, 'base64').toString(encodingOf(args.text('encoding', 'utf-8')))
  }),
  urlencode: reading('', urlencode),
  urldecode: reading('', (input) => {
    const bytes: number[] = []
    const text = str(input).replaceAll('+', ' ')
    for (let at = 0; at < text.length; ) {
      const hex = /^%([\da-fA-F]{2})/.exec(text.slice(at, at + 3))
      if (hex) {
        bytes.push(Number.parseInt(hex[1] ?? '', 16))
        at += 3
      } else {
        const char = String.fromCodePoint(text.codePointAt(at) ?? 0)
        bytes.push(...Buffer.from(char))
        at += char.length
      }
    }
    return Buffer.from(bytes).toString()
  }),
  urlsplit: reading('query', (input, args) => {
    const parts = urlsplit(input)
    const wanted = args.text('query', '')
    if (wanted === '') return parts
    const found = Object.hasOwn(parts, wanted) ? parts[wanted] : undefined
    if (found === undefined) throw args.fault(`knows no part "${wanted}": use ${Object.keys(parts).join(', ')}`)
    return found
  }),
}
