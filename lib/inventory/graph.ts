import type { Inventory } from '../core/inventory.ts'

export interface GraphOptions {
  readonly inventory: Inventory
  readonly hosts: ReadonlySet<string>
  /** Lines about the variables of a host or a group, none when they are not asked for. */
  linesOf(kind: 'host' | 'group', name: string): readonly string[]
}

/** The tree of groups and hosts below a group, a name a line. */
export function graphText(top: string, { inventory, hosts, linesOf }: GraphOptions): string {
  const out: string[] = []
  const add = (text: string, depth: number): void => {
    out.push(depth === 0 ? text : `${'  |'.repeat(depth)}--${text}`)
  }
  const visit = (name: string, depth: number): void => {
    const group = inventory.groups.get(name)
    add(`@${name}:`, depth)
    for (const child of group?.children ?? []) visit(child, depth + 1)
    for (const host of name === 'all' ? [] : (group?.hosts ?? [])) {
      if (!hosts.has(host)) continue
      add(host, depth + 1)
      for (const line of linesOf('host', host)) add(line, depth + 2)
    }
    for (const line of linesOf('group', name)) add(line, depth + 1)
  }
  visit(top, 0)
  return `${out.join('\n')}\n`
}
