import path from 'node:path'
import type { Position } from '../core/plain.ts'
import { isMapping, type Value } from '../core/plain.ts'
import type { Step } from '../core/playbook.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { realPath, shownPath } from './files.ts'
import { startOf } from './places.ts'

/** Reads a file of tasks (absolute path) that was named at `from`; a file that leads to itself is refused with the chain. */
export function readTasksFile(file: string, from: Position, around: Around): readonly Step[] {
  const { loading, chain } = around
  const real = realPath(file)
  const { root } = loading.options
  const shown = shownPath(file, root)
  const first = chain.indexOf(real)
  if (first !== -1 || chain.length > 100) {
    const loop = [...chain.slice(Math.max(first, 0)), real].map((one) => shownPath(one, root)).join(' → ')
    loading.reportAt('include-loop', `this file leads to itself: ${loop}`, from, 'take the file out of its own chain')
    return []
  }
  const value = loading.read(file, 'file of tasks', from)
  if (value === undefined || value === null) return []
  const list = listOf(value)
  if (!list) {
    const at = typeof value === 'object' ? (startOf(value) ?? from) : { file: shown, line: 1, col: 1 }
    const message = `a file of tasks is a list, found ${describe(value)}`
    loading.reportAt('wrong-type', message, at, isMapping(value) ? 'put "- " in front of each task' : undefined)
    return []
  }
  const folder = path.dirname(file)
  const searchPath = around.searchPath.includes(folder) ? around.searchPath : insert(around, folder)
  return around.readSteps(list, list, 0, { ...around, folder, searchPath, chain: [...chain, real] })
}

/** The folder of the task file comes after the role's and before the playbook's. */
function insert(around: Around, folder: string): readonly string[] {
  const before = around.role ? [around.role.folder] : []
  return [...new Set([...before, folder, ...around.searchPath])]
}

function listOf(value: Value): readonly Value[] | undefined {
  return Array.isArray(value) ? value : undefined
}
