import { readFileSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { readText, shownPath } from '../load/files.ts'
import { recipientOf } from '../secrets/age.ts'
import { type Kept, readStore, sealPlain, writeStore } from '../secrets/file-store.ts'
import { replaceFile } from '../secrets/private-file.ts'
import { parseRecipients, type Recipients, readRecipients, refusal } from '../secrets/recipients.ts'
import { sealingFor } from '../secrets/vault.ts'
import { holdingsOf, type Scope, theScope } from './scope.ts'
import { encryption, openLeaves, readSecretFile, save, textIfAny, withSealed } from './secret-file.ts'
import type { Tools } from './tools.ts'
import { count } from './values.ts'

/** Everything of a place in the open, ready to be encrypted anew. */
interface Contents {
  /** Names of the values, with their files, for people. */
  readonly names: readonly string[]
  /** Encrypts all to these recipients and writes it; nothing is written before all is encrypted. */
  write(recipients: Recipients): Promise<void>
}

/** `rekey`: encrypts every value to the recipients as they are now, those that stand openly in stores as well. */
export async function rekey(tools: Tools): Promise<void> {
  const scope = theScope(tools)
  const recipients = await recipientsOf(scope, tools)
  const contents = await openAll(scope, tools)
  await contents.write(recipients)
  tools.print(
    `${count(contents.names.length, 'value')} of ${shownPath(scope.folder, tools.root)} encrypted to ${count(recipients.keys.length, 'recipient')}\n`,
  )
}

/** `recipients list` */
export async function listRecipients(tools: Tools): Promise<void> {
  const scope = theScope(tools)
  const { keys } = await recipientsOf(scope, tools)
  tools.print(
    `${shownPath(scope.recipients, tools.root)}\n${keys.map(({ key, comment }) => `  ${key}  ${comment}`.trimEnd()).join('\n')}\n`,
  )
}

/** `recipients add KEY [WHOSE…]`: one more who can open everything. */
export async function addRecipient(key: string, whose: string, tools: Tools): Promise<void> {
  const wrong = await refusal(key)
  if (wrong) throw new LoadError(wrong)
  const scope = theScope(tools)
  const text = textIfAny(scope.recipients) ?? ''
  if (parseRecipients(text).some((one) => one.key === key)) {
    return tools.print(`${key} is a recipient already; npx zx scripts/vault.ts rekey encrypts everything anew\n`)
  }
  const contents = await openAll(scope, tools)
  await writeRecipients(
    scope,
    `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${key}${whose === '' ? '' : ` # ${whose}`}\n`,
  )
  await contents.write(await readRecipients(scope.recipients))
  tools.print(`${key} can open ${count(contents.names.length, 'value')} of ${shownPath(scope.folder, tools.root)}\n`)
}

/** `recipients remove KEY`: what is written from now on is closed to them; what they have seen is not. */
export async function removeRecipient(wanted: string, tools: Tools): Promise<void> {
  const scope = theScope(tools)
  const { keys } = await recipientsOf(scope, tools)
  const gone = keys.filter(({ key, comment }) => key === wanted || comment === wanted)
  const [first] = gone
  if (!first || gone.length > 1) {
    throw new LoadError(
      problem(
        'no-such-recipient',
        `${gone.length === 0 ? 'nobody' : 'more than one'} is called "${wanted}" in ${shownPath(scope.recipients, tools.root)}`,
        {
          mend: 'npx zx scripts/vault.ts recipients list shows them; give the key itself',
        },
      ),
    )
  }
  const rest = keys.filter((one) => one !== first)
  if (rest.length === 0) {
    throw new LoadError(
      problem('last-recipient', 'this is the last recipient: nobody could open anything', {
        mend: 'add another one first',
      }),
    )
  }
  const own = await Promise.all((await tools.vault.identities()).map((one) => recipientOf(one)))
  if (own.length > 0 && !rest.some(({ key }) => own.includes(key))) {
    throw new LoadError(
      problem('removes-yourself', 'without this recipient you could not open anything yourself, and so not check it', {
        mend: 'have another recipient remove you',
      }),
    )
  }
  const contents = await openAll(scope, tools)
  const lines = readFileSync(scope.recipients, 'utf8').split('\n')
  await writeRecipients(scope, lines.filter((_line, index) => index !== first.line - 1).join('\n'))
  await contents.write(await readRecipients(scope.recipients))
  tools.print(
    [
      `${first.key} cannot open what is written from now on: ${count(contents.names.length, 'value')} encrypted to ${count(rest.length, 'recipient')}.`,
      'What the removed one could read stays readable with that key in copies and in the history of the repository.',
      ...(contents.names.length > 0
        ? ['Change these where they are used, then set them anew:', ...contents.names.map((one) => `  ${one}`)]
        : []),
      '',
    ].join('\n'),
  )
}

/** The recipients of a place. Throws LoadError `no-recipients-file`. */
async function recipientsOf(scope: Scope, tools: Tools): Promise<Recipients> {
  if (textIfAny(scope.recipients) !== undefined) return readRecipients(scope.recipients)
  throw new LoadError(
    problem(
      'no-recipients-file',
      `nobody is named that secrets in ${shownPath(scope.folder, tools.root)} are encrypted to`,
      {
        mend: 'npx zx scripts/vault.ts init makes a key for you and names you',
      },
    ),
  )
}

export async function writeRecipients(scope: Scope, text: string): Promise<void> {
  await replaceFile(scope.recipients, text, 0o644)
}

/** Opens everything of a place. Throws LoadError with all that cannot be opened; nothing has been written then. */
export async function openAll(scope: Scope, tools: Tools): Promise<Contents> {
  tools.vault.near(scope.folder)
  const { yaml, stores } = holdingsOf(scope)
  const files = yaml.filter((file) => readText(file, file).includes('!age')).map((file) => readSecretFile(file, tools))
  const leaves = files.flatMap((file) => file.leaves.filter((leaf) => encryption(leaf) === 'age'))
  const opened = await openLeaves(leaves, tools)
  const { open } = sealingFor(scope.folder, tools.vault)
  const kept: { readonly file: string; readonly secrets: ReadonlyMap<string, Kept> }[] = []
  for (const file of stores) {
    const secrets = new Map<string, Kept>()
    for (const [name, value] of await readStore(file)) {
      secrets.set(name, 'plain' in value ? value : { plain: await open(value.age, name) })
    }
    kept.push({ file, secrets })
  }
  const shown = (file: string): string => shownPath(file, tools.root)
  return {
    names: [
      ...leaves.map((leaf) => `${leaf.at.file}: ${leaf.path.join('.')}`),
      ...kept.flatMap(({ file, secrets }) => [...secrets.keys()].map((name) => `${shown(file)}: ${name}`)),
    ],
    async write(recipients) {
      const sealing = sealingFor(path.dirname(recipients.file), tools.vault)
      const texts: { readonly file: string; readonly text: string }[] = []
      for (const file of files) {
        const values = [...opened].filter(([leaf]) => file.leaves.includes(leaf))
        if (values.length > 0) texts.push({ file: file.file, text: await withSealed(file.text, values, recipients) })
      }
      const sealed = await Promise.all(
        kept.map(async ({ file, secrets }) => ({ file, secrets: await sealPlain(secrets, sealing) })),
      )
      for (const one of texts) await save(one)
      for (const { file, secrets } of sealed) await writeStore(file, secrets)
    },
  }
}
