import type { Diagnostic } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import type { Value } from '../core/plain.ts'
import { describe } from './describe.ts'
import { isVariableName, layerOf } from './layers.ts'
import { placeholderIn } from './placeholder.ts'
import { borrowPlaces, problemAt, type Spot, spot } from './places.ts'
import { BadRange, expandRange } from './ranges.ts'

/** A group while sources are still being read. */
export interface DraftGroup {
  readonly name: string
  readonly hosts: Set<string>
  /** Names of child groups and where each was named first. */
  readonly children: Map<string, Spot | undefined>
  readonly layers: Layer[]
  /** Written as a group somewhere, not only named as a child. */
  declared: boolean
  priority: number
}

export interface DraftHost {
  readonly name: string
  readonly layers: Layer[]
  readonly at: Spot | undefined
}

/** What all sources say together, in the order they were read. */
export class Draft {
  readonly groups = new Map<string, DraftGroup>()
  readonly hosts = new Map<string, DraftHost>()
  readonly diagnostics: Diagnostic[] = []

  constructor() {
    this.group('all').declared = true
    this.group('ungrouped').declared = true
  }

  group(name: string): DraftGroup {
    let group = this.groups.get(name)
    if (!group) {
      group = { name, hosts: new Set(), children: new Map(), layers: [], declared: false, priority: 1 }
      this.groups.set(name, group)
    }
    return group
  }

  /** Adds the hosts that a name or a range stands for; a port behind the name becomes `ansible_port`. */
  addHosts(written: string, group: string, at: Spot | undefined, source: string): readonly DraftHost[] {
    const { pattern, port } = splitPort(written)
    try {
      const members = this.group(group).hosts
      const out: DraftHost[] = []
      for (const name of expandRange(pattern)) {
        if (!this.#goodHostName(name, at)) return []
        let host = this.hosts.get(name)
        if (!host) {
          host = { name, layers: [], at }
          this.hosts.set(name, host)
        }
        if (port !== undefined) host.layers.push({ name: source, values: { ansible_port: port } })
        members.add(name)
        out.push(host)
      }
      return out
    } catch (error) {
      if (!(error instanceof BadRange)) throw error
      this.report('bad-range', `${written}: ${error.message}`, at, 'ranges look like web[01:20] or db[a:f]')
      return []
    }
  }

  goodGroupName(name: string, at: Spot | undefined): boolean {
    if (/^[^\s,:;!&*?~#[\]{}"'()]+$/.test(name)) return true
    this.report('bad-name', `"${name}" cannot be the name of a group`, at, 'use letters, digits, "_" and "-"')
    return false
  }

  #goodHostName(name: string, at: Spot | undefined): boolean {
    if (/^\w[\w.:%-]*$/.test(name) || /^[\p{L}\p{N}_][\p{L}\p{N}._:%-]*$/u.test(name)) return true
    const left = placeholderIn(name)
    if (left) {
      this.report('placeholder-left', `the name of this host still is the placeholder ${left.text}`, at, left.mend)
      return false
    }
    const mend = 'host names have letters, digits, ".", "-" and "_"; ranges look like web[01:20]'
    this.report('bad-name', `"${name}" cannot be the name of a host`, at, mend)
    return false
  }

  addVars(layers: Layer[], name: string, values: { readonly [key: string]: Value }): void {
    if (Object.keys(values).length > 0) layers.push(layerOf(name, values))
  }

  /** The variables of a group; `ansible_group_priority` among them is no variable, but decides between groups. */
  addGroupVars(group: DraftGroup, name: string, values: { readonly [key: string]: Value }): void {
    const { ansible_group_priority: priority, ...others } = values
    if (priority === undefined) {
      this.addVars(group.layers, name, values)
      return
    }
    borrowPlaces(others, values)
    this.addVars(group.layers, name, others)
    const number = typeof priority === 'string' && /^-?\d+$/.test(priority) ? Number(priority) : priority
    if (typeof number === 'number' && Number.isInteger(number)) group.priority = number
    else {
      const message = `ansible_group_priority is a whole number, found ${describe(priority)}`
      this.report('wrong-type', message, spot(values, 'ansible_group_priority'))
    }
  }

  report(code: string, message: string, at: Spot | undefined, mend?: string | undefined, width?: number): void {
    this.diagnostics.push(problemAt(code, message, at, { mend, width }))
  }

  warn(code: string, message: string, at: Spot | undefined, mend?: string | undefined): void {
    this.diagnostics.push({ ...problemAt(code, message, at, { mend }), severity: 'warning' })
  }
}

/** `host:2222` and `[2001:db8::1]:2222`; a bare IPv6 address keeps its colons. */
function splitPort(written: string): { readonly pattern: string; readonly port?: number } {
  if (!written.includes(':')) return { pattern: written }
  const bracketed = /^\[([0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*)\](?::(\d+))?$/.exec(written)
  const plain = bracketed ? undefined : /^([^:]*(?:\[[^\]]*\][^:]*)*):(\d+)$/.exec(written)
  const match = bracketed ?? plain
  if (!match) return { pattern: written }
  const port = match[2]
  return port === undefined ? { pattern: match[1] ?? '' } : { pattern: match[1] ?? '', port: Number(port) }
}

/** Reports variables whose name no template could ever use. */
export function checkNames(vars: { readonly [key: string]: Value }, draft: Pick<Draft, 'report'>): void {
  for (const name of Object.keys(vars)) {
    if (isVariableName(name)) continue
    const better = name.replace(/\W/g, '_').replace(/^(?=\d)/, '_')
    const mend = `names of variables have letters, digits and "_": ${better}`
    draft.report('bad-variable-name', `"${name}" cannot be the name of a variable`, spot(vars, name, true), mend)
  }
}
