import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import { printedBy } from './commands.ts'
import type { KeyOptions } from './keys.ts'
import { exposure, replaceable } from './private-file.ts'

/** A password of Ansible's vault; `id` is the vault id it was given for. */
export interface VaultPassword {
  readonly id: string
  readonly password: Secret
}

/** The vault id of what was given without one. */
const usualId = 'default'

/**
 * The passwords that were given, in the order in which they are tried: `--vault-id`, `--vault-password-file`,
 * `--ask-vault-pass`, else ANSIBLE_VAULT_IDENTITY_LIST and ANSIBLE_VAULT_PASSWORD_FILE. A file that may be executed is run,
 * with `--vault-id ID` when its name ends in `-client`, as Ansible has it.
 * @throws LoadError `vault-password-missing`, `vault-password-readable-by-others`, `vault-password-empty`, `key-command-failed`.
 */
export async function findVaultPasswords(options: KeyOptions): Promise<readonly VaultPassword[]> {
  const { env } = options
  const given = [
    ...options.vaultId.map(parse),
    ...options.vaultPasswordFile.map((file) => ({ id: usualId, source: file })),
  ]
  if (options.askVaultPass) given.push({ id: usualId, source: 'prompt' })
  if (given.length === 0) {
    given.push(
      ...(env.ANSIBLE_VAULT_IDENTITY_LIST ?? '')
        .split(',')
        .filter((one) => one.trim() !== '')
        .map(parse),
    )
    if (env.ANSIBLE_VAULT_PASSWORD_FILE) given.push({ id: usualId, source: env.ANSIBLE_VAULT_PASSWORD_FILE })
  }
  const passwords: VaultPassword[] = []
  for (const { id, source } of given) passwords.push({ id, password: await read(source, id, options) })
  return passwords
}

function parse(text: string): { readonly id: string; readonly source: string } {
  const at = text.lastIndexOf('@')
  return at === -1
    ? { id: usualId, source: text.trim() }
    : { id: text.slice(0, at).trim(), source: text.slice(at + 1).trim() }
}

function read(source: string, id: string, options: KeyOptions): Promise<Secret> | Secret {
  if (source === 'prompt' || source === 'prompt_ask_vault_pass') {
    return options.ask(id === usualId ? 'Vault password' : `Vault password (${id})`, 'vault password')
  }
  const file = path.resolve(options.cwd, source.replace(/^~(?=\/)/, options.home))
  const found = statSync(file, { throwIfNoEntry: false })
  if (!found?.isFile()) {
    throw new LoadError(
      problem('vault-password-missing', `the vault password file ${file} does not exist`, {
        mend: 'check its name and folder',
      }),
    )
  }
  const isProgram = (found.mode & 0o100) !== 0
  const exposed = isProgram ? replaceable(file) : (exposure(file) ?? replaceable(file))
  if (exposed) {
    const what = isProgram ? 'prints a vault password' : 'holds a vault password'
    throw new LoadError(
      problem('vault-password-readable-by-others', `${file} ${what}, and ${exposed.message}`, { mend: exposed.mend }),
    )
  }
  if (isProgram) {
    const isClient = /-client(\.\w+)?$/.test(file)
    return printedBy(isClient ? [file, '--vault-id', id] : [file], `the vault password file ${file}`, 'vault password')
  }
  const text = readFileSync(file, 'utf8').trim()
  if (text === '') {
    throw new LoadError(problem('vault-password-empty', `the vault password file ${file} is empty`))
  }
  return new Secret(text, 'vault password')
}
