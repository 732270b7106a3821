import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { shownPath } from '../load/files.ts'
import { lock, makeIdentity, recipientOf } from '../secrets/age.ts'
import { fromFile, lockedName, usualIdentity } from '../secrets/identities.ts'
import { privateFolder, replaceFile } from '../secrets/private-file.ts'
import { parseRecipients, readRecipients } from '../secrets/recipients.ts'
import { openAll, writeRecipients } from './rekey.ts'
import { type Scope, scopesOf } from './scope.ts'
import { textIfAny } from './secret-file.ts'
import type { Tools } from './tools.ts'
import { count } from './values.ts'

/**
 * `init`: a key of one's own outside of the repository, or with `--passphrase` one for all that is kept with the inventories,
 * encrypted with a passphrase; its public half becomes the first recipient. Where there are recipients already, it says what
 * one of them has to do.
 * @throws LoadError `several-inventories`, `identity-exists`, `passphrase-short` and what reading an identity throws.
 */
export async function init(tools: Tools): Promise<void> {
  const [scope, ...others] = tools.inventories.length > 0 ? scopesOf(tools) : scopesOf(tools).slice(0, 1)
  if (!scope || others.length > 0) {
    throw new LoadError(
      problem('several-inventories', 'one inventory at a time', { mend: 'name one with --inventory' }),
    )
  }
  const recipient = tools.passphrase ? await makeLocked(scope, tools) : await ownRecipient(tools)
  const before = textIfAny(scope.recipients) ?? ''
  const known = parseRecipients(before)
  const file = shownPath(scope.recipients, tools.root)
  if (known.some(({ key }) => key === recipient)) return tools.print(`${recipient} is a recipient in ${file}\n`)
  if (known.length > 0) {
    return tools.print(
      `${file} has recipients already. One of them lets you in with:\n  npx zx scripts/vault.ts recipients add ${recipient} YOUR NAME\n`,
    )
  }
  const contents = await openAll(scope, tools)
  const head = before === '' ? '# Who can open the secrets here: one public key a line, then whose it is.\n' : before
  await writeRecipients(scope, `${head.endsWith('\n') ? head : `${head}\n`}${recipient}\n`)
  await contents.write(await readRecipients(scope.recipients))
  tools.print(`${recipient} is the first recipient in ${file}; commit that file\n`)
  if (contents.names.length > 0) tools.print(`${count(contents.names.length, 'value')} encrypted\n`)
}

/** The public half of one's own key; it is made when there is none. */
async function ownRecipient(tools: Tools): Promise<string> {
  const { keys, print } = tools
  const file = keys.identity[0] ?? usualIdentity(keys.home)
  if (textIfAny(file) !== undefined) {
    const [first] = await fromFile(file, keys)
    if (first) {
      print(`your key is ${file}\n`)
      return recipientOf(first)
    }
  }
  if (keys.identity.length === 0) {
    const given = await tools.vault.identities()
    if (given[0]) return recipientOf(given[0])
  }
  const { identity, recipient } = await makeIdentity()
  await privateFolder(path.dirname(file))
  await replaceFile(file, `# public key: ${recipient}\n${identity.reveal()}\n`, 0o600)
  print(`your key is written to ${file}, for you alone: keep a copy in a safe place, it cannot be made again\n`)
  return recipient
}

/** Characters that a passphrase has at least: it can be tried out by everybody who has the repository. */
const shortestPassphrase = 12

async function makeLocked(scope: Scope, { keys, print, root, readSecret, work }: Tools): Promise<string> {
  const file = path.join(scope.folder, lockedName)
  if (textIfAny(file) !== undefined) {
    throw new LoadError(
      problem('identity-exists', `${shownPath(file, root)} exists already`, { mend: 'it opens everything; use it' }),
    )
  }
  const given = keys.env.AGE_PASSPHRASE
  const passphrase = given ? new Secret(given, 'passphrase') : await readSecret('New passphrase', 'passphrase')
  if (passphrase.matches((one) => one.length < shortestPassphrase)) {
    throw new LoadError(
      problem('passphrase-short', `the passphrase has fewer than ${shortestPassphrase} characters`, {
        mend: 'take four or five words that have nothing to do with each other',
      }),
    )
  }
  const { identity, recipient } = await makeIdentity()
  const locked = await lock(new Secret(`${identity.reveal()}\n`, 'identity'), passphrase, work)
  await replaceFile(file, locked, 0o644)
  print(`a key for all who know the passphrase is written to ${shownPath(file, root)}; commit that file\n`)
  return recipient
}
