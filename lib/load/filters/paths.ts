import { posix, win32 } from 'node:path'
import { Fault } from '../template/error.ts'
import { iterate } from '../template/python.ts'
import { str } from '../template/text.ts'
import { tuple } from '../template/values.ts'
import { type FilterTable, reading } from './definition.ts'
import { diskOf } from './disk.ts'

/** What follows the last slash; empty when the path ends in one. */
function basename(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

function dirname(path: string): string {
  const head = path.slice(0, path.lastIndexOf('/') + 1)
  return /^\/*$/.test(head) ? head : head.replace(/\/+$/, '')
}

function splitext(path: string): readonly [string, string] {
  const name = basename(path)
  const dot = name.lastIndexOf('.')
  const hasStem = dot > 0 && !/^\.*$/.test(name.slice(0, dot))
  return hasStem ? [path.slice(0, path.length - name.length + dot), name.slice(dot)] : [path, '']
}

function joinPaths(parts: readonly string[]): string {
  let out = ''
  for (const part of parts)
    out = part.startsWith('/') || out === '' ? part : out.endsWith('/') ? out + part : `${out}/${part}`
  return out
}

/** Filters on paths as texts; none of them looks at a disk, but a relative path may begin at the current folder. */
export const paths: FilterTable = {
  basename: reading('', (input) => basename(str(input))),
  dirname: reading('', (input) => dirname(str(input))),
  splitext: reading('', (input) => tuple(...splitext(str(input)))),
  path_join: reading('', (input) => joinPaths(typeof input === 'string' ? [input] : iterate(input).map(str))),
  normpath: reading('', (input) => {
    const path = posix.normalize(str(input))
    return path.length > 1 ? path.replace(/\/$/, '') : path
  }),
  commonpath: reading('', (input) => {
    const [first = [], ...others] = iterate(input).map((one) => posix.normalize(str(one)).split('/'))
    const same = first.findIndex((part, index) => others.some((other) => other[index] !== part))
    const shared = (same === -1 ? first : first.slice(0, same)).join('/')
    return shared === '' && first[0] === '' ? '/' : shared
  }),
  relpath: reading('start', (input, args, context) => {
    const path = str(input)
    const start = args.text('start', '.')
    const mixed = path.startsWith('/') !== start.startsWith('/')
    const folder = mixed ? diskOf(context).folder : (context.disk?.folder ?? '/')
    return posix.relative(posix.resolve(folder, start), posix.resolve(folder, path)) || '.'
  }),
  expanduser: reading('', (input, _args, context) => {
    const path = str(input)
    if (!/^~(?:\/|$)/.test(path)) return path
    if (context.home === undefined) throw new Fault('template-argument', 'the home folder is not known here')
    return context.home.replace(/\/$/, '') + path.slice(1)
  }),
  win_basename: reading('', (input) => win32.basename(str(input))),
  win_dirname: reading('', (input) => win32.dirname(str(input))),
}
