import path from 'node:path'
import type { Call } from './cli.ts'
import { didYouMean } from './core/closest.ts'
import { LoadError, problem } from './core/diagnostic.ts'
import { lastPart } from './load/module-names.ts'
import { createRegistry } from './load/registry.ts'
import { root } from './root.ts'
import type { commonFlags } from './run-flags.ts'
import { taskDoc, taskList } from './task-doc.ts'

/** Prints the page of each named task, or the list of all. Throws LoadError `unknown-task` with the nearest name. */
export async function showTask({ operands, print }: Call<typeof commonFlags>): Promise<number> {
  const registry = createRegistry(path.join(root, 'tasks'))
  if (operands.length === 0) {
    const tasks = registry.names().map((name) => ({
      name,
      folder: path.basename(path.dirname(registry.fileOf(name) ?? '')),
      summary: registry.get(name)?.summary ?? '',
    }))
    print(taskList(tasks))
    return 0
  }
  const pages = operands.map((asked) => {
    const name = lastPart(asked)
    const module = registry.get(name)
    if (module) return taskDoc(name, module)
    const mend = didYouMean(name, registry.names(), 'tasks') ?? 'npx zx scripts/doc.ts lists the tasks there are'
    throw new LoadError(problem('unknown-task', `there is no task "${asked}"`, { mend }))
  })
  print(pages.join('\n'))
  return 0
}
