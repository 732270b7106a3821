import { didYouMean } from '../core/closest.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { describe } from './describe.ts'
import { checkNames, type Draft } from './inventory-draft.ts'
import { type Spot, spot } from './places.ts'

type Mapping = { readonly [key: string]: Value }

const sections = ['hosts', 'children', 'vars']

/** Reads an inventory in YAML form (`all: hosts: children: vars:`) into the draft; `source` is its name for people. */
export function readYamlInventory(root: Value, draft: Draft, source: string): void {
  if (!isMapping(root)) {
    const message = `an inventory starts with a group such as "all:", found ${describe(root)}`
    const at = Array.isArray(root) ? spot(root, 0) : undefined
    draft.report('inventory-not-mapping', message, at, 'start with "all:" and "  hosts:" below it')
    return
  }
  for (const [name, group] of Object.entries(root)) readGroup(name, group, root, draft, source)
}

function readGroup(name: string, group: Value, parent: Mapping, draft: Draft, source: string): void {
  const at = spot(parent, name, true)
  if (!draft.goodGroupName(name, at)) return
  const drafted = draft.group(name)
  drafted.declared = true
  if (group === null) return
  if (!isMapping(group)) {
    const message = `the group "${name}" holds ${describe(group)} where hosts:, children: and vars: belong`
    draft.report('wrong-type', message, at, `write "hosts:" below "${name}:" and the hosts below that`)
    return
  }
  for (const [section, value] of Object.entries(group)) {
    if (section === 'hosts') readHosts(name, entriesOf(group, section, value, draft), draft, source)
    else if (section === 'children') readChildren(name, entriesOf(group, section, value, draft), draft, source)
    else if (section === 'vars') {
      const vars = varsOf(group, section, value, `the vars of the group "${name}"`, draft)
      if (vars) draft.addGroupVars(drafted, source, vars)
    } else {
      const mend = didYouMean(section, sections, 'a group takes')
      draft.report('unknown-key', `"${section}" is not a part of the group "${name}"`, spot(group, section, true), mend)
    }
  }
}

/** `hosts:` and `children:` as a mapping; one name as text is taken too, a list is refused with its right form. */
function entriesOf(group: Mapping, section: string, value: Value, draft: Draft): Mapping {
  if (value === null) return {}
  if (isMapping(value)) return value
  const at = spot(group, section, true)
  if (typeof value === 'string' && value !== '') return { [value]: null }
  if (Array.isArray(value)) {
    const names = value.map((item: Value) => (isMapping(item) ? Object.keys(item)[0] : item))
    const lines = names.slice(0, 5).map((name) => `\n    ${String(name)}:`)
    const more = names.length > 5 ? '\n    …' : ''
    const message = `"${section}" is written as a list; it is a mapping, each name with a colon behind it`
    draft.report('list-for-mapping', message, at, `should be written as:\n  ${section}:${lines.join('')}${more}`)
    return {}
  }
  draft.report('wrong-type', `"${section}" is a mapping of names, found ${describe(value)}`, at)
  return {}
}

function readHosts(group: string, hosts: Mapping, draft: Draft, source: string): void {
  for (const [name, value] of Object.entries(hosts)) {
    const at: Spot | undefined = spot(hosts, name, true)
    const added = draft.addHosts(name, group, at, source)
    if (value === null) continue
    const vars = varsOf(hosts, name, value, `the host "${name}"`, draft)
    if (vars) for (const host of added) draft.addVars(host.layers, source, vars)
  }
}

function readChildren(parent: string, children: Mapping, draft: Draft, source: string): void {
  for (const [name, value] of Object.entries(children)) {
    const at = spot(children, name, true)
    if (!draft.goodGroupName(name, at)) continue
    const known = draft.group(parent).children
    if (!known.has(name)) known.set(name, at)
    readGroup(name, value, children, draft, source)
  }
}

function varsOf(container: Mapping, key: string, value: Value, what: string, draft: Draft): Mapping | undefined {
  if (value === null) return undefined
  if (!isMapping(value)) {
    const message = `${what} takes variables (name: value), found ${describe(value)}`
    draft.report('wrong-type', message, spot(container, key), 'put each variable on a line of its own below it')
    return undefined
  }
  checkNames(value, draft)
  return value
}
