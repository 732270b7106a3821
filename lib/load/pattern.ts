import path from 'node:path'
import { didYouMean } from '../core/closest.ts'
import { type Diagnostic, LoadError, problem } from '../core/diagnostic.ts'
import type { Inventory, InventoryHost } from '../core/inventory.ts'
import type { Position } from '../core/plain.ts'
import { readText } from './files.ts'
import { matcherOf, namesLocalhost, splitPattern, subscriptOf } from './pattern-parts.ts'
import { excerptOf } from './places.ts'

export interface SelectOptions {
  /** `--limit`: only hosts that match this pattern too. A part `@file` stands for the lines of that file. */
  readonly limit?: string | undefined
  /** Where the pattern was written. */
  readonly at?: Position | undefined
  /** Reads the file of a `@file` in the limit, relative to the current folder when left out; throws LoadError. */
  readonly read?: ((file: string) => string) | undefined
}

export interface Selected {
  /** Names of the hosts, in Ansible's order: parts from left to right, groups in the order of the inventory. */
  readonly hosts: readonly string[]
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * The hosts that a pattern stands for: `all`, groups, hosts, `a:b` or `a,b` (both), `a:&b` (in both), `a:!b` (not in b),
 * wildcards, `~` and a regular expression, `web[0]`, `web[1:3]`, `web[-1]`. A part that matches nothing is an error; that
 * the limit leaves nothing of the pattern is none, as a playbook may have plays for other hosts.
 */
export function selectHosts(inventory: Inventory, pattern: string, options: SelectOptions = {}): Selected {
  const diagnostics: Diagnostic[] = []
  const chosen = evaluate(inventory, splitPattern(pattern), options.at, diagnostics, 'the pattern')
  if (options.limit === undefined) return { hosts: chosen, diagnostics }
  const limit = new Set(evaluate(inventory, limitParts(options, diagnostics), undefined, diagnostics, '--limit'))
  return { hosts: chosen.filter((name) => limit.has(name)), diagnostics }
}

/**
 * The host `localhost` that exists without being in the inventory: it is reached without SSH and has the variables of
 * `all`, but is in no group.
 */
export function implicitLocalhost(inventory: Inventory, name = 'localhost'): InventoryHost {
  const all = inventory.groups.get('all')
  const own = { name: 'implicit localhost', values: { ansible_connection: 'local' } }
  return { name, groups: [], layers: [...(all?.layers ?? []), own] }
}

/** The host of this name, `localhost` also when it is in no inventory. Throws LoadError `no-such-host`. */
export function hostNamed(inventory: Inventory, name: string): InventoryHost {
  const host = inventory.hosts.get(name)
  if (host) return host
  if (namesLocalhost(name)) return implicitLocalhost(inventory, name)
  const mend = didYouMean(name, [...inventory.hosts.keys()], 'hosts')
  throw new LoadError(problem('no-such-host', `the inventory has no host "${name}"`, { mend }))
}

function limitParts(options: SelectOptions, diagnostics: Diagnostic[]): readonly string[] {
  return splitPattern(options.limit ?? '').flatMap((part) => {
    if (!part.startsWith('@')) return [part]
    const file = part.slice(1)
    try {
      const lines = (options.read ?? readLimit)(file)
        .split('\n')
        .map((line) => line.trim())
      return lines.filter((line) => line !== '' && !line.startsWith('#')).flatMap(splitPattern)
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      diagnostics.push(...error.diagnostics)
      return []
    }
  })
}

function readLimit(file: string): string {
  return readText(path.resolve(file), file, { what: 'list of hosts' })
}

/** Plain parts first, then those that must match too (`&`), then those that must not (`!`). */
function evaluate(
  inventory: Inventory,
  parts: readonly string[],
  at: Position | undefined,
  diagnostics: Diagnostic[],
  what: string,
): readonly string[] {
  const plain = parts.filter((part) => !/^[&!]/.test(part))
  const match = (part: string): readonly string[] => {
    try {
      const hosts = matchPart(inventory, part)
      if (hosts.length === 0) diagnostics.push(nothing(inventory, part, at, what))
      return hosts
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      diagnostics.push(...error.diagnostics.map((one) => (at ? { ...one, at } : one)))
      return []
    }
  }
  if (parts.length === 0) {
    diagnostics.push(
      problem('pattern-matches-nothing', `${what} is empty`, {
        at,
        detail: excerptOf(at),
        mend: 'name a group, a host, or all',
      }),
    )
    return []
  }
  // The plain name of a host means that host, though a group may have the same name.
  const among = (part: string) => (inventory.hosts.has(part) ? [part] : match(part))
  let hosts = [...new Set((plain.length === 0 ? ['all'] : plain).flatMap(among))]
  for (const part of parts.filter((one) => one.startsWith('&'))) {
    const other = new Set(match(part.slice(1)))
    hosts = hosts.filter((name) => other.has(name))
  }
  for (const part of parts.filter((one) => one.startsWith('!'))) {
    const other = new Set(match(part.slice(1)))
    hosts = hosts.filter((name) => !other.has(name))
  }
  const problems = diagnostics.some((one) => one.code === 'pattern-matches-nothing' || one.code === 'bad-pattern')
  if (hosts.length === 0 && !problems) {
    const message = `${what} "${parts.join(':')}" leaves no host`
    diagnostics.push(
      problem('pattern-matches-nothing', message, {
        at,
        detail: excerptOf(at),
        mend: 'see which hosts are in which group with --list-hosts',
      }),
    )
  }
  return hosts
}

function matchPart(inventory: Inventory, part: string): readonly string[] {
  const { name, pick } = subscriptOf(part)
  if (name === 'all' || name === '*') return pick(hostsOf(inventory, 'all'))
  const matches = matcherOf(name)
  const groups = [...inventory.groups.keys()].filter(matches)
  const hosts = groups.flatMap((group) => hostsOf(inventory, group))
  if (groups.length === 0 || name.startsWith('~') || /[.?*[]/.test(name)) {
    hosts.push(...[...inventory.hosts.keys()].filter(matches))
  }
  if (hosts.length === 0 && namesLocalhost(name)) hosts.push(name)
  return pick([...new Set(hosts)])
}

/** All hosts of a group: its own, then those of its children, level by level. */
function hostsOf(inventory: Inventory, group: string): readonly string[] {
  const out = new Set<string>()
  const visited = new Set<string>()
  let level = [group]
  while (level.length > 0) {
    const next: string[] = []
    for (const name of level) {
      if (visited.has(name)) continue
      visited.add(name)
      const found = inventory.groups.get(name)
      for (const host of found?.hosts ?? []) out.add(host)
      next.push(...(found?.children ?? []))
    }
    level = next
  }
  return [...out]
}

function nothing(inventory: Inventory, part: string, at: Position | undefined, what: string): Diagnostic {
  const { name } = subscriptOf(part)
  if (inventory.hosts.size === 0) {
    const message = `${what} "${part}" matches no host: the inventory ${inventory.name} has none`
    return problem('pattern-matches-nothing', message, {
      at,
      detail: excerptOf(at),
      mend: 'write hosts into its hosts.yml',
    })
  }
  const group = inventory.groups.get(name)
  if (group) {
    const message = `${what} "${part}" matches no host: the group "${name}" has none${part === name ? '' : ' there'}`
    const finding = problem('pattern-matches-nothing', message, { at, detail: excerptOf(at) })
    // A group may well be empty in one inventory and not in the next; a name that nobody has is a mistake.
    return part === name ? { ...finding, severity: 'warning' } : finding
  }
  const groups = [...inventory.groups.keys()].filter((one) => one !== 'ungrouped')
  const known = [...groups, ...inventory.hosts.keys()]
  const mend = didYouMean(name, known, 'groups and hosts') ?? `groups: ${groups.slice(0, 40).join(', ')}`
  const message = `${what} "${part}" matches no host of the inventory ${inventory.name}`
  return problem('pattern-matches-nothing', message, { at, detail: excerptOf(at), mend })
}
