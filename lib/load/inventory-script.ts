import { problem } from '../core/diagnostic.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { describe } from './describe.ts'
import type { Draft } from './inventory-draft.ts'

/**
 * Reads what an executable inventory prints for `--list`: a JSON object of groups with `hosts`, `children` and `vars`,
 * and the variables of hosts under `_meta.hostvars`, as Ansible has it.
 */
export function readScriptInventory(
  file: string,
  shown: string,
  draft: Draft,
  execute: ((file: string) => string) | undefined,
): void {
  const refuse = (message: string, mend?: string): void => {
    draft.diagnostics.push(problem('inventory-script', message, { mend }))
  }
  if (!execute) {
    refuse(`the inventory ${shown} is a program, and programs are not run here`)
    return
  }
  let root: unknown
  try {
    root = JSON.parse(execute(file))
  } catch (error) {
    const reason = error instanceof SyntaxError ? 'what it printed is not JSON' : (error as Error).message
    refuse(`the inventory program ${shown} failed: ${reason}`, `run it by hand: ${shown} --list`)
    return
  }
  if (!isMapping(root)) {
    refuse(`the inventory program ${shown} printed ${describe(root)} instead of an object`)
    return
  }
  for (const [name, group] of Object.entries(root)) {
    if (name === '_meta') continue
    if (draft.goodGroupName(name, undefined)) readGroup(name, group, draft, shown)
  }
  const meta = root._meta
  const hostvars = isMapping(meta) && isMapping(meta.hostvars) ? meta.hostvars : {}
  for (const [name, vars] of Object.entries(hostvars)) {
    const host = draft.hosts.get(name)
    if (host && isMapping(vars)) draft.addVars(host.layers, shown, vars)
  }
}

function readGroup(name: string, group: Value, draft: Draft, shown: string): void {
  const drafted = draft.group(name)
  drafted.declared = true
  const { hosts, children, vars } = isMapping(group) ? group : { hosts: group, children: [], vars: {} }
  for (const host of textsOf(hosts)) draft.addHosts(host, name, undefined, shown)
  for (const child of textsOf(children)) {
    drafted.children.set(child, undefined)
    draft.group(child).declared = true
  }
  if (isMapping(vars)) draft.addVars(drafted.layers, shown, vars)
}

function textsOf(value: Value | undefined): readonly string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
}
