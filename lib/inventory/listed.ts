import type { Group, Inventory } from '../core/inventory.ts'
import type { Value } from '../core/plain.ts'
import type { ShownVars } from './shown-vars.ts'

/** What is shown of an inventory, and the variables it is shown with. */
export interface Shown {
  readonly inventory: Inventory
  readonly hosts: ReadonlySet<string>
  varsOf(host: string): ShownVars
  /** The variables of a group; none unless they are asked for (`--export`). */
  varsOfGroup(group: Group): ShownVars
}

type Entry = { [key: string]: Value }

/** The form that inventory programs print: each group with hosts, children and vars, and `_meta.hostvars`. */
export function listed(shown: Shown): { readonly [group: string]: Value } {
  const out: Entry = {}
  const visited = new Set<string>()
  const visit = (name: string): void => {
    const group = shown.inventory.groups.get(name)
    if (!group || visited.has(name)) return
    visited.add(name)
    const entry = filled({
      hosts: name === 'all' ? [] : membersOf(group, shown),
      children: group.children,
      vars: shown.varsOfGroup(group),
    })
    if (Object.keys(entry).length > 0) put(out, name, entry)
    for (const child of group.children) visit(child)
  }
  visit('all')
  const hostvars: Entry = {}
  for (const name of shown.hosts) {
    const vars = shown.varsOf(name)
    if (Object.keys(vars).length > 0) put(hostvars, name, vars)
  }
  return { ...out, _meta: { hostvars } }
}

/** The form of a YAML inventory: groups within groups; the variables of a host stand where it is named first. */
export function nested(shown: Shown): { readonly [group: string]: Value } {
  const visited = new Set<string>()
  const entryOf = (name: string): Entry => {
    const group = shown.inventory.groups.get(name)
    if (!group) return {}
    const children: Entry = {}
    for (const child of group.children) put(children, child, entryOf(child))
    const hosts: Entry = {}
    for (const host of name === 'all' ? [] : membersOf(group, shown)) {
      put(hosts, host, visited.has(host) ? {} : shown.varsOf(host))
      visited.add(host)
    }
    return filled({ children, hosts, vars: shown.varsOfGroup(group) })
  }
  return { all: entryOf('all') }
}

function membersOf(group: Group, { hosts }: Shown): readonly string[] {
  return group.hosts.filter((name) => hosts.has(name))
}

/** The entry without what is empty in it. */
function filled(entry: { readonly [key: string]: Value }): Entry {
  return Object.fromEntries(
    Object.entries(entry).filter(
      ([, value]) => typeof value === 'object' && value !== null && Object.keys(value).length > 0,
    ),
  )
}

function put(entry: Entry, key: string, value: Value): void {
  Object.defineProperty(entry, key, { value, enumerable: true, configurable: true, writable: true })
}
