import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { isArmored, recipientOf, unlock } from './age.ts'
import { printedBy } from './commands.ts'
import type { KeyOptions } from './keys.ts'
import { exposure, replaceable } from './private-file.ts'
import { foldersAbove } from './recipients.ts'

/** The secret halves of age keys that a run has, and the places that were looked at. */
export interface Identities {
  readonly keys: readonly Secret[]
  readonly looked: readonly string[]
}

/** The name of an identity that is kept with the inventories, encrypted with a passphrase. */
export const lockedName = 'identity.age'

/** Where an identity is kept when nothing else is said: in the home folder, outside of every repository. */
export function usualIdentity(home: string): string {
  return path.join(home, '.config', 'ametys-rocketchat', 'identity.txt')
}

/**
 * The identities from the first of these places that has any: `--identity`, AGE_IDENTITY (the key itself),
 * AGE_IDENTITY_FILE, AGE_IDENTITY_COMMAND, the usual file in the home folder.
 * @throws LoadError `identity-missing`, `identity-readable-by-others`, `identity-unreadable`, `identity-ssh`,
 * `key-command-failed`, `passphrase-wrong`.
 */
export async function findIdentities(options: KeyOptions): Promise<Identities> {
  const { env } = options
  if (options.identity.length > 0) {
    const keys: Secret[] = []
    for (const file of options.identity) keys.push(...(await fromFile(file, options)))
    return { keys, looked: options.identity }
  }
  if (env.AGE_IDENTITY) {
    return {
      keys: await parse(env.AGE_IDENTITY, 'AGE_IDENTITY', options),
      looked: ['AGE_IDENTITY'],
    }
  }
  if (env.AGE_IDENTITY_FILE) {
    const file = path.resolve(options.cwd, env.AGE_IDENTITY_FILE)
    return { keys: await fromFile(file, options), looked: [file] }
  }
  if (env.AGE_IDENTITY_COMMAND) {
    const printed = await printedBy(['/bin/sh', '-c', env.AGE_IDENTITY_COMMAND], 'AGE_IDENTITY_COMMAND', 'identity')
    return {
      keys: await parse(printed.reveal(), 'what AGE_IDENTITY_COMMAND prints', options),
      looked: ['AGE_IDENTITY_COMMAND'],
    }
  }
  const usual = usualIdentity(options.home)
  const looked = ['--identity', 'AGE_IDENTITY', 'AGE_IDENTITY_FILE', 'AGE_IDENTITY_COMMAND', usual]
  return { keys: isFile(usual) ? await fromFile(usual, options) : [], looked }
}

/** The identity kept with the inventories, encrypted with a passphrase: its file for a folder, undefined when there is none. */
export function findLocked(folder: string): string | undefined {
  return foldersAbove(folder)
    .flatMap((one) => [path.join(one, lockedName), path.join(one, 'inventory', lockedName)])
    .find(isFile)
}

/** Opens an identity file; one that is encrypted with a passphrase asks for it, or takes AGE_PASSPHRASE. */
export async function fromFile(file: string, options: KeyOptions): Promise<readonly Secret[]> {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const why = code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`
    throw new LoadError(
      problem('identity-missing', `the identity file ${file} ${why}`, { mend: 'check its name, and who may read it' }),
    )
  }
  const exposed = isArmored(text) ? undefined : (exposure(file) ?? replaceable(file))
  if (exposed) {
    throw new LoadError(
      problem('identity-readable-by-others', `${file} holds the key to all secrets, and ${exposed.message}`, {
        mend: exposed.mend,
      }),
    )
  }
  return parse(text, file, options)
}

async function parse(text: string, source: string, options: KeyOptions): Promise<readonly Secret[]> {
  if (isArmored(text)) return parse((await opened(text, source, options)).reveal(), source, options)
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text)) {
    throw new LoadError(
      problem('identity-ssh', `${source} is an SSH key, and secrets are not encrypted to SSH keys here`, {
        mend: 'make a key of age: npx zx scripts/vault.ts init',
      }),
    )
  }
  const lines = text.split('\n').map((line) => line.trim())
  const keys = lines.filter((line) => line !== '' && !line.startsWith('#')).map((line) => new Secret(line, 'identity'))
  if (keys.length > 0 && (await Promise.all(keys.map(isIdentity))).every(Boolean)) return keys
  const message = keys.length === 0 ? `${source} holds no identity` : `${source} holds a line that is no identity`
  throw new LoadError(
    problem('identity-unreadable', message, {
      mend: 'an identity is one line that begins with AGE-SECRET-KEY-1; comments begin with #; a letter may be missing',
    }),
  )
}

/** The library's own message about a wrong one repeats it, so it is asked beforehand. */
function isIdentity(key: Secret): Promise<boolean> {
  return recipientOf(key).then(
    () => true,
    () => false,
  )
}

async function opened(locked: string, source: string, options: KeyOptions): Promise<Secret> {
  const { AGE_PASSPHRASE: given } = options.env
  const passphrase = given
    ? new Secret(given, 'passphrase')
    : await options.ask(`Passphrase of ${source}`, 'passphrase')
  const result = await unlock(locked, passphrase, 'identity')
  if ('secret' in result) return result.secret
  if (result.fault === 'wrong-passphrase') {
    throw new LoadError(
      problem('passphrase-wrong', `this passphrase does not open ${source}`, {
        mend: given ? 'correct AGE_PASSPHRASE' : 'type it again; capitals count',
      }),
    )
  }
  const mend = 'put back the last good copy of this file'
  throw new LoadError(
    problem('identity-unreadable', `${source} is damaged or not encrypted with a passphrase`, { mend }),
  )
}

function isFile(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isFile() === true
}
