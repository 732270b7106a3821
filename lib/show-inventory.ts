import path from 'node:path'
import type { Call } from './cli.ts'
import { didYouMean } from './core/closest.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Inventory, InventoryHost, Layer } from './core/inventory.ts'
import { graphText } from './inventory/graph.ts'
import { byCodePoint, jsonText } from './inventory/json-text.ts'
import { listed, nested, type Shown } from './inventory/listed.ts'
import { labelled, type ShownVars, varsOfGroup, varsOfHost } from './inventory/shown-vars.ts'
import type { showInventoryFlags } from './inventory-flags.ts'
import { inventoryPrograms } from './inventory-programs.ts'
import { loadInventory } from './load/inventory.ts'
import { implicitLocalhost, selectHosts } from './load/pattern.ts'
import { namesLocalhost } from './load/pattern-parts.ts'
import { root } from './root.ts'
import { unopened } from './unopened.ts'

type InventoryCall = Call<typeof showInventoryFlags>

/**
 * Prints an inventory as `ansible-inventory` does: all of it, one host, or the tree of its groups. Secrets are shown by their
 * labels and never opened. Throws LoadError for everything that is wrong in the files, and for names that there are not.
 */
export async function showInventory(call: InventoryCall): Promise<number> {
  const { options, operands, print } = call
  const inventory = readInventory(call)
  const extra = await extraVars(call)
  const names = hostNames(inventory, options.limit)
  if (options.host !== undefined) {
    print(await written(varsOfHost(inventory, hostOf(inventory, options.host), options.export, extra), options.yaml))
    return 0
  }
  const varsOf = (name: string) => varsOfHost(inventory, hostOf(inventory, name), options.export, extra)
  if (options.graph) {
    const linesOf = options.vars ? await variableLines(inventory, varsOf) : () => []
    print(graphText(groupOf(inventory, operands[0] ?? 'all'), { inventory, hosts: names, linesOf }))
    return 0
  }
  const shown: Shown = {
    inventory,
    hosts: names,
    varsOf,
    varsOfGroup: (group) => (options.export ? varsOfGroup(group) : {}),
  }
  print(await written(options.yaml ? nested(shown) : listed(shown), options.yaml))
  return 0
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
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  for (const diagnostic of diagnostics) emit({ kind: 'diagnostic', diagnostic })
  return inventory
}

async function extraVars({ options }: InventoryCall): Promise<readonly Layer[]> {
  if (options.extraVars.length === 0) return []
  const { readExtraVars } = await import('./load/vars-files.ts')
  const { layers, diagnostics } = readExtraVars(options.extraVars, { root, cwd: process.cwd(), decrypt: unopened })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  return layers
}

function hostNames(inventory: Inventory, limit: string | undefined): ReadonlySet<string> {
  if (limit === undefined) return new Set(inventory.hosts.keys())
  const { hosts, diagnostics } = selectHosts(inventory, 'all', { limit })
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  return new Set(hosts)
}

function hostOf(inventory: Inventory, name: string): InventoryHost {
  const host = inventory.hosts.get(name)
  if (host) return host
  if (namesLocalhost(name)) return implicitLocalhost(inventory, name)
  const mend = didYouMean(name, [...inventory.hosts.keys()], 'hosts')
  throw new LoadError(problem('no-such-host', `the inventory has no host "${name}"`, { mend }))
}

function groupOf(inventory: Inventory, name: string): string {
  if (inventory.groups.has(name)) return name
  const mend = didYouMean(name, [...inventory.groups.keys()], 'groups')
  throw new LoadError(problem('unknown-group', `the inventory has no group "${name}"`, { mend }))
}

async function written(value: ShownVars, yaml: boolean): Promise<string> {
  if (!yaml) return `${jsonText(value)}\n`
  const { writeYaml } = await import('./load/filters/yaml-writer.ts')
  return writeYaml(labelled(value), { indent: 2, flow: 'never', sortKeys: true, width: 80 })
}

async function variableLines(inventory: Inventory, varsOf: (host: string) => ShownVars) {
  const { str } = await import('./load/template/text.ts')
  return (kind: 'host' | 'group', name: string): readonly string[] => {
    const group = inventory.groups.get(name)
    const vars = kind === 'host' ? varsOf(name) : group ? varsOfGroup(group) : {}
    return Object.entries(vars)
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([key, value]) => `{${key} = ${str(value)}}`)
  }
}
