import path from 'node:path'
import type { Call } from './cli.ts'
import { didYouMean } from './core/closest.ts'
import { type Diagnostic, LoadError, problem } from './core/diagnostic.ts'
import type { Inventory } from './core/inventory.ts'
import { graphText } from './inventory/graph.ts'
import type { showInventoryFlags } from './inventory-flags.ts'
import { inventoryPrograms } from './inventory-programs.ts'
import { loadInventory } from './load/inventory.ts'
import { root } from './root.ts'
import { unopened } from './unopened.ts'

export type InventoryCall = Call<typeof showInventoryFlags>

/**
 * Prints an inventory as `ansible-inventory` does: all of it, one host, or the tree of its groups. Secrets are shown by their
 * labels and never opened. Throws LoadError for everything that is wrong in the files, and for names that there are not.
 * The tree alone is quick also for thousands of hosts: what only variables need is loaded with them.
 */
export async function showInventory(call: InventoryCall): Promise<number> {
  const { options, operands, print } = call
  const inventory = readInventory(call)
  const hosts = await hostNames(inventory, options.limit)
  if (!options.graph) {
    const { variablesText } = await import('./show-inventory-vars.ts')
    print(await variablesText(inventory, hosts, call))
    return 0
  }
  const linesOf = options.vars ? await variableLines(inventory, call) : () => []
  print(graphText(groupOf(inventory, operands[0] ?? 'all'), { inventory, hosts, linesOf }))
  return 0
}

async function variableLines(inventory: Inventory, call: InventoryCall) {
  const { variableLines } = await import('./show-inventory-vars.ts')
  return variableLines(inventory, call)
}

function readInventory({ options, emit }: InventoryCall): Inventory {
  if (options.inventory.length === 0) {
    throw new LoadError(
      problem('no-inventory', 'which hosts? No inventory was named', { mend: 'add --inventory NAME' }),
    )
  }
  const playbookFolder = options.playbookDir === undefined ? undefined : path.resolve(options.playbookDir)
  const { inventory, diagnostics } = loadInventory(options.inventory, {
    root,
    cwd: process.cwd(),
    playbookFolder,
    decrypt: unopened,
    ...(options.graph && !options.vars && { varsFiles: false as const }),
    execute: inventoryPrograms(),
  })
  stopAtErrors(diagnostics)
  for (const diagnostic of diagnostics) emit({ kind: 'diagnostic', diagnostic })
  return inventory
}

function stopAtErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
}

async function hostNames(inventory: Inventory, limit: string | undefined): Promise<ReadonlySet<string>> {
  if (limit === undefined) return new Set(inventory.hosts.keys())
  const { selectHosts } = await import('./load/pattern.ts')
  const { hosts, diagnostics } = selectHosts(inventory, 'all', { limit })
  stopAtErrors(diagnostics)
  return new Set(hosts)
}

function groupOf(inventory: Inventory, name: string): string {
  if (inventory.groups.has(name)) return name
  const mend = didYouMean(name, [...inventory.groups.keys()], 'groups')
  throw new LoadError(problem('unknown-group', `the inventory has no group "${name}"`, { mend }))
}
