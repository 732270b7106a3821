import type { Call } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import { loadInventory } from './load/inventory.ts'
import { selectHosts } from './load/pattern.ts'
import { tokenSecret, tokenUserSecret } from './rocketchat/session.ts'
import { root } from './root.ts'
import type { inventoryFlags, secretFlags } from './run-flags.ts'
import { createSandboxes } from './sandboxes.ts'
import { secretsOf, vaultFor } from './stores.ts'

/** Prints user id and token of each chosen host. Throws LoadError `no-token` when none of them has one. */
export async function showTokens(
  call: Call<Pick<typeof inventoryFlags, 'inventory' | 'limit'> & typeof secretFlags>,
): Promise<number> {
  const { options, disclose } = call
  const vault = vaultFor(call)
  const { inventory, diagnostics } = await vault.reading(() => {
    const found = loadInventory(options.inventory, { root, cwd: process.cwd(), decrypt: vault.decrypt })
    vault.near(found.inventory.folder)
    return found
  })
  const chosen = selectHosts(inventory, 'all', { limit: options.limit })
  const errors = [...diagnostics, ...chosen.diagnostics].filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  const sandboxes = createSandboxes(inventory)
  let shown = 0
  for (const host of chosen.hosts) {
    const store = secretsOf(host, inventory, sandboxes, vault)
    const [userId, token] = [await store.get(tokenUserSecret), await store.get(tokenSecret)]
    if (!userId || !token) continue
    shown++
    disclose(`${host}\n  user id  ${userId.reveal()}\n  token    ${token.reveal()}\n`)
  }
  if (shown === 0) {
    throw new LoadError(
      problem('no-token', 'no chosen host has a token', { mend: 'configure.ts makes it; run that first' }),
    )
  }
  return 0
}
