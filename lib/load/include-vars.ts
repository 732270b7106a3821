import { readdirSync } from 'node:fs'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import type { TaskModule } from '../core/module.ts'
import { isMapping, type Position, type Value } from '../core/plain.ts'
import type { Keywords, Task } from '../core/playbook.ts'
import { s } from '../core/schema.ts'
import type { Around } from './around.ts'
import { describe } from './describe.ts'
import { seen, shownPath } from './files.ts'
import type { Mapping } from './loading.ts'
import type { Call } from './task-arguments.ts'
import { taskOf } from './tasks.ts'

const args = s.args(
  {
    file: s.string('The file of variables.').optional(),
    dir: s.string('A folder of such files, read in the order of their names.').optional(),
    name: s.string('One variable that gets all of them as a mapping.').optional(),
    extensions: s.list(s.string('An extension.'), 'Files of a folder that are read.').default(['yaml', 'yml', 'json']),
  },
  { freeForm: 'file' },
)

type Args = {
  readonly file?: string
  readonly dir?: string
  readonly name?: string
  readonly extensions: readonly string[]
}

/** `include_vars`: variables of a file, read when the task is reached; they win over those of plays, blocks and tasks, not over what was set or registered. */
export function readIncludeVars(
  call: Call,
  item: Mapping,
  keywords: Keywords,
  start: Position,
  around: Around,
): readonly Task[] {
  return [taskOf(moduleFor(around, start) as unknown as TaskModule, call, item, keywords, start, around)]
}

function moduleFor(around: Around, start: Position): TaskModule<Args, undefined, undefined> {
  const read = (given: Args) => valuesOf(given, around, start)
  return {
    summary: 'Variables are read from files.',
    args: args as unknown as TaskModule<Args>['args'],
    examples: ['include_vars: vars/more.yml'],
    returns: { ansible_included_var_files: 'the files that were read' },
    factsAreIncluded: true,
    provides: (given) => {
      if (given.name !== undefined) return { facts: [given.name] }
      try {
        return { facts: Object.keys(read(given).values) }
      } catch (error) {
        if (error instanceof LoadError) return { open: true }
        throw error
      }
    },
    probe: () => ({ ask: [], read: () => undefined }),
    diff: () => [],
    result: (given) => {
      const { values, files } = read(given)
      const facts = given.name === undefined ? values : { [given.name]: values }
      return { facts, values: { ansible_facts: facts, ansible_included_var_files: files } }
    },
  }
}

function valuesOf(given: Args, around: Around, from: Position): { values: Mapping; files: readonly string[] } {
  const files = given.dir === undefined ? [find(given.file ?? '', 'file', around, from)] : inFolder(given, around, from)
  const loading = around.loading.again()
  const values: { [name: string]: Value } = {}
  for (const file of files) {
    const read = loading.read(file, 'variables file', from)
    if (isMapping(read)) Object.assign(values, read)
    else if (read !== undefined && read !== null) {
      const message = `a file of variables holds "name: value" lines, found ${describe(read)}`
      loading.reportAt('vars-not-mapping', message, from)
    }
  }
  const errors = loading.diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  return { values, files }
}

function inFolder(given: Args, around: Around, from: Position): readonly string[] {
  const folder = find(given.dir ?? '', 'folder', around, from)
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => given.extensions.includes(path.extname(name).slice(1)))
    .sort()
    .map((name) => path.join(folder, name))
}

/** A file or folder of variables: in `vars/` of the role or the playbook, or right beside the tasks. */
function find(name: string, kind: 'file' | 'folder', around: Around, from: Position): string {
  const { folder, role, playbookFolder, loading } = around
  const homes = [...(role ? [role.folder] : []), folder, playbookFolder]
  const candidates = homes.flatMap((home) => [path.resolve(home, 'vars', name), path.resolve(home, name)])
  const found = candidates.find((one) => seen(one) === kind)
  if (found !== undefined) return found
  const looked = [...new Set(candidates)].map((one) => shownPath(one, loading.options.root)).join(', ')
  throw new LoadError(
    problem('file-missing', `the ${kind} of variables "${name}" does not exist`, {
      at: from,
      mend: `looked for: ${looked}`,
    }),
  )
}
