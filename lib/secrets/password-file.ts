import { randomInt } from 'node:crypto'
import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'

export interface PasswordWanted {
  /** Absolute path. */
  readonly file: string
  readonly length: number
  /** Names of Python's `string` module (`ascii_letters`), or the characters themselves. */
  readonly chars: readonly string[]
  /** Makes the salt to keep beside the password when there is none yet; undefined when none is needed. */
  readonly salt?: (() => string) | undefined
}

/** A password with the salt that is kept beside it, for hashes of it. */
export interface Kept {
  readonly password: Secret
  readonly salt?: string | undefined
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
export function passwordFiles(keep: boolean): (wanted: PasswordWanted) => Kept {
  const made = new Map<string, Kept>()
  return ({ file, length, chars, salt }) => {
    if (file === '/dev/null') {
      throw new LoadError(
        problem('password-not-kept', 'a password that is kept nowhere is another one each time it is looked at', {
          mend: 'make it with the task "secret", and use secrets.NAME',
        }),
      )
    }
    const label = path.basename(file)
    const found = read(file, label)
    const known = found?.salt === undefined ? (made.get(file) ?? found) : found
    if (known && (known.salt !== undefined || salt === undefined)) return known
    const fresh = { password: known?.password ?? new Secret(draw(chars, length), label), ...(salt && { salt: salt() }) }
    made.set(file, fresh)
    if (!keep) return fresh
    return found ? rewrite(file, fresh, label) : write(file, fresh, label)
  }
}

/** The password, and the salt that Ansible keeps behind it; undefined when there is no file. */
function read(file: string, label: string): Kept | undefined {
  try {
    const text = readFileSync(file, 'utf8').trimEnd()
    const [, password = text, salt = ''] = /^([\s\S]*) salt=([\s\S]*?)(?: ident=\S*)?$/.exec(text) ?? []
    return { password: new Secret(password, label), ...(salt !== '' && { salt }) }
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
function write(file: string, fresh: Kept, label: string): Kept {
  try {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    put(file, fresh)
    return fresh
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const other = code === 'EEXIST' ? read(file, label) : undefined
    if (other?.password.matches((one) => one !== ''))
      return other.salt === undefined && fresh.salt !== undefined
        ? rewrite(file, { ...other, salt: fresh.salt }, label)
        : other
    throw unwritable(file, code)
  }
}

/** Adds the salt to the password that is there, in one step; of two runs at once, both get the salt that was first. */
function rewrite(file: string, fresh: Kept, label: string): Kept {
  const draft = `${file}.${randomInt(2 ** 47).toString(36)}`
  try {
    put(draft, fresh)
    const other = read(file, label)
    if (other?.salt !== undefined) return other
    renameSync(draft, file)
    return fresh
  } catch (error) {
    throw unwritable(file, (error as NodeJS.ErrnoException).code)
  } finally {
    rmSync(draft, { force: true })
  }
}

function put(file: string, { password, salt }: Kept): void {
  const handle = openSync(file, 'wx', 0o600)
  try {
    writeSync(handle, `${password.reveal()}${salt === undefined ? '' : ` salt=${salt}`}\n`)
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

function unwritable(file: string, code: string | undefined): LoadError {
  return new LoadError(
    problem('password-file-unreadable', `the password file ${file} cannot be written (${code})`, {
      mend: 'check the permissions of its folder',
    }),
  )
}

/** Quotes are left out, as Ansible does. */
function draw(chars: readonly string[], length: number): string {
  const all = chars.map((one) => named[one] ?? one).join('')
  const alphabet = [...all.replaceAll(/["']/g, '')]
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)] ?? '').join('')
}
