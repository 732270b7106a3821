import path from 'node:path'
import { LoadError } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { readText, shownPath } from '../load/files.ts'
import { type Leaf, leavesOf } from '../load/yaml-edit.ts'
import { vaultHead } from '../secrets/ansible-vault.ts'
import { looksSecret } from './names.ts'
import { holdingsOf, scopesOf } from './scope.ts'
import { encryption, openLeaves, readSecretFile, recipientsFor, save, withSealed } from './secret-file.ts'
import type { Tools } from './tools.ts'
import { count, namesOf } from './values.ts'

/** `convert [FILE…]`: what ansible-vault encrypted is encrypted with age; without files all of the inventories. */
export async function convert(names: readonly string[], tools: Tools): Promise<void> {
  const files = names.length > 0 ? names : scopesOf(tools).flatMap((scope) => holdingsOf(scope).yaml)
  const converted: { readonly file: string; readonly text: string; readonly says: readonly string[] }[] = []
  for (const name of new Set(files.map((one) => path.resolve(tools.keys.cwd, one)))) {
    const one = readText(name, shownPath(name, tools.root)).startsWith(vaultHead)
      ? await whole(name, tools)
      : await single(name, tools)
    if (one) converted.push(one)
  }
  for (const one of converted) await save(one)
  for (const { says } of converted) tools.print(`${says.join('\n')}\n`)
  if (converted.length === 0) tools.print('nothing here is encrypted by ansible-vault\n')
}

async function single(name: string, tools: Tools) {
  const file = readSecretFile(name, tools)
  const leaves = file.leaves.filter((leaf) => encryption(leaf) === 'vault')
  if (leaves.length === 0) return undefined
  const recipients = await recipientsFor(path.dirname(file.file), tools)
  const text = await withSealed(file.text, await openLeaves(leaves, tools), recipients)
  return {
    file: file.file,
    text,
    says: [`${file.shown}: ${count(leaves.length, 'value')} encrypted with age: ${namesOf(leaves)}`],
  }
}

/** A file that was encrypted as a whole: its names become readable, each of its texts is encrypted by itself. */
async function whole(file: string, tools: Tools) {
  const shown = shownPath(file, tools.root)
  const recipients = await recipientsFor(path.dirname(file), tools)
  const at = { file: shown, line: 1, col: 1 }
  const plain = await tools.vault.open('vault', readText(file, shown), shown, at)
  const leaves = leavesHidden(plain, shown)
  const secret = leaves.filter((leaf) => encryption(leaf) === undefined && (leaf.isText || looksSecret(leaf.name)))
  const values = secret.map((leaf): [Leaf, Secret] => [leaf, new Secret(leaf.value, leaf.name)])
  const left = leaves.filter((leaf) => encryption(leaf) === undefined && !secret.includes(leaf) && leaf.value !== '')
  const text = await withSealed(plain.reveal(), values, recipients)
  return {
    file,
    text,
    says: [
      `${shown}: ${count(values.length, 'value')} encrypted with age, their names are readable: ${namesOf(secret)}`,
      ...(left.length > 0 ? [`  readable as well, being no texts: ${namesOf(left)}`] : []),
      ...(/^\s*#|\s#/m.test(text)
        ? ['  its comments are readable: see that they give nothing away before you commit it']
        : []),
    ],
  }
}

/** Mistakes in what was encrypted are told without showing it. */
function leavesHidden(plain: Secret, shown: string): readonly Leaf[] {
  try {
    return leavesOf(plain.reveal(), shown)
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    throw new LoadError(
      error.diagnostics.map(({ code, severity, at }) => ({
        code,
        severity,
        message: 'the decrypted text of this file has a mistake here, which is not shown as it may hold secrets',
        ...(at && { at }),
      })),
    )
  }
}
