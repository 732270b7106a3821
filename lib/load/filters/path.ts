import { itemOf } from '../template/access.ts'
import type { Item } from '../template/values.ts'

/** A getter for `attribute='a.b.0'`: dots lead into mappings, numbers into lists; what is missing is Undefined. */
export function getter(attribute: Item | undefined): (item: Item) => Item {
  if (attribute === undefined || attribute === null) return (item) => item
  const steps: readonly (string | number)[] =
    typeof attribute === 'number'
      ? [attribute]
      : String(attribute)
          .split('.')
          .map((step) => (/^\d+$/.test(step) ? Number(step) : step))
  return (item) => {
    let at = item
    for (const step of steps) at = itemOf(at, step)
    return at
  }
}
