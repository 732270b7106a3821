import { accessSync, constants } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../../core/script.ts'
import { programText } from './program.ts'

/**
 * How a program of this machine may be used by the machine double. `plain` gets its arguments as they are; `paths` gets
 * each absolute path below the root; `program` the same, but its first operand is a pattern or program text; `prints`
 * also gives back paths as the machine calls them; `runs` starts another program named by its arguments.
 */
type Kind = 'plain' | 'paths' | 'program' | 'prints' | 'runs'

const TOOLS: { readonly [kind in Kind]: string } = {
  plain: 'basename dirname tr expr seq sleep date true false printf echo yes printenv tty factor numfmt',
  paths:
    'cat tac head tail wc ls mv rm mkdir rmdir touch tee dd truncate sort uniq cut paste comm join diff cmp patch tar gzip ' +
    'gunzip zcat xz unxz bzip2 bunzip2 base64 base32 sha1sum sha224sum sha256sum sha384sum sha512sum md5sum cksum sum du find ' +
    'split csplit fold nl od xxd hexdump file unlink sync mkfifo shred openssl ssh-keygen test fmt expand unexpand strings rev ' +
    'column tsort shuf',
  program: 'grep egrep fgrep sed awk gawk mawk',
  prints: 'realpath readlink mktemp',
  runs: 'timeout nohup nice ionice setsid xargs flock time stdbuf',
}

/** Tools for which a lone `/` is a character to cut or sort at, not a folder. */
const SEPARATORS = 'cut sort paste join'

/** Tools that need room on the disk, and those that only need it to be writable. */
const GROWING = 'mkdir touch tee mkfifo split csplit patch mktemp'
const WRITING = `${GROWING} mv rm rmdir truncate unlink shred`

const FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin', '/opt/homebrew/bin']

/** Names and real places of the tools that this machine has. */
export function findTools(): ReadonlyMap<string, { readonly kind: Kind; readonly program: string }> {
  const found = new Map<string, { readonly kind: Kind; readonly program: string }>()
  for (const [kind, names] of Object.entries(TOOLS) as [Kind, string][]) {
    for (const name of names.split(' ')) {
      const program = findProgram(name)
      if (program !== undefined) found.set(name, { kind, program })
    }
  }
  return found
}

/** Absolute path of a program in the usual folders of this machine. */
export function findProgram(name: string): string | undefined {
  return FOLDERS.map((folder) => join(folder, name)).find((path) => {
    try {
      accessSync(path, constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

/** Tools that need no guard: always, or as long as no path is among their arguments. */
export function harmlessTools(): ReadonlyMap<string, 'plain' | 'reads'> {
  const writing = new Set(WRITING.split(' '))
  return new Map(
    [...findTools()].flatMap(([name, { kind }]): [string, 'plain' | 'reads'][] => {
      if (kind === 'plain') return [[name, 'plain']]
      return kind === 'paths' && !writing.has(name) ? [[name, 'reads']] : []
    }),
  )
}

/** The program that stands for `name` in the machine's `/usr/bin`: it looks after the arguments and becomes the real one. */
export function toolScript(
  name: string,
  kind: Kind,
  program: string,
  machine: { shell: string; folder: string },
): string {
  // Found by its bare name, it calls itself by it in what it says; programs that start others keep our `PATH`.
  const own = [`PATH=${quote(join(machine.folder, 'tools'))}`, `exec ${name} "$@"`]
  const start = kind === 'runs' || name === 'find' ? [`exec ${quote(program)} "$@"`] : own
  if (kind === 'plain') return programText(machine.shell, {}, start)
  const listed = (names: string) => ` ${names} `.includes(` ${name} `)
  const traits = {
    tool: name,
    ...(kind === 'program' && { pattern: name.endsWith('grep') ? 'grep' : name.endsWith('awk') ? 'awk' : name }),
    ...(kind === 'runs' && { runs: '1' }),
    ...(listed(SEPARATORS) && { separators: '1' }),
    ...(listed(WRITING) && { writes: '1' }),
    ...(listed(GROWING) && { grows: '1' }),
  }
  const end = kind === 'prints' ? [`program=${quote(program)}`, `. ${quote(join(machine.folder, 'prints.sh'))}`] : start
  return programText(machine.shell, traits, [`. ${quote(join(machine.folder, 'guard.sh'))}`, ...end])
}
