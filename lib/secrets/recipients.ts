import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import { shortened } from '../core/text.ts'
import { isRecipient } from './age.ts'
import { forgery } from './private-file.ts'

/** The public keys that an inventory's secrets are encrypted to, and the file that says so. */
export interface Recipients {
  readonly file: string
  readonly keys: readonly Recipient[]
}

export interface Recipient {
  readonly key: string
  /** What stands behind the key in its line: whose it is. */
  readonly comment: string
  readonly line: number
}

/** The name of the file, one key a line; what follows a `#` is a comment. */
export const recipientsName = 'recipients'

/**
 * Finds the file of recipients for an inventory folder or any folder inside one: beside it or above it, up to a folder
 * called `inventory`; for other folders of a project, `inventory/recipients` of it. Undefined when there is none.
 */
export function findRecipients(folder: string): string | undefined {
  return foldersAbove(folder)
    .flatMap((one) => [path.join(one, recipientsName), path.join(one, 'inventory', recipientsName)])
    .find(isFile)
}

/** A folder and those above it, up to one called `inventory` or one that is a project (`package.json`, `.git`), ten at most. */
export function foldersAbove(folder: string): readonly string[] {
  const out: string[] = []
  for (let at = path.resolve(folder); out.length < 10; at = path.dirname(at)) {
    out.push(at)
    const isTop =
      path.basename(at) === 'inventory' || exists(path.join(at, 'package.json')) || exists(path.join(at, '.git'))
    if (isTop || path.dirname(at) === at) break
  }
  return out
}

/**
 * Reads a file of recipients.
 * @throws LoadError `recipients-unsafe`, `recipients-unreadable`, `recipient-unknown`, `recipient-ssh`, `no-recipients`.
 */
export async function readRecipients(file: string): Promise<Recipients> {
  const exposed = forgery(file)
  if (exposed) {
    const message = `${file} says who may read secrets, and ${exposed.message}`
    throw new LoadError(problem('recipients-unsafe', message, { mend: exposed.mend }))
  }
  const keys = parseRecipients(readText(file))
  const wrong: Diagnostic[] = []
  for (const { key, line } of keys) {
    const finding = await refusal(key)
    if (finding) wrong.push({ ...finding, at: { file, line, col: 1 } })
  }
  if (wrong.length > 0) throw new LoadError(wrong)
  if (keys.length === 0) {
    const mend = 'npx zx scripts/vault.ts recipients add age1…; or delete the file to keep secrets unencrypted'
    throw new LoadError(problem('no-recipients', `${file} names nobody to encrypt secrets to`, { mend }))
  }
  return { file, keys }
}

/** What is wrong with a public key; undefined when secrets can be encrypted to it. */
export async function refusal(key: string): Promise<Diagnostic | undefined> {
  if (/^(ssh-|ecdsa-|sk-)/.test(key)) {
    return problem('recipient-ssh', `"${shortened(key, 24)}" is an SSH key, and secrets cannot be encrypted to it`, {
      mend: 'its owner makes an age key instead: npx zx scripts/vault.ts init; or age-keygen',
    })
  }
  if (/^AGE-SECRET-KEY-/i.test(key)) {
    return problem('recipient-secret', 'this is the secret half of a key; it must not stand here', {
      mend: 'take it out, write the public half (age1…), and make a new key if anybody else has seen this one',
    })
  }
  if (await isRecipient(key)) return undefined
  return problem('recipient-unknown', `"${shortened(key, 80)}" is no public key of age`, {
    mend: 'a recipient is one word that begins with age1; a letter may be missing',
  })
}

/** The lines that name a key; without looking at whether they are keys. */
export function parseRecipients(text: string): readonly Recipient[] {
  return text.split('\n').flatMap((line, index) => {
    const [, key, comment = ''] = /^\s*([^\s#]\S*(?:\s+AAAA\S+)?)\s*(.*?)\s*$/.exec(line) ?? []
    return key === undefined ? [] : [{ key, comment: comment.replace(/^#\s*/, ''), line: index + 1 }]
  })
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? ''
    throw new LoadError(problem('recipients-unreadable', `${file} cannot be read (${why})`), { cause: error })
  }
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}

function exists(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined
}
