import type { Call } from './cli.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Flag } from './flags.ts'
import { loadInventory } from './load/inventory.ts'
import { root } from './root.ts'
import type { inventoryFlags } from './run-flags.ts'
import { createSandboxes } from './sandboxes.ts'
import { unopened } from './unopened.ts'

type Flags = Pick<typeof inventoryFlags, 'inventory'> & {
  readonly reset: Flag<boolean>
  readonly serve: Flag<boolean>
}

/**
 * Resets, serves or describes the rehearsal machines of an inventory (`sandbox` when none is named). Throws LoadError
 * `no-sandbox`, `sandbox-busy`, `not-a-sandbox`.
 */
export async function tendSandbox({ options, print, stopping }: Call<Flags>): Promise<number> {
  const named = options.inventory.length > 0 ? options.inventory : ['sandbox']
  const { inventory, diagnostics } = loadInventory(named, { root, cwd: process.cwd(), decrypt: unopened })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  const { folder, has } = createSandboxes(inventory)
  const hosts = [...inventory.hosts.keys()].filter(has)
  if (hosts.length === 0) {
    throw new LoadError(
      problem('no-sandbox', `the inventory ${inventory.name} has no rehearsal machines`, {
        mend: 'name one with `ansible_connection: sandbox`, such as --inventory sandbox',
      }),
    )
  }
  if (options.reset) {
    const { resetSandbox } = await import('./sandbox/hold.ts')
    resetSandbox(folder)
    print(`${folder} is gone; the next rehearsal starts from nothing.\n`)
  }
  if (options.serve) {
    const { serveSandbox } = await import('./sandbox/serve.ts')
    await serveSandbox({ folder, hosts, print, stopping })
  } else if (!options.reset) {
    const { describeSandbox } = await import('./sandbox/serve.ts')
    print(describeSandbox(folder, hosts))
  }
  return 0
}
