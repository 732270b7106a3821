import { randomInt } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, writeSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'

export interface PasswordWanted {
  /** Absolute path. */
  readonly file: string
  readonly length: number
  /** Names of Python's `string` module (`ascii_letters`), or the characters themselves. */
  readonly chars: readonly string[]
}

const letters = 'abcdefghijklmnopqrstuvwxyz'
const named: { readonly [name: string]: string } = {
  ascii_lowercase: letters,
  ascii_uppercase: letters.toUpperCase(),
  ascii_letters: letters + letters.toUpperCase(),
  digits: '0123456789',
  hexdigits: '0123456789abcdefABCDEF',
  octdigits: '01234567',
  punctuation: '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
}

/**
 * Passwords kept in files of this machine, as Ansible's lookup `password` has them: the one that is there, else one that is
 * made, written for its owner alone and kept. With `keep` false, as in check mode, nothing is written, and a made one holds
 * as long as this program runs.
 * @throws LoadError `password-not-kept`, `password-file-unreadable`.
 */
export function passwordFiles(keep: boolean): (wanted: PasswordWanted) => Secret {
  const made = new Map<string, Secret>()
  return ({ file, length, chars }) => {
    if (file === '/dev/null') {
      throw new LoadError(
        problem('password-not-kept', 'a password that is kept nowhere is another one each time it is looked at', {
          mend: 'make it with the task "secret", and use secrets.NAME',
        }),
      )
    }
    const label = path.basename(file)
    const known = read(file, label) ?? made.get(file)
    if (known) return known
    const fresh = new Secret(draw(chars, length), label)
    made.set(file, fresh)
    return keep ? write(file, fresh, label) : fresh
  }
}

/** The first line without the salt that Ansible keeps behind it; undefined when there is no file. */
function read(file: string, label: string): Secret | undefined {
  try {
    const text = readFileSync(file, 'utf8').trimEnd()
    return new Secret(text.replace(/ salt=\S+( ident=\S+)?$/, ''), label)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    throw new LoadError(
      problem('password-file-unreadable', `the password file ${file} cannot be read (${code})`, {
        mend: 'check its permissions',
      }),
    )
  }
}

/** Written only where there is none: of two runs at once, both get the one that was first. */
function write(file: string, fresh: Secret, label: string): Secret {
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  let handle: number
  try {
    handle = openSync(file, 'wx', 0o600)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const other = code === 'EEXIST' ? read(file, label) : undefined
    if (other?.matches((one) => one !== '')) return other
    throw new LoadError(
      problem('password-file-unreadable', `the password file ${file} cannot be written (${code})`, {
        mend: 'check the permissions of its folder',
      }),
    )
  }
  try {
    writeSync(handle, `${fresh.reveal()}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
  return fresh
}

/** Quotes are left out, as Ansible does. */
function draw(chars: readonly string[], length: number): string {
  const all = chars.map((one) => named[one] ?? one).join('')
  const alphabet = [...all.replaceAll(/["']/g, '')]
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? '').join('')
}
