import { ToolError } from '../core/diagnostic.ts'
import type { Value } from '../core/plain.ts'
import type { Include, Step } from '../core/playbook.ts'
import { Unknown } from '../core/unknown.ts'
import type { HostState } from './host-state.ts'
import type { PlayState } from './play-state.ts'
import { decide, type Item, itemsOf } from './prepare.ts'

type Status = 'ok' | 'skipped' | 'unknown'

/** What an include comes to for one host: of each item of its loop the file, if it is not left out. */
export interface Chosen {
  readonly status: Status
  readonly message?: string
  readonly items: readonly {
    readonly label: string | undefined
    readonly status: Status
    readonly variables: { readonly [name: string]: Value }
    /** The rendered name; undefined when this item is skipped or cannot be known. */
    readonly file: string | undefined
  }[]
}

/** Goes through the items of an include and decides its conditions; throws ToolError for what cannot be rendered. */
export function filesOf(include: Include, state: PlayState, host: HostState): Chosen {
  const { templar } = state
  const { keywords } = include
  const scope = state.scopeOf(host, keywords.vars)
  const items = itemsOfInclude(include, state, host)
  if (!Array.isArray(items)) return items as Chosen
  if (items.length === 0) return { status: 'skipped', message: 'the list of the loop is empty', items: [] }
  let message: string | undefined
  const chosen = (items as readonly Item[]).map(({ variables, label }) => {
    const inside = Object.keys(variables).length === 0 ? scope : state.scopeOf(host, keywords.vars, variables)
    const condition = decide(keywords.when, inside, templar)
    if (condition instanceof Unknown) {
      message ??= condition.reason
      return { label, variables, status: 'unknown' as const, file: undefined }
    }
    if (condition !== true) {
      message ??= `${condition.text} is false`
      return { label, variables, status: 'skipped' as const, file: undefined }
    }
    const file = templar.renderDeep(include.file.value, inside, () => include.file.at)
    if (!(file instanceof Unknown)) return { label, variables, status: 'ok' as const, file: String(file) }
    message ??= file.reason
    return { label, variables, status: 'unknown' as const, file: undefined }
  })
  const has = (status: Status) => chosen.some((one) => one.status === status)
  const status = has('ok') ? 'ok' : has('unknown') ? 'unknown' : 'skipped'
  return { status, items: chosen, ...(status !== 'ok' && message !== undefined && { message }) }
}

/** A list that cannot be made is no mistake where a condition is false anyway, as for a task. */
function itemsOfInclude(include: Include, { templar, scopeOf }: PlayState, host: HostState): readonly Item[] | Chosen {
  const scope = scopeOf(host, include.keywords.vars)
  try {
    const items = itemsOf(include, scope, templar)
    return items instanceof Unknown ? { status: 'unknown', message: items.reason, items: [] } : items
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const condition = decide(include.keywords.when, scope, templar)
    if (condition === true || condition instanceof Unknown) throw error
    return { status: 'skipped', message: `${condition.text} is false`, items: [] }
  }
}

const copies = new WeakMap<Include, Map<string, readonly Step[]>>()

/**
 * The steps that an include reads, the same for all hosts that have this item but others for each item: what is told of a task by its
 * identity (`run_once`) holds for one item alone.
 */
export function stepsOf(include: Include, file: string, item: number, label: string | undefined): readonly Step[] {
  const known = copies.get(include) ?? new Map<string, readonly Step[]>()
  copies.set(include, known)
  const key = `${item} ${label ?? ''}\n${file}`
  const steps = known.get(key) ?? include.load(file).map(copyOf)
  known.set(key, steps)
  return steps
}

function copyOf(step: Step): Step {
  if (step.kind !== 'block') return { ...step }
  const { steps, rescue, always } = step
  return { ...step, steps: steps.map(copyOf), rescue: rescue.map(copyOf), always: always.map(copyOf) }
}
