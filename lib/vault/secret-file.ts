import { mkdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Secret } from '../core/secret.ts'
import { readText, shownPath } from '../load/files.ts'
import { type Leaf, leavesOf, rewrite } from '../load/yaml-edit.ts'
import { armorHead, seal } from '../secrets/age.ts'
import { vaultHead } from '../secrets/ansible-vault.ts'
import { replaceFile } from '../secrets/private-file.ts'
import { findRecipients, type Recipients, readRecipients } from '../secrets/recipients.ts'
import type { Tag } from '../secrets/vault.ts'
import type { Tools } from './tools.ts'

/** A YAML file with values that may be encrypted. */
export interface SecretFile {
  /** Absolute path. */
  readonly file: string
  /** Its name for people. */
  readonly shown: string
  readonly text: string
  readonly leaves: readonly Leaf[]
}

/** Reads a YAML file. Throws LoadError: no such file, mistakes in it, `file-encrypted-whole`. */
export function readSecretFile(name: string, tools: Pick<Tools, 'root' | 'keys'>): SecretFile {
  const file = path.resolve(tools.keys.cwd, name)
  const shown = shownPath(file, tools.root)
  const text = readText(file, shown)
  if (text.startsWith(vaultHead)) {
    throw new LoadError(
      problem('file-encrypted-whole', `${shown} is encrypted as a whole, by ansible-vault`, {
        mend: `npx zx scripts/vault.ts convert ${shown} encrypts its values one by one`,
      }),
    )
  }
  if (text.startsWith(armorHead)) {
    throw new LoadError(problem('file-not-yaml', `${shown} is one encrypted text and no YAML`))
  }
  return { file, shown, text, leaves: leavesOf(text, shown) }
}

/** How a leaf is encrypted; undefined when it is not. */
export function encryption(leaf: Leaf): Tag | undefined {
  if (leaf.tag === '!age') return 'age'
  return leaf.tag === '!vault' || leaf.tag === '!vault-encrypted' ? 'vault' : undefined
}

/** The leaves of a variable: the one of that name or path (`a.b`), or all below it. Throws LoadError `no-such-variable`. */
export function variable({ leaves, shown }: SecretFile, name: string): readonly Leaf[] {
  const found = leaves.filter(({ path: parts }) => {
    const joined = parts.join('.')
    return joined === name || joined.startsWith(`${name}.`)
  })
  if (found.length > 0) return found
  throw new LoadError(
    problem('no-such-variable', `${shown} has no variable "${name}"`, {
      mend: 'write the way to a nested one with dots: database.password',
    }),
  )
}

/** Opens encrypted leaves. Throws LoadError with the findings of all of them. */
export async function openLeaves(leaves: readonly Leaf[], tools: Tools): Promise<ReadonlyMap<Leaf, Secret>> {
  const { opened, findings } = await tryLeaves(leaves, tools)
  if (findings.length > 0) throw new LoadError(findings)
  return opened
}

/** Opens what can be opened of encrypted leaves. */
export async function tryLeaves(
  leaves: readonly Leaf[],
  { vault }: Pick<Tools, 'vault'>,
): Promise<{ readonly opened: ReadonlyMap<Leaf, Secret>; readonly findings: readonly Diagnostic[] }> {
  return vault.reading(() => {
    const opened = new Map<Leaf, Secret>()
    const findings: Diagnostic[] = []
    for (const leaf of leaves) {
      const tag = encryption(leaf)
      if (tag === undefined) continue
      try {
        opened.set(leaf, vault.decrypt(tag, leaf.value, leaf.at, leaf.name))
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
        findings.push(...error.diagnostics)
      }
    }
    return { opened, findings }
  })
}

/** Encrypts values and writes them in place of their leaves. */
export async function withSealed(
  text: string,
  values: Iterable<readonly [Leaf, Secret]>,
  recipients: Recipients,
): Promise<string> {
  const keys = recipients.keys.map(({ key }) => key)
  const changes = [...values].map(async ([leaf, value]) => ({ leaf, tag: '!age', value: await seal(value, keys) }))
  return rewrite(text, await Promise.all(changes))
}

/** Writes a file whole; its mode stays, and a new one is for all to read, as its secrets are encrypted. */
export async function save({ file, text }: { readonly file: string; readonly text: string }): Promise<void> {
  const found = statSync(file, { throwIfNoEntry: false })
  mkdirSync(path.dirname(file), { recursive: true })
  await replaceFile(file, text, found ? found.mode & 0o777 : 0o644)
}

/** The recipients that count for a file or folder. Throws LoadError `no-recipients-file` and what reading them throws. */
export async function recipientsFor(folder: string, tools: Pick<Tools, 'root'>): Promise<Recipients> {
  const file = findRecipients(folder)
  if (file !== undefined) return readRecipients(file)
  throw new LoadError(
    problem('no-recipients-file', `nobody is named that secrets in ${shownPath(folder, tools.root)} are encrypted to`, {
      mend: 'npx zx scripts/vault.ts init makes a key for you and names you',
    }),
  )
}

/** Whether a file is one that the runner keeps the secrets of a host in. */
export function isStore(file: string): boolean {
  return /[\\/]secrets[\\/][^\\/]+\.json$/.test(path.resolve(file))
}

/** The text of a file, undefined when there is none. */
export function textIfAny(file: string): string | undefined {
  return statSync(file, { throwIfNoEntry: false }) ? readFileSync(file, 'utf8') : undefined
}
