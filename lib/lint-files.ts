import { readFileSync } from 'node:fs'
import path from 'node:path'
import type { Call } from './cli.ts'
import { type Diagnostic, LoadError } from './core/diagnostic.ts'
import type { Layer } from './core/inventory.ts'
import type { Play, Step, Task } from './core/playbook.ts'
import { inventoryPrograms } from './inventory-programs.ts'
import { isIgnored } from './lint/ignored.ts'
import { layersOf, tasksOf, unusedHandlers } from './lint/play-rules.ts'
import { lintTask } from './lint/task-rules.ts'
import { deprecatedNames, openSecrets, unusedVariables } from './lint/variable-rules.ts'
import { usesIn } from './lint/words.ts'
import type { lintFlags } from './lint-flags.ts'
import { namesIn, readText, seen } from './load/files.ts'
import { loadInventory } from './load/inventory.ts'
import { listVarsFolder, readVarsFile } from './load/inventory-vars.ts'
import { loadPlaybook } from './load/playbook.ts'
import { createRegistry, type Registry } from './load/registry.ts'
import { createTemplar } from './load/template.ts'
import { root } from './root.ts'
import { unopened } from './unopened.ts'
import { isOpenly, looksSecret } from './vault/names.ts'

/**
 * Prints what is wrong or most likely not meant in playbooks and inventories, each with its mend; gives 1 when there is
 * anything. Without names the playbooks of the project are read. A line that says `# lint: ignore CODE` is left alone.
 */
export async function lintFiles({ operands, options, emit, print }: Call<typeof lintFlags>): Promise<number> {
  const named = operands.map((file) => path.resolve(file))
  const own = named.length === 0 && options.inventory.length === 0
  const findings = lint(own ? ownPlaybooks() : named, options.inventory)
  for (const diagnostic of findings) emit({ kind: 'diagnostic', diagnostic })
  print(findings.length === 0 ? 'no findings\n' : `${findings.length} finding${findings.length === 1 ? '' : 's'}\n`)
  return findings.length === 0 ? 0 : 1
}

function ownPlaybooks(): readonly string[] {
  const folder = path.join(root, 'playbooks')
  return namesIn(folder)
    .filter((name) => name.endsWith('.yml'))
    .map((name) => path.join(folder, name))
}

/** All findings about playbooks (absolute paths) and inventories (as on a command line), by file and line. */
export function lint(playbooks: readonly string[], inventories: readonly string[]): readonly Diagnostic[] {
  const registry = createRegistry(path.join(root, 'tasks'))
  const read = playbooks.map((file) => readPlaybook(file, registry))
  const folders = [...new Set(playbooks.map((file) => path.dirname(file)))]
  const inventory = readInventories(inventories, folders[0])
  const layers = [...read.flatMap((one) => one.layers), ...folders.flatMap(layersBeside), ...inventory.layers]
  const once = [...new Map(layers.map((layer) => [layerKey(layer), layer])).values()]
  // What only an inventory says may be for any playbook.
  const unused = playbooks.length === 0 ? [] : unusedVariables(once, usesOf([...folders, ...inventory.folders]))
  const all = [
    ...inventory.findings,
    ...read.flatMap((one) => one.findings),
    ...once.flatMap((layer) => [...deprecatedNames(layer), ...openSecrets(layer, { looksSecret, isOpenly })]),
    ...unused,
  ]
  const lineOf = lineReader()
  return inOrder(all.filter((one) => !isIgnored(one, lineOf)))
}

/** The same file is read for each playbook that imports it. */
function layerKey({ name, values, positionOf }: Layer): string {
  const [first = ''] = Object.keys(values)
  const at = positionOf?.(first)
  return at ? `${at.file}:${at.line}:${at.col} ${Object.keys(values).length}` : `${name} ${first}`
}

interface Read {
  readonly findings: readonly Diagnostic[]
  readonly layers: readonly Layer[]
}

function readPlaybook(file: string, registry: Registry): Read {
  const templar = createTemplar()
  const { playbook, diagnostics } = loadPlaybook(file, {
    root,
    registry,
    decrypt: unopened,
    checkSyntax: (text, kind, at) => templar.check(text, kind, at),
  })
  const findings = [...diagnostics]
  const about = { hasModule: (name: string) => registry.has(name) }
  const layers = playbook.plays.flatMap((play) => {
    const { tasks, handlers } = tasksIn(play, findings)
    findings.push(...[...tasks, ...handlers].flatMap((task) => lintTask(task, about)))
    findings.push(...unusedHandlers(play, tasks, handlers))
    return layersOf(play, [...tasks, ...handlers])
  })
  return { findings, layers }
}

/** How deep includes are followed. */
const deepest = 20

function tasksIn(
  play: Play,
  findings: Diagnostic[],
): { readonly tasks: readonly Task[]; readonly handlers: readonly Task[] } {
  let depth = 0
  const loaded = ({ file, load }: Extract<Step, { kind: 'include' }>): readonly Step[] => {
    const name = String(file.value)
    if (/\{\{|\{%/.test(name) || depth >= deepest) return []
    try {
      depth++
      return load(name)
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      findings.push(...error.diagnostics)
      return []
    } finally {
      depth--
    }
  }
  return { tasks: tasksOf(play.steps, loaded), handlers: tasksOf(play.handlers, loaded) }
}

/** Variables beside a playbook. */
function layersBeside(folder: string): readonly Layer[] {
  const draft = { diagnostics: [] as Diagnostic[], report: () => undefined }
  return ['group_vars', 'host_vars'].flatMap((name) =>
    [...listVarsFolder(path.join(folder, name)).files.values()]
      .flat()
      .flatMap((file) => readVarsFile(file, root, draft, { decrypt: unopened }) ?? []),
  )
}

function readInventories(named: readonly string[], playbookFolder: string | undefined) {
  const found = named.map((name) =>
    loadInventory([name], {
      root,
      cwd: process.cwd(),
      playbookFolder,
      decrypt: unopened,
      execute: inventoryPrograms(),
    }),
  )
  const layers = found.flatMap(({ inventory }) =>
    [...inventory.groups.values(), ...inventory.hosts.values()].flatMap((one) => one.layers),
  )
  return {
    findings: found.flatMap(({ diagnostics }) => diagnostics),
    layers: [...new Set(layers)],
    folders: found.map(({ inventory }) => inventory.folder),
  }
}

/** The names that are used in the files of some folders, or that the program itself asks for. */
function usesOf(folders: readonly string[]): (name: string) => boolean {
  const inFiles = usesIn(folders.flatMap((folder) => [...textsBelow(folder, /\.(ya?ml|j2|ini|json)$|^[^.]+$/)]))
  let inProgram: ((name: string) => boolean) | undefined
  return (name) => {
    if (inFiles(name)) return true
    inProgram ??= namesInProgram()
    return inProgram(name)
  }
}

function namesInProgram(): (name: string) => boolean {
  const quoted = new Set<string>()
  for (const folder of ['lib', 'tasks', 'playbooks']) {
    for (const text of textsBelow(path.join(root, folder), /\.ts$/)) {
      for (const [, name = ''] of text.matchAll(/\b(?:variable|get|lookup)\('([a-z_]\w*)'|\b([a-z]\w*_\w+):/g))
        quoted.add(name)
    }
  }
  return (name) => quoted.has(name)
}

function* textsBelow(folder: string, names: RegExp): Generator<string> {
  for (const name of namesIn(folder)) {
    const full = path.join(folder, name)
    if (/^(node_modules|runs|secrets|\..*)$/.test(name)) continue
    if (seen(full) === 'folder') yield* textsBelow(full, names)
    else if (names.test(name)) {
      try {
        yield readText(full, name)
      } catch (error) {
        if (!(error instanceof LoadError)) throw error
      }
    }
  }
}

function lineReader(): (file: string, line: number) => string | undefined {
  const files = new Map<string, readonly string[]>()
  return (file, line) => {
    const known = files.get(file) ?? linesOf(path.resolve(root, file))
    files.set(file, known)
    return known[line - 1]
  }
}

function linesOf(file: string): readonly string[] {
  return seen(file) === 'file' ? readFileSync(file, 'utf8').split('\n') : []
}

/** By file as they were met, then by place; each finding once. */
function inOrder(findings: readonly Diagnostic[]): readonly Diagnostic[] {
  const once = [...new Map(findings.map((one) => [JSON.stringify([one.code, one.message, one.at]), one])).values()]
  const files = [...new Set(once.map(({ at }) => at?.file))]
  const rank = ({ at }: Diagnostic) => [files.indexOf(at?.file), at?.line ?? 0, at?.col ?? 0]
  return once.sort((a, b) => {
    const [left, right] = [rank(a), rank(b)]
    const first = left.findIndex((value, index) => value !== right[index])
    return first < 0 ? 0 : (left[first] ?? 0) - (right[first] ?? 0)
  })
}
