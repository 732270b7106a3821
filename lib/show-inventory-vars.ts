import { type Diagnostic, LoadError } from './core/diagnostic.ts'
import type { Inventory, Layer } from './core/inventory.ts'
import { byCodePoint, jsonText } from './inventory/json-text.ts'
import { listed, nested } from './inventory/listed.ts'
import { labelled, type ShownVars, varsOfGroup, varsOfHost } from './inventory/shown-vars.ts'
import { hostNamed } from './load/pattern.ts'
import { str } from './load/template/text.ts'
import { readExtraVars } from './load/vars-files.ts'
import { root } from './root.ts'
import type { InventoryCall } from './show-inventory.ts'
import { unopened } from './unopened.ts'

/** The variables of one host, or all groups and hosts with theirs, as JSON or YAML. */
export async function variablesText(
  inventory: Inventory,
  hosts: ReadonlySet<string>,
  call: InventoryCall,
): Promise<string> {
  const { options } = call
  const varsOf = varsIn(inventory, call)
  if (options.host !== undefined) return written(varsOf(options.host), options.yaml)
  const shown = {
    inventory,
    hosts,
    varsOf,
    varsOfGroup: (group: Parameters<typeof varsOfGroup>[0]) => (options.export ? varsOfGroup(group) : {}),
  }
  return written(options.yaml ? nested(shown) : listed(shown), options.yaml)
}

/** Lines about the variables of hosts and groups for the tree, as Python writes values. */
export function variableLines(inventory: Inventory, call: InventoryCall) {
  const varsOf = varsIn(inventory, call)
  return (kind: 'host' | 'group', name: string): readonly string[] => {
    const group = inventory.groups.get(name)
    const vars = kind === 'host' ? varsOf(name) : group ? varsOfGroup(group) : {}
    return Object.entries(vars)
      .sort(([a], [b]) => byCodePoint(a, b))
      .map(([key, value]) => `{${key} = ${str(value)}}`)
  }
}

function varsIn(inventory: Inventory, { options }: InventoryCall): (host: string) => ShownVars {
  const extra: Layer[] = []
  if (options.extraVars.length > 0) {
    const read = readExtraVars(options.extraVars, { root, cwd: process.cwd(), decrypt: unopened })
    stopAtErrors(read.diagnostics)
    extra.push(...read.layers)
  }
  return (name) => varsOfHost(inventory, hostNamed(inventory, name), options.export, extra)
}

function stopAtErrors(diagnostics: readonly Diagnostic[]): void {
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
}

async function written(value: ShownVars, yaml: boolean): Promise<string> {
  if (!yaml) return `${jsonText(value)}\n`
  const { writeYaml } = await import('./load/filters/yaml-writer.ts')
  return writeYaml(labelled(value), { indent: 2, flow: 'never', sortKeys: true, width: 80 })
}
