import { createRequire } from 'node:module'

/**
 * A module that most runs never need, loaded by the first call of what is returned. `from` is `import.meta.url` of the file
 * that asks; `name` is written as in an `import`, and once more in the type:
 * `const put = whenNeeded<typeof import('./put.ts')>('./put.ts', import.meta.url)`, then `put().put(…)`.
 */
export function whenNeeded<Module>(name: string, from: string): () => Module {
  let loaded: Module | undefined
  return () => {
    loaded ??= createRequire(from)(name) as Module
    return loaded
  }
}
