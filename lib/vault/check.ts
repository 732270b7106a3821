import { statSync } from 'node:fs'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Position } from '../core/plain.ts'
import { readText, shownPath } from '../load/files.ts'
import type { Leaf } from '../load/yaml-edit.ts'
import { stanzasOf } from '../secrets/age.ts'
import { vaultHead } from '../secrets/ansible-vault.ts'
import { readStore } from '../secrets/file-store.ts'
import { forgery } from '../secrets/private-file.ts'
import { type Recipients, readRecipients } from '../secrets/recipients.ts'
import { sealingFor } from '../secrets/vault.ts'
import { isOpenly, looksSecret } from './names.ts'
import { holdingsOf, type Scope, scopesOf } from './scope.ts'
import { encryption, readSecretFile, textIfAny, tryLeaves } from './secret-file.ts'
import type { Tools } from './tools.ts'
import { count } from './values.ts'

/**
 * `check`: every value opens, is encrypted to the recipients there are, no secret stands openly, and files are for those alone
 * whom they are meant for. Gives 1 when something was found.
 */
export async function check(tools: Tools): Promise<number> {
  const findings: Diagnostic[] = []
  let values = 0
  for (const scope of scopesOf(tools)) {
    const found = await checkScope(scope, tools)
    findings.push(...found.findings)
    values += found.values
  }
  for (const diagnostic of findings) tools.emit({ kind: 'diagnostic', diagnostic })
  if (findings.length > 0) return 1
  tools.print(`${count(values, 'encrypted value')}, all open, and no secret stands openly\n`)
  return 0
}

async function checkScope(scope: Scope, tools: Tools) {
  const findings: Diagnostic[] = []
  tools.vault.near(scope.folder)
  const recipients = await recipientsOf(scope, findings)
  const { yaml, stores } = holdingsOf(scope)
  const closed: Leaf[] = []
  for (const name of yaml) {
    const leaves = await gather(findings, () => leavesOf(name, tools))
    const secret = (leaves ?? []).filter((leaf) => encryption(leaf) !== undefined)
    closed.push(...secret)
    findings.push(...(leaves ?? []).filter((leaf) => encryption(leaf) === undefined).flatMap(openly))
    const forged = secret.length > 0 ? forgery(name) : undefined
    if (forged) findings.push(unsafe(name, forged.message, forged.mend, tools))
    if (recipients)
      findings.push(
        ...secret
          .filter(({ tag }) => tag === '!age')
          .flatMap((leaf) => differs(leaf.value, leaf.name, leaf.at, recipients)),
      )
  }
  findings.push(...(await tryLeaves(closed, tools)).findings)
  let values = closed.length
  for (const file of stores)
    values += (await gather(findings, () => checkStore(file, scope, recipients, findings, tools))) ?? 0
  return { findings, values }
}

async function leavesOf(name: string, tools: Tools): Promise<readonly Leaf[]> {
  const shown = shownPath(name, tools.root)
  const text = readText(name, shown)
  if (!text.startsWith(vaultHead)) return readSecretFile(name, tools).leaves
  await tools.vault.open('vault', text, shown, { file: shown, line: 1, col: 1 })
  return []
}

async function checkStore(
  file: string,
  scope: Scope,
  recipients: Recipients | undefined,
  findings: Diagnostic[],
  tools: Tools,
): Promise<number> {
  const shown = shownPath(file, tools.root)
  const kept = await readStore(file)
  const { open } = sealingFor(scope.folder, tools.vault)
  let plain = 0
  for (const [name, value] of kept) {
    if ('plain' in value) plain++
    else {
      await gather(findings, () => open(value.age, name))
      if (recipients) findings.push(...differs(value.age, `${name} in ${shown}`, undefined, recipients))
    }
  }
  if (plain > 0 && recipients) {
    const message = `${count(plain, 'value')} of ${shown} ${plain === 1 ? 'is' : 'are'} not encrypted, although there are recipients`
    findings.push(problem('store-in-plain', message, { mend: 'npx zx scripts/vault.ts rekey' }))
  } else if (plain > 0) {
    const message = `${count(plain, 'value')} of ${shown} ${plain === 1 ? 'is' : 'are'} not encrypted`
    findings.push({
      ...problem('store-in-plain', message, { mend: 'npx zx scripts/vault.ts init names you as their recipient' }),
      severity: 'warning',
    })
  }
  return kept.size - plain
}

/** Undefined and a finding when `work` throws what a person can mend. */
async function gather<Result>(findings: Diagnostic[], work: () => Promise<Result>): Promise<Result | undefined> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    findings.push(...error.diagnostics)
    return undefined
  }
}

async function recipientsOf({ recipients: file }: Scope, findings: Diagnostic[]): Promise<Recipients | undefined> {
  if (textIfAny(file) === undefined) return undefined
  if ((statSync(file).mode & 0o022) === 0o020) {
    const message = `${file} says who may read secrets, and its group may change it`
    findings.push({ ...problem('recipients-unsafe', message, { mend: `chmod g-w ${file}` }), severity: 'warning' })
  }
  return gather(findings, () => readRecipients(file))
}

function unsafe(file: string, message: string, mend: string, { root }: Tools): Diagnostic {
  return problem('secrets-changeable', `${shownPath(file, root)} holds secrets, and ${message}`, { mend })
}

function openly(leaf: Leaf): readonly Diagnostic[] {
  if (!looksSecret(leaf.name) || !isOpenly(leaf.value)) return []
  if (!leaf.isText && !/^\d{4,}$/.test(leaf.value)) return []
  return [
    problem('secret-in-plain', `${leaf.path.join('.')} sounds like a secret and is readable for everybody`, {
      at: leaf.at,
      mend: `npx zx scripts/vault.ts encrypt ${leaf.at.file} ${leaf.path.join('.')}`,
    }),
  ]
}

/** How many recipients a text has is all that can be seen of them. */
function differs(
  armored: string,
  name: string,
  at: Position | undefined,
  { keys, file }: Recipients,
): readonly Diagnostic[] {
  const stanzas = stanzasOf(armored)
  if (stanzas === undefined || stanzas.length === keys.length) return []
  const message = `${name} is encrypted to ${count(stanzas.length, 'recipient')}, and ${file} names ${keys.length}`
  return [problem('recipients-differ', message, { at, mend: 'npx zx scripts/vault.ts rekey' })]
}
