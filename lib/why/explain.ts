import { ToolError } from '../core/diagnostic.ts'
import type { InventoryHost } from '../core/inventory.ts'
import type { Position, Value } from '../core/plain.ts'
import type { Play, Step, Task } from '../core/playbook.ts'
import { tasksIn } from '../engine/selection.ts'
import type { Scope } from '../load/scope.ts'

/** One place where a variable is written. */
export interface Place {
  readonly layer: string
  readonly at: Position | undefined
  /** As it is written, templates unrendered. */
  readonly raw: Value
}

/** Why a variable has its value on a host, in the plays where it has it for the same reason. */
export interface Explanation {
  readonly plays: readonly string[]
  readonly winner: Place
  /** Strongest first. */
  readonly losers: readonly Place[]
  /** What the winner renders to; a sentence when that cannot be known before a run. */
  readonly rendered: { readonly value: Value } | { readonly unknown: string }
  /** The variables that its templates need, each with the place that it has its value from. */
  readonly needs: readonly { readonly name: string; readonly from: Place | undefined }[]
}

/** A task that gives the variable another value for itself, or makes it for those behind it. */
export interface Elsewhere {
  readonly at: Position | undefined
  readonly says: string
}

/** Why a variable has its value in a scope; undefined when it has none there. */
export function explain(name: string, scope: Scope, play: string): Explanation | undefined {
  const found = scope.explain(name)
  if (!found) return undefined
  const { winner, losers } = found
  const needs = [...scope.dependsOn(winner.raw)]
    .filter((one) => one !== '*' && one !== name)
    .sort()
    .map((one) => ({ name: one, from: scope.explain(one)?.winner }))
  return { plays: [play], winner, losers, rendered: rendered(name, scope), needs }
}

function rendered(name: string, scope: Scope): Explanation['rendered'] {
  try {
    return { value: scope.get(name) ?? null }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    return { unknown: error.diagnostics[0]?.message ?? error.message }
  }
}

/** One explanation for all plays in which the reason is the same. */
export function together(all: readonly Explanation[]): readonly Explanation[] {
  const out = new Map<string, Explanation>()
  for (const one of all) {
    const key = JSON.stringify([one.winner, one.losers, one.rendered])
    const known = out.get(key)
    out.set(key, known ? { ...known, plays: [...known.plays, ...one.plays] } : one)
  }
  return [...out.values()]
}

/** The tasks of a play that have a value of their own for the variable, or make it when they run. */
export function elsewhereIn(play: Play, name: string): readonly Elsewhere[] {
  return [...play.steps, ...play.handlers].flatMap((step) => [...ofStep(step, name)])
}

function* ofStep(step: Step, name: string): Generator<Elsewhere> {
  for (const task of step.kind === 'meta' || step.kind === 'include' ? [step] : tasksIn([step], { rescue: true })) {
    const called =
      task.kind === 'task' ? (task.name ?? task.moduleName) : task.kind === 'meta' ? task.action : task.name
    for (const layer of task.keywords.vars) {
      if (Object.hasOwn(layer.values, name)) {
        yield { at: layer.positionOf?.(name) ?? task.at, says: `vars of the task "${called ?? 'include'}"` }
      }
    }
    if (task.kind === 'task' && makes(task, name))
      yield { at: task.at, says: `the task "${called}" makes it when it runs` }
  }
}

function makes(task: Task, name: string): boolean {
  if (task.keywords.register === name) return true
  return task.module.provides?.(task.args)?.facts?.includes(name) ?? false
}

/** What Ansible lets a play override of the names that every host has. */
export function namesOf({ name, groups }: InventoryHost): { readonly [name: string]: Value } {
  return { inventory_hostname: name, inventory_hostname_short: name.split('.')[0] ?? name, group_names: groups }
}
