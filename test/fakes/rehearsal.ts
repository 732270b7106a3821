import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { HostDouble } from '../../lib/sandbox/host-double.ts'
import type { Faults, Spec } from '../../lib/sandbox/machine/spec.ts'
import { type Sandbox, startSandbox } from '../../lib/sandbox/sandbox.ts'

/** A machine that playbooks are run on as on a real one: over SSH, named in an inventory of its own. */
export interface Rehearsal {
  /** Path of the inventory. */
  readonly inventory: string
  readonly host: HostDouble
  remove(): Promise<void>
}

/** Starts a rehearsal machine that is as `spec` says and on which `faults` go wrong; `vars` are those of its host. */
export async function rehearsal(
  spec: Partial<Spec> = {},
  faults: Faults = {},
  vars: { readonly [name: string]: unknown } = {},
): Promise<Rehearsal> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ametys-rocketchat-test-'))
  let sandbox: Sandbox | undefined
  const remove = async () => {
    await sandbox?.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const name = 'chat.example.org'
    sandbox = await startSandbox({
      folder: path.join(folder, 'machines'),
      hosts: [name],
      spec: () => spec,
      faults: () => faults,
      pace: 0.002,
    })
    const host = sandbox.host(name)
    const { ssh } = host
    const inventory = path.join(folder, 'inventory')
    mkdirSync(inventory)
    const all = {
      ansible_host: '127.0.0.1',
      ansible_port: ssh.port,
      ansible_user: ssh.user,
      ansible_ssh_private_key_file: ssh.keyFile,
      ansible_ssh_known_hosts: ssh.knownHosts,
      ansible_lock_folder: '/run/lock',
      rocketchat_url: 'https://localhost',
      rocketchat_certificate: 'internal',
      rocketchat_admin_email: 'chat-admin@example.org',
      ametys_cms_url: 'https://cms.example.org',
      ametys_spaces_url: 'https://spaces.example.org',
      rocketchat_proof_from: 'host',
      rocketchat_proof_upload_size: 100_000,
      ...vars,
    }
    writeFileSync(
      path.join(inventory, 'hosts.yml'),
      // This machine has a lock too, and one that all tests shared would keep them apart.
      JSON.stringify({
        all: { vars: { ansible_lock_folder: folder }, children: { rocketchat: { hosts: { [name]: all } } } },
      }),
    )
    return { inventory, host, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
