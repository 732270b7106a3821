import { isMapping } from '../core/plain.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import type { Loading, Mapping } from './loading.ts'
import { lastPart, reportUnknownTask } from './module-names.ts'
import { spot } from './places.ts'

/** `module_defaults` of a play, block or task on top of those around it. */
export function readDefaults(item: Mapping, outer: Around['defaults'], loading: Loading): Around['defaults'] {
  const value = item.module_defaults ?? null
  if (value === null) return outer
  if (!isMapping(value)) {
    const message = `module_defaults takes modules and their arguments, found ${describe(value)}`
    loading.report('wrong-type', message, spot(item, 'module_defaults'))
    return outer
  }
  const out = new Map(outer)
  for (const [written, args] of Object.entries(value)) {
    const name = lastPart(written)
    if (written.startsWith('group/')) {
      const message = 'groups of modules are not known here'
      loading.report('unsupported-keyword', message, spot(value, written, true), 'name each module')
    } else if (!loading.options.registry.has(name)) {
      reportUnknownTask(value, written, loading)
    } else if (isMapping(args)) {
      out.set(name, [...(out.get(name) ?? []), args])
    } else if (args !== null) {
      const message = `the defaults of ${name} are arguments (name: value), found ${describe(args)}`
      loading.report('wrong-type', message, spot(value, written))
    }
  }
  return out
}
