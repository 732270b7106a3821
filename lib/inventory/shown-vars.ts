import type { Group, Inventory, InventoryHost, Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { Secret } from '../core/secret.ts'

export type ShownVars = { readonly [name: string]: Value }

/** Names that Ansible gives to every host itself, and does not show. */
const special = new Set([
  'ansible_diff_mode',
  'ansible_config_file',
  'ansible_facts',
  'ansible_forks',
  'ansible_inventory_sources',
  'ansible_limit',
  'ansible_playbook_python',
  'ansible_run_tags',
  'ansible_skip_tags',
  'ansible_verbosity',
  'ansible_version',
  'inventory_dir',
  'inventory_file',
  'inventory_hostname',
  'inventory_hostname_short',
  'groups',
  'group_names',
  'omit',
  'playbook_dir',
])

/** All variables of a host, templates unrendered and secrets as labels; with `own`, those of its groups left out. */
export function varsOfHost(
  inventory: Inventory,
  host: InventoryHost,
  own: boolean,
  extra: readonly Layer[],
): ShownVars {
  const inherited = own ? inheritedBy(inventory, host) : new Set<Layer>()
  return merged([...host.layers.filter((layer) => !inherited.has(layer)), ...extra])
}

/** The variables that are written for a group itself. */
export function varsOfGroup(group: Group): ShownVars {
  return {
    ...merged(group.layers),
    ...(group.priority !== 1 && { ansible_group_priority: group.priority }),
  }
}

function inheritedBy(inventory: Inventory, host: InventoryHost): ReadonlySet<Layer> {
  const groups = ['all', ...host.groups].flatMap((name) => inventory.groups.get(name) ?? [])
  return new Set(groups.flatMap((group) => group.layers))
}

function merged(layers: readonly Layer[]): ShownVars {
  const out: { [name: string]: Value } = {}
  for (const layer of layers) {
    for (const [name, value] of Object.entries(layer.values)) {
      if (!special.has(name)) {
        Object.defineProperty(out, name, {
          value: labelled(value),
          enumerable: true,
          configurable: true,
          writable: true,
        })
      }
    }
  }
  return out
}

/** The value with labels in place of the secrets in it. */
export function labelled(value: Value): Value {
  if (value instanceof Secret) return String(value)
  if (Array.isArray(value)) return value.map(labelled)
  if (!isMapping(value)) return value
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, labelled(one)]))
}
