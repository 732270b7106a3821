import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { readText, shownPath } from '../load/files.ts'
import { append, type Leaf, leavesOf, rewrite } from '../load/yaml-edit.ts'
import { seal } from '../secrets/age.ts'
import { vaultHead } from '../secrets/ansible-vault.ts'
import { createFileStore } from '../secrets/file-store.ts'
import { sealingFor } from '../secrets/vault.ts'
import { isOpenly, looksSecret } from './names.ts'
import {
  encryption,
  isStore,
  openLeaves,
  readSecretFile,
  recipientsFor,
  type SecretFile,
  save,
  textIfAny,
  variable,
  withSealed,
} from './secret-file.ts'
import type { Tools } from './tools.ts'

/** `view FILE`: the whole text with its values open. */
export async function view(name: string, tools: Tools): Promise<void> {
  const file = path.resolve(tools.keys.cwd, name)
  if (isStore(file)) {
    const store = storeOf(file, tools)
    for (const secret of await store.names()) tools.disclose(`${secret}: ${(await store.get(secret))?.reveal()}\n`)
    return
  }
  const shown = shownPath(file, tools.root)
  const text = readText(file, shown)
  if (text.startsWith(vaultHead)) {
    tools.vault.near(path.dirname(file))
    tools.disclose((await tools.vault.open('vault', text, shown, { file: shown, line: 1, col: 1 })).reveal())
    return
  }
  tools.disclose(await openText(readSecretFile(name, tools), tools))
}

/** The text of a file with what age encrypted open below its tag. */
export async function openText(file: SecretFile, tools: Tools): Promise<string> {
  tools.vault.near(path.dirname(file.file))
  const opened = await openLeaves(file.leaves, tools)
  return rewrite(
    file.text,
    [...opened].map(([leaf, secret]) => ({ leaf, tag: leaf.tag, value: secret.reveal() })),
  )
}

/** `get FILE NAME`: one value and nothing else. */
export async function get(name: string, wanted: string, tools: Tools): Promise<void> {
  const full = path.resolve(tools.keys.cwd, name)
  if (isStore(full)) {
    const secret = await storeOf(full, tools).get(wanted)
    if (secret) return tools.disclose(`${secret.reveal()}\n`)
    throw new LoadError(problem('no-such-variable', `${name} has no secret "${wanted}"`))
  }
  const file = readSecretFile(name, tools)
  const [leaf, ...others] = variable(file, wanted)
  if (!leaf || others.length > 0) {
    throw new LoadError(
      problem('not-one-value', `"${wanted}" is a list or a mapping`, {
        mend: `name one of its values: ${wanted}.NAME`,
      }),
    )
  }
  tools.vault.near(path.dirname(file.file))
  const opened = encryption(leaf) === undefined ? undefined : (await openLeaves([leaf], tools)).get(leaf)
  tools.disclose(`${opened?.reveal() ?? leaf.value}\n`)
}

/** `set FILE NAME`: a value from standard input or typed, encrypted; a new variable is added at the end of the file. */
export async function set(name: string, wanted: string, tools: Tools): Promise<void> {
  const full = path.resolve(tools.keys.cwd, name)
  const shown = shownPath(full, tools.root)
  const recipients = await recipientsFor(path.dirname(full), tools)
  if (isStore(full)) {
    await storeOf(full, tools).set(wanted, await tools.readSecret(`Value of ${wanted}`, wanted))
    return tools.print(`${wanted} is kept in ${shown}, encrypted to ${count(recipients.keys.length, 'recipient')}\n`)
  }
  const file = textIfAny(full) === undefined ? { file: full, shown, text: '', leaves: [] } : readSecretFile(name, tools)
  const existing = file.leaves.filter(({ path: parts }) => parts.join('.') === wanted)
  if (existing.length === 0) refuseNew(file, wanted)
  const value = await tools.readSecret(`Value of ${wanted}`, wanted)
  const [leaf] = existing
  const text = leaf
    ? await withSealed(file.text, [[leaf, value]], recipients)
    : append(file.text, wanted, '!age', await sealed(value, recipients))
  leavesOf(text, shown)
  await save({ file: full, text })
  tools.print(`${wanted} is written to ${shown}, encrypted to ${count(recipients.keys.length, 'recipient')}\n`)
}

async function sealed(value: Secret, recipients: Awaited<ReturnType<typeof recipientsFor>>): Promise<string> {
  return seal(
    value,
    recipients.keys.map(({ key }) => key),
  )
}

/** A new variable can only stand at the top of a file of variables. */
function refuseNew(file: SecretFile, wanted: string): void {
  const below = file.leaves.some(({ path: parts }) => parts.join('.').startsWith(`${wanted}.`))
  if (/^[A-Za-z_]\w*$/.test(wanted) && !below && !file.leaves.some(({ path: parts }) => typeof parts[0] === 'number'))
    return
  throw new LoadError(
    problem('no-such-variable', `${file.shown} has no value "${wanted}", and it cannot be added`, {
      mend: 'set adds variables at the top of a file of variables; npx zx scripts/vault.ts edit FILE for all else',
    }),
  )
}

/** `encrypt FILE [NAME…]`: values that stand there openly; without names those whose names speak of secrets. */
export async function encrypt(name: string, wanted: readonly string[], tools: Tools): Promise<void> {
  const file = readSecretFile(name, tools)
  const recipients = await recipientsFor(path.dirname(file.file), tools)
  const named = wanted.flatMap((one) => variable(file, one))
  const chosen = wanted.length > 0 ? named : file.leaves.filter((leaf) => leaf.isText && looksSecret(leaf.name))
  const open = [...new Set(chosen)].filter((leaf) => encryption(leaf) === undefined && isOpenly(leaf.value))
  if (open.length === 0) {
    tools.print(
      wanted.length > 0
        ? `nothing to encrypt: what was named is encrypted, empty or a template\n`
        : `no open value of ${file.shown} has a name that speaks of a secret; name the variables to encrypt\n`,
    )
    return
  }
  const values = open.map((leaf): [Leaf, Secret] => [leaf, new Secret(leaf.value, leaf.name)])
  await save({ file: file.file, text: await withSealed(file.text, values, recipients) })
  tools.print(`encrypted in ${file.shown} to ${count(recipients.keys.length, 'recipient')}: ${namesOf(open)}\n`)
  tools.print('what was committed before is still readable in the history of the repository\n')
}

/** `decrypt FILE [NAME…]`: writes values openly; all that are encrypted without names. */
export async function decrypt(name: string, wanted: readonly string[], tools: Tools): Promise<void> {
  const file = readSecretFile(name, tools)
  const chosen = wanted.length > 0 ? wanted.flatMap((one) => variable(file, one)) : file.leaves
  const closed = [...new Set(chosen)].filter((leaf) => encryption(leaf) !== undefined)
  if (closed.length === 0) return tools.print(`nothing of it is encrypted in ${file.shown}\n`)
  tools.vault.near(path.dirname(file.file))
  const opened = await openLeaves(closed, tools)
  const changes = [...opened].map(([leaf, secret]) => ({ leaf, tag: undefined, value: secret.reveal() }))
  await save({ file: file.file, text: rewrite(file.text, changes) })
  tools.print(`readable for everybody in ${file.shown}: ${namesOf(closed)}; do not commit it so\n`)
}

function storeOf(file: string, { vault }: Tools) {
  const folder = path.dirname(file)
  return createFileStore(folder, path.basename(file, '.json'), sealingFor(folder, vault))
}

/** `1 value`, `3 values`. */
export function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? '' : 's'}`
}

/** The ways to leaves, for people. */
export function namesOf(leaves: readonly Leaf[]): string {
  return leaves.map((leaf) => leaf.path.join('.')).join(', ')
}
