import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import { placeholderIn } from './placeholder.ts'
import { excerptOf, placeOf } from './places.ts'

/**
 * Values that still are a placeholder of the starting points, each by its variable and place. Give it the layers of each
 * host of a run, lowest first: what a higher layer overrides does not count.
 */
export function findPlaceholders(hosts: Iterable<readonly Layer[]>): readonly Diagnostic[] {
  const found = new Map<string, Diagnostic>()
  const looked = new Map<Layer, Set<string>>()
  for (const layers of hosts) {
    const decided = new Set<string>()
    for (const layer of [...layers].reverse()) {
      let known = looked.get(layer)
      if (!known) {
        known = new Set()
        looked.set(layer, known)
      }
      for (const name of Object.keys(layer.values)) {
        if (decided.has(name)) continue
        decided.add(name)
        if (known.has(name)) continue
        known.add(name)
        collect(layer.values[name] as Value, [name], layer.positionOf?.(name), layer.name, found)
      }
    }
  }
  return [...found.values()]
}

function collect(
  value: Value,
  path: readonly (string | number)[],
  at: Position | undefined,
  where: string,
  found: Map<string, Diagnostic>,
): void {
  if (typeof value === 'string') {
    const match = placeholderIn(value)
    if (!match) return
    const name = path
      .map((step, index) => (typeof step === 'number' ? `[${step}]` : index === 0 ? step : `.${step}`))
      .join('')
    found.set(
      `${where} ${name}`,
      problem('placeholder-left', `"${name}" still is the placeholder ${match.text}`, {
        at,
        detail: excerptOf(at),
        mend: match.mend,
      }),
    )
  } else if (Array.isArray(value)) {
    for (const [index, one] of (value as readonly Value[]).entries()) {
      collect(one, [...path, index], placeOf(value, index) ?? at, where, found)
    }
  } else if (isMapping(value)) {
    for (const [key, one] of Object.entries(value))
      collect(one, [...path, key], placeOf(value, key) ?? at, where, found)
  }
}
