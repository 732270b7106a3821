import { didYouMean } from '../core/closest.ts'
import type { Loading, Mapping } from './loading.ts'
import { spot } from './places.ts'

/** What stands in the place of a module but is done by the loader or the engine. */
const builtIn = ['import_role', 'import_tasks', 'include_role', 'include_tasks', 'include_vars', 'meta']

/** The last part of a name: `docker_container` for `community.docker.docker_container`. */
export function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1)
}

/** True for the name of a module, and for what is written in its place. */
export function isModule(key: string, has: (name: string) => boolean): boolean {
  const name = lastPart(key)
  return builtIn.includes(name) || has(name)
}

/** All names that may stand in the place of a module. */
export function moduleNames(loading: Loading): readonly string[] {
  return [...loading.options.registry.names(), ...builtIn]
}

/** What to write instead of a name that no module has. */
export function otherTask(name: string, loading: Loading): string {
  return didYouMean(lastPart(name), moduleNames(loading), 'tasks') ?? 'docs/tasks.md lists the tasks there are'
}

/** Reports a name in the place of a module that no module has. */
export function reportUnknownTask(container: Mapping, key: string, loading: Loading): void {
  loading.report('unknown-task', `there is no task "${key}"`, spot(container, key, true), otherTask(key, loading))
}
