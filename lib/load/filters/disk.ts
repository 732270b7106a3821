import { keepTelling } from '../../core/telling.ts'
import { Fault } from '../template/error.ts'
import { str } from '../template/text.ts'
import { type FilterContext, type FilterTable, reading, readingTest, type TestTable } from './definition.ts'

/**
 * What templates may ask of this machine beside lookups: whether something is at a path, and what kind of thing. No filter
 * and no test reads a file. Relative paths begin at the current folder, as they do for Ansible.
 */
export interface Disk {
  /** What a path leads to, links followed; undefined when there is nothing. */
  kindOf(path: string): 'file' | 'directory' | 'other' | undefined
  /** Is it a symbolic link, whether it leads somewhere or not? */
  isLink(path: string): boolean
  /** Undefined when one of them leads nowhere. */
  isSame(a: string, b: string): boolean | undefined
  isMount(path: string): boolean
  /** The path without links, as far as it exists. */
  realPath(path: string): string
  /** Files that fit a pattern, sorted. */
  glob(pattern: string): readonly string[]
  /** The current folder. */
  readonly folder: string
  environment(name: string): string | undefined
}

/** The disk; throws a Fault where templates are rendered without one. */
export function diskOf({ disk }: FilterContext): Disk {
  if (disk) return disk
  throw new Fault('template-argument', 'the files of this machine are not known here')
}

function asking(holds: (disk: Disk, path: string) => boolean) {
  return readingTest('', (input, _args, context) => holds(diskOf(context), str(input)))
}

const directory = asking((disk, path) => disk.kindOf(path) === 'directory')
const file = asking((disk, path) => disk.kindOf(path) === 'file')
const link = asking((disk, path) => disk.isLink(path))
const mount = asking((disk, path) => disk.isMount(path))
const absolute = readingTest('', (input) => str(input).startsWith('/'))
const same = readingTest('other', (input, args, context) => {
  const [one, other] = [str(input), args.text('other')]
  const found = diskOf(context).isSame(one, other)
  if (found !== undefined) return found
  throw new Fault('template-argument', `the test "same_file" needs two files that exist: ${one} and ${other}`)
})

/** Tests on what is at a path of this machine. */
export const diskTests: TestTable = {
  directory,
  is_dir: directory,
  file,
  is_file: file,
  exists: asking((disk, path) => disk.kindOf(path) !== undefined),
  link,
  is_link: link,
  link_exists: asking((disk, path) => disk.isLink(path) || disk.kindOf(path) !== undefined),
  mount,
  is_mount: mount,
  same_file: same,
  is_same_file: same,
  abs: absolute,
  is_abs: absolute,
}

/** Filters that know what is on this machine, or its environment. */
export const diskFilters: FilterTable = {
  realpath: reading('', (input, _args, context) => diskOf(context).realPath(str(input))),
  fileglob: reading('', (input, _args, context) => [...diskOf(context).glob(str(input))]),
  expandvars: reading('', (input, _args, context) => {
    const disk = diskOf(context)
    return str(input).replace(/\$(?:(\w+)|\{([^}]*)\})/g, (written, bare?: string, braced?: string) => {
      const name = bare ?? braced ?? ''
      const value = disk.environment(name)
      keepTelling(name, value)
      return value ?? written
    })
  }),
}
