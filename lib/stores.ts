import { homedir } from 'node:os'
import path from 'node:path'
import type { Call } from './cli.ts'
import type { Inventory } from './core/inventory.ts'
import type { Store } from './core/store.ts'
import { whenNeeded } from './core/when-needed.ts'
import { selectHosts } from './load/pattern.ts'
import type { secretFlags } from './run-flags.ts'
import type { Sandboxes } from './sandboxes.ts'
import { createFileStore, readStore, storeFile } from './secrets/file-store.ts'
import type { KeyOptions } from './secrets/keys.ts'
import { createVault, sealingFor, type Vault } from './secrets/vault.ts'

const prompts = whenNeeded<typeof import('./secrets/prompt.ts')>('./secrets/prompt.ts', import.meta.url)

/** What opens the secrets of a run, from the words of its command line and the environment. */
export function keysOf({ options, env }: Pick<Call<typeof secretFlags>, 'options' | 'env'>): KeyOptions {
  const cwd = process.cwd()
  return {
    identity: options.identity.map((file) => path.resolve(cwd, file)),
    vaultPasswordFile: options.vaultPasswordFile.map((file) => path.resolve(cwd, file)),
    vaultId: options.vaultId,
    askVaultPass: options.askVaultPass,
    env,
    cwd,
    home: env.HOME ?? homedir(),
    ask: (...asked) => prompts().askSecret(...asked),
  }
}

/** The vault of a run. */
export function vaultFor(call: Pick<Call<typeof secretFlags>, 'options' | 'env'>): Vault {
  return createVault(keysOf(call))
}

/** The secrets that the runner made for a host: beside the inventory, of a rehearsal machine inside its own folder. */
export function secretsOf(
  host: string,
  inventory: Inventory,
  sandboxes: Pick<Sandboxes, 'has' | 'folder'>,
  vault: Vault,
): Store {
  return createFileStore(folderOf(host, inventory, sandboxes), host, sealingFor(inventory.folder, vault))
}

function folderOf(host: string, inventory: Inventory, sandboxes: Pick<Sandboxes, 'has' | 'folder'>): string {
  return path.join(sandboxes.has(host) ? sandboxes.folder : inventory.folder, 'secrets')
}

/**
 * Opens a value of each chosen host whose secrets are encrypted, so that a passphrase is asked for and a missing key is told
 * before any host is touched.
 */
export async function openStores(
  inventory: Inventory,
  limit: string | undefined,
  sandboxes: Pick<Sandboxes, 'has' | 'folder'>,
  vault: Vault,
): Promise<void> {
  for (const host of selectHosts(inventory, 'all', { limit }).hosts) {
    const kept = await readStore(storeFile(folderOf(host, inventory, sandboxes), host))
    const closed = [...kept].find(([, value]) => 'age' in value)
    if (closed) await secretsOf(host, inventory, sandboxes, vault).get(closed[0])
  }
}
