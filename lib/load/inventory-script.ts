import { problem } from '../core/diagnostic.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { describe } from './describe.ts'
import type { Draft } from './inventory-draft.ts'

/** Runs an executable inventory (absolute path) with these words and gives what it printed. */
export type Execute = (file: string, words: readonly string[]) => string

/** What an inventory program said that cannot be read; the message is a sentence without the name of the program. */
class Refused extends Error {}

/**
 * Reads what an executable inventory prints for `--list`: a JSON object of groups with `hosts`, `children` and `vars`,
 * and the variables of hosts under `_meta.hostvars`; without `_meta` the program is asked with `--host` for each of them.
 */
export function readScriptInventory(file: string, shown: string, draft: Draft, execute: Execute | undefined): void {
  if (!execute) {
    const message = `the inventory ${shown} is a program, and programs are not run here`
    draft.diagnostics.push(problem('inventory-script', message))
    return
  }
  try {
    const said = asked(file, ['--list'], execute)
    const hosts = new Set<string>()
    for (const [name, group] of Object.entries(said)) {
      if (name !== '_meta' && draft.goodGroupName(name, undefined)) readGroup(name, group, { draft, shown, hosts })
    }
    const meta = isMapping(said._meta) ? said._meta.hostvars : undefined
    for (const name of hosts) {
      const vars = meta === undefined ? asked(file, ['--host', name], execute) : isMapping(meta) ? meta[name] : {}
      const host = draft.hosts.get(name)
      if (host && isMapping(vars)) draft.addVars(host.layers, shown, vars)
    }
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'what it printed is not JSON' : (error as Error).message
    const mend = error instanceof Refused ? undefined : `run it by hand: ${shown} --list`
    draft.diagnostics.push(problem('inventory-script', `the inventory program ${shown} failed: ${reason}`, { mend }))
  }
}

function asked(file: string, words: readonly string[], execute: Execute): { readonly [key: string]: Value } {
  const text = execute(file, words)
  if (text.trim() === '' && words[0] === '--host') return {}
  const said: unknown = JSON.parse(text)
  if (!isMapping(said)) throw new Refused(`it printed ${describe(said)} instead of an object`)
  return said
}

interface Reading {
  readonly draft: Draft
  readonly shown: string
  /** The hosts that this program named. */
  readonly hosts: Set<string>
}

/** A group is a list of hosts, or has `hosts`, `children` and `vars`; other keys alone are variables of a host of its name. */
function readGroup(name: string, written: Value, { draft, shown, hosts }: Reading): void {
  const drafted = draft.group(name)
  drafted.declared = true
  const isGroup = isMapping(written) && ['hosts', 'children', 'vars'].some((key) => Object.hasOwn(written, key))
  const group = isGroup ? written : isMapping(written) ? { hosts: [name], vars: written } : { hosts: written }
  for (const host of namesIn(group.hosts, `the hosts of the group "${name}"`)) {
    draft.addHosts(host, name, undefined, shown)
    hosts.add(host)
  }
  for (const child of namesIn(group.children, `the children of the group "${name}"`)) {
    drafted.children.set(child, undefined)
    draft.group(child).declared = true
  }
  if (group.vars === undefined) return
  if (!isMapping(group.vars)) throw new Refused(`the vars of the group "${name}" are ${describe(group.vars)}`)
  draft.addGroupVars(drafted, shown, group.vars)
}

function namesIn(value: Value | undefined, what: string): readonly string[] {
  if (value === undefined) return []
  if (!Array.isArray(value)) throw new Refused(`${what} are ${describe(value)} instead of a list`)
  return value.map((one) => {
    if (typeof one !== 'string') throw new Refused(`${what} hold ${describe(one)} instead of a name`)
    return one
  })
}
