import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Secret } from '../../lib/core/secret.ts'
import type { HostDouble } from '../../lib/sandbox/host-double.ts'
import { makeIdentity, seal } from '../../lib/secrets/age.ts'
import { random, shapes, vaulted } from './secrets.ts'

/** A project in which a secret stands in every place of an inventory where one can stand. */
export interface Planted {
  readonly folder: string
  readonly inventory: string
  /** Each secret by the name of the variable or place it was planted in. */
  readonly secrets: { readonly [name: string]: string }
  /** Environment of the runner: where the keys are, and a secret of its own. */
  readonly env: { readonly [name: string]: string }
  /** Words that every command line needs. */
  readonly words: readonly string[]
}

/** Plants secrets below `folder`; the inventory has a host `here` (this machine) and `chat.example.org` (`host`). */
export async function plant(folder: string, host: Pick<HostDouble, 'ssh'>, sudoPassword: string): Promise<Planted> {
  const { identity, recipient } = await makeIdentity()
  const vaultPassword = random(20)
  const secrets: Record<string, string> = { vault_password: vaultPassword, age_identity: identity.reveal() }
  const write = (name: string, text: string): string => {
    const file = path.join(folder, name)
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
    writeFileSync(file, text, { mode: 0o600 })
    return file
  }
  const age = async (name: string, value: string): Promise<string> => {
    secrets[name] = value
    return `${name}: !age |\n  ${(await seal(new Secret(value, name), [recipient])).trim().replaceAll('\n', '\n  ')}\n`
  }
  const vault = (name: string, value: string): string => {
    secrets[name] = value
    return `${name}: !vault |\n  ${vaulted(value, vaultPassword).trim().replaceAll('\n', '\n  ')}\n`
  }
  const indent = (text: string, by: number) => text.trimEnd().replaceAll(/^/gm, ' '.repeat(by))

  const of = shapes()
  const shaped: string[] = []
  for (const [shape, value] of Object.entries(of)) shaped.push(await age(`age_${shape}`, value))
  shaped.push(...['quotes', 'pem', 'unicode'].map((shape) => vault(`vault_${shape}`, shapes()[shape] ?? '')))
  write('inventory/group_vars/all.yml', shaped.join(''))
  const { ssh } = host
  const connection = [
    'ansible_host: 127.0.0.1',
    `ansible_port: ${ssh.port}`,
    `ansible_user: ${ssh.user}`,
    `ansible_ssh_private_key_file: ${JSON.stringify(ssh.keyFile)}`,
    `ansible_ssh_known_hosts: ${JSON.stringify(ssh.knownHosts)}`,
  ].join('\n')
  secrets.plain_become = sudoPassword
  const here = [
    'ansible_connection: local',
    `ansible_lock_folder: ${JSON.stringify(folder)}`,
    await age('inline_age', random(24)),
    vault('inline_vault', `${random(16)}'s`),
  ].join('\n')
  write(
    'inventory/hosts.yml',
    `all:\n  hosts:\n    here:\n${indent(here, 6)}\n    chat.example.org:\n${indent(connection, 6)}\n`,
  )
  write('inventory/host_vars/here.yml', await age('of_host', random(20)))
  write(
    'inventory/host_vars/chat.example.org.yml',
    `${vault('of_chat', random(20))}ansible_become_password: ${JSON.stringify(secrets.plain_become)}\n`,
  )
  write('inventory/vault.yml', await age('of_vault_file', random(28)))
  write('inventory/recipients', `${recipient}\n`)
  secrets.whole_file = random(30)
  write('vars/whole.yml', vaulted(`whole_file: ${secrets.whole_file}\n`, vaultPassword))
  const efile = write('extra.yml', await age('of_extra_file', `${random(18)} x`))
  secrets.encrypted_file = `${random(40)}\n${random(40)}\n`
  write('files/encrypted', vaulted(secrets.encrypted_file, vaultPassword))
  secrets.pipe_password = random(22)
  write('outside/pipe', `${secrets.pipe_password}\n`)
  secrets.env_password = random(22)
  secrets.given_token = random(26)
  secrets.prompted = random(19)
  const identityFile = write('.keys/identity.txt', `${identity.reveal()}\n`)
  const passwordFile = write('.keys/vault-password', `${vaultPassword}\n`)
  return {
    folder,
    inventory: path.join(folder, 'inventory'),
    secrets,
    env: { HOME: folder, PATH: process.env.PATH ?? '', CANARY_PASSWORD: secrets.env_password },
    words: [
      ...['-i', path.join(folder, 'inventory'), '--identity', identityFile, '--vault-password-file', passwordFile],
      ...['-e', `@${efile}`, '-e', `given_token=${secrets.given_token}`, '-e', `prompted=${secrets.prompted}`],
    ],
  }
}
