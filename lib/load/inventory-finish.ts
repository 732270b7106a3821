import { isDeepStrictEqual } from 'node:util'
import { LoadError } from '../core/diagnostic.ts'
import type { Addition, Group, Inventory, InventoryHost, Layer } from '../core/inventory.ts'
import type { Position } from '../core/plain.ts'
import type { VarsReader } from './inventory.ts'
import type { Draft, DraftGroup } from './inventory-draft.ts'
import { positionAt } from './places.ts'

interface Wanted {
  readonly name: string
  readonly asked: readonly string[]
  readonly folder: string
  readonly varsOf: VarsReader
}

/**
 * Turns what was read into the inventory: every group below `all`, hosts of no other group in `ungrouped`, loops
 * refused, layers in Ansible's order (inline vars of groups, `group_vars` of all, of the groups, then the same for the
 * host itself; those beside the inventory before those beside the playbook).
 */
export function finish(draft: Draft, wanted: Wanted): Inventory {
  cutLoops(draft)
  adopt(draft)
  const parents = parentsOf(draft)
  const depths = depthsOf(draft)
  const groups = new Map<string, Group>()
  const fromFiles = new Map<string, { readonly inventory: readonly Layer[]; readonly playbook: readonly Layer[] }>()
  for (const group of draft.groups.values()) {
    const inventory = wanted.varsOf('group', group.name, 'inventory')
    const playbook = wanted.varsOf('group', group.name, 'playbook')
    fromFiles.set(group.name, { inventory, playbook })
    groups.set(group.name, {
      name: group.name,
      children: [...group.children.keys()],
      hosts: [...group.hosts],
      layers: [...group.layers, ...inventory, ...playbook],
      depth: depths.get(group.name) ?? 1,
      priority: group.priority,
    })
  }

  const inherited = new Map<string, { readonly names: readonly string[]; readonly layers: readonly Layer[] }>()
  const memberships = membershipsOf(draft)
  const hosts = new Map<string, InventoryHost>()
  for (const host of draft.hosts.values()) {
    const direct = memberships.get(host.name) ?? []
    const key = direct.join('\n')
    let from = inherited.get(key)
    if (!from) {
      const names = [...ancestorsOf(direct, parents)].filter((name) => name !== 'all').sort()
      from = { names, layers: groupLayers(names, groups, draft, fromFiles) }
      inherited.set(key, from)
    }
    const own = [
      ...host.layers,
      ...wanted.varsOf('host', host.name, 'inventory'),
      ...wanted.varsOf('host', host.name, 'playbook'),
    ]
    const at: Position | undefined = host.at && positionAt(host.at.source, host.at.offset)
    hosts.set(host.name, {
      name: host.name,
      groups: from.names,
      layers: own.length === 0 ? from.layers : [...from.layers, ...own],
      ...(at && { at }),
    })
    if (draft.groups.has(host.name) && host.name !== 'all') {
      draft.warn('name-of-both', `"${host.name}" is the name of a host and of a group`, host.at, 'rename one of them')
    }
  }
  const grown = (addition: Addition): Inventory | undefined => {
    const before = draft.diagnostics.length
    if (!add(draft, addition)) return undefined
    const inventory = finish(draft, wanted)
    const errors = draft.diagnostics.slice(before).filter((one) => one.severity === 'error')
    if (errors.length > 0) throw new LoadError(errors)
    return inventory
  }
  return { name: wanted.name, asked: wanted.asked, folder: wanted.folder, hosts, groups, grown }
}

/** True when something of the addition was not there before. */
function add(draft: Draft, addition: Addition): boolean {
  const before = draft.diagnostics.length
  const names = addition.kind === 'host' ? addition.groups : [addition.name, ...addition.parents]
  const good = names.every((name) => draft.goodGroupName(name, undefined))
  if (!good) throw new LoadError(draft.diagnostics.splice(before))
  return addition.kind === 'host' ? addHost(draft, addition) : addToGroup(draft, addition)
}

function addHost(draft: Draft, { name, groups, vars }: Extract<Addition, { kind: 'host' }>): boolean {
  const known = draft.hosts.get(name)
  const joined = groups.filter((group) => !draft.groups.get(group)?.hosts.has(name))
  const host = known ?? { name, layers: [], at: undefined }
  draft.hosts.set(name, host)
  for (const group of joined) draft.group(group).hosts.add(name)
  const last = host.layers.at(-1)
  const values = { ...(last?.name === added ? last.values : {}), ...vars }
  const learnt = !isDeepStrictEqual(values, last?.name === added ? last.values : {})
  const layer: Layer & { readonly literal: true } = { name: added, values, literal: true }
  if (learnt) host.layers.splice(last?.name === added ? -1 : host.layers.length, 1, layer)
  return known === undefined || joined.length > 0 || learnt
}

const added = 'add_host'

function addToGroup(draft: Draft, { name, parents, host }: Extract<Addition, { kind: 'group' }>): boolean {
  const isNew = !draft.groups.has(name)
  const { hosts } = draft.group(name)
  const orphaned = parents.filter((parent) => parent !== 'all' && !draft.group(parent).children.has(name))
  for (const parent of orphaned) draft.group(parent).children.set(name, undefined)
  const joins = !hosts.has(host)
  hosts.add(host)
  return isNew || joins || orphaned.length > 0
}

/** Groups that no group has as a child belong to `all`; hosts of no group belong to `ungrouped`, and only those. */
function adopt(draft: Draft): void {
  const all = draft.group('all')
  const ungrouped = draft.group('ungrouped')
  const children = new Map(all.children)
  const claimed = new Set<string>()
  for (const group of draft.groups.values()) {
    if (group.name !== 'all') for (const child of group.children.keys()) claimed.add(child)
  }
  all.children.clear()
  all.children.set('ungrouped', undefined)
  for (const name of draft.groups.keys()) {
    if (name !== 'all' && (children.has(name) || !claimed.has(name))) all.children.set(name, children.get(name))
  }
  const grouped = new Set<string>()
  for (const group of draft.groups.values()) {
    if (group.name !== 'all' && group.name !== 'ungrouped') for (const host of group.hosts) grouped.add(host)
  }
  for (const host of ungrouped.hosts) if (grouped.has(host)) ungrouped.hosts.delete(host)
  for (const host of draft.hosts.keys()) if (!grouped.has(host)) ungrouped.hosts.add(host)
}

function cutLoops(draft: Draft): void {
  const done = new Set<string>()
  const visit = (group: DraftGroup, chain: readonly string[]): void => {
    if (done.has(group.name)) return
    for (const [child, at] of [...group.children]) {
      const start = child === group.name ? chain.length : chain.indexOf(child)
      if (start !== -1) {
        const loop = [...chain.slice(start), group.name, child].join(' → ')
        draft.report(
          'group-loop',
          `the groups contain each other: ${loop}`,
          at,
          `take "${child}" out of "${group.name}"`,
        )
        group.children.delete(child)
        continue
      }
      visit(draft.group(child), [...chain, group.name])
    }
    done.add(group.name)
  }
  for (const group of [...draft.groups.values()]) visit(group, [])
}

function parentsOf(draft: Draft): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>()
  for (const group of draft.groups.values()) {
    for (const child of group.children.keys()) {
      const known = out.get(child)
      if (known) known.push(group.name)
      else out.set(child, [group.name])
    }
  }
  return out
}

/** The longest way from `all` to each group. */
function depthsOf(draft: Draft): ReadonlyMap<string, number> {
  const out = new Map<string, number>()
  const visit = (name: string, depth: number): void => {
    if ((out.get(name) ?? -1) >= depth) return
    out.set(name, depth)
    for (const child of draft.group(name).children.keys()) visit(child, depth + 1)
  }
  visit('all', 0)
  return out
}

function membershipsOf(draft: Draft): ReadonlyMap<string, readonly string[]> {
  const out = new Map<string, string[]>()
  for (const group of draft.groups.values()) {
    for (const host of group.hosts) {
      const known = out.get(host)
      if (known) known.push(group.name)
      else out.set(host, [group.name])
    }
  }
  return out
}

function ancestorsOf(names: readonly string[], parents: ReadonlyMap<string, readonly string[]>): ReadonlySet<string> {
  const out = new Set<string>()
  const pending = [...names]
  for (let name = pending.pop(); name !== undefined; name = pending.pop()) {
    if (out.has(name)) continue
    out.add(name)
    pending.push(...(parents.get(name) ?? []))
  }
  return out
}

function groupLayers(
  names: readonly string[],
  groups: ReadonlyMap<string, Group>,
  draft: Draft,
  files: ReadonlyMap<string, { readonly inventory: readonly Layer[]; readonly playbook: readonly Layer[] }>,
): readonly Layer[] {
  const sorted = names
    .map((name) => groups.get(name))
    .filter((group) => group !== undefined)
    .sort((a, b) => a.depth - b.depth || a.priority - b.priority || (a.name < b.name ? -1 : 1))
    .map((group) => group.name)
  return [
    ...draft.group('all').layers,
    ...sorted.flatMap((name) => draft.group(name).layers),
    ...(files.get('all')?.inventory ?? []),
    ...(files.get('all')?.playbook ?? []),
    ...sorted.flatMap((name) => files.get(name)?.inventory ?? []),
    ...sorted.flatMap((name) => files.get(name)?.playbook ?? []),
  ]
}
