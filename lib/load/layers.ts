import type { Layer } from '../core/inventory.ts'
import type { Value } from '../core/plain.ts'
import { placeOf } from './places.ts'

/** A mapping that was read from a file, as a layer of variables that knows the place of each; `name` is for people. */
export function layerOf(name: string, values: { readonly [key: string]: Value }): Layer {
  return { name, values, positionOf: (key) => placeOf(values, key) }
}

/** The same variables with another standing among the layers of a task. */
export function ranked(layer: Layer, rank: Exclude<Layer['rank'], undefined>): Layer {
  return { ...layer, rank }
}

/** What may be the name of a variable: a letter or an underscore, then letters, digits and underscores. */
export function isVariableName(name: string): boolean {
  return /^[A-Za-z_]\w*$/.test(name)
}
