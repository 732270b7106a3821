import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import path from 'node:path'
import type { Call } from './cli.ts'
import { composeServices } from './compose.ts'
import { type Diagnostic, LoadError, problem } from './core/diagnostic.ts'
import type { Emit } from './core/event.ts'
import type { Inventory } from './core/inventory.ts'
import type { RunOptions } from './core/options.ts'
import type { Value } from './core/plain.ts'
import type { Playbook, Prompt } from './core/playbook.ts'
import { Secret } from './core/secret.ts'
import { keepTelling } from './core/telling.ts'
import { whenNeeded } from './core/when-needed.ts'
import { type Run, runPlaybook } from './engine/run.ts'
import { validate } from './engine/validate.ts'
import { foresee } from './foresee.ts'
import { withFacts } from './gather-facts.ts'
import { inventoryPrograms } from './inventory-programs.ts'
import { loadInventory } from './load/inventory.ts'
import type { LookupTable } from './load/lookups.ts'
import { loadPlaybook } from './load/playbook.ts'
import { createRegistry } from './load/registry.ts'
import type { CheckSyntax } from './load/syntax-checks.ts'
import type { Templar } from './load/template.ts'
import { readExtraVars } from './load/vars-files.ts'
import { parseYaml } from './load/yaml.ts'
import { lockTerms } from './lock-terms.ts'
import { exitCodeOf } from './report/recap.ts'
import { root } from './root.ts'
import type { runFlags } from './run-flags.ts'
import type { Sandboxes } from './sandboxes.ts'
import { openFolder } from './secrets/private-file.ts'
import type { Vault } from './secrets/vault.ts'
import { keepHeapSmall } from './small-heap.ts'
import { openStores, secretsOf, vaultFor } from './stores.ts'
import { unknownTags } from './unknown-tags.ts'

const effects = whenNeeded<typeof import('./lookups.ts')>('./lookups.ts', import.meta.url)
const disks = whenNeeded<typeof import('./controller-disk.ts')>('./controller-disk.ts', import.meta.url)
const lookups = whenNeeded<typeof import('./load/lookups.ts')>('./load/lookups.ts', import.meta.url)
const prompts = whenNeeded<typeof import('./secrets/prompt.ts')>('./secrets/prompt.ts', import.meta.url)

/**
 * Loads inventory and playbook, checks everything, and only then runs it, unless lists or a check of the syntax were
 * asked for. Returns the exit code; throws LoadError with all findings when something is wrong before the run.
 */
export async function runPlaybookFile(file: string, call: RunCall): Promise<number> {
  const { options, emit } = call
  const vault = vaultFor(call)
  const templar = await templarFor(file, call, vault)
  const loaded = await load(file, call, templar, vault)
  const runOptions = await optionsOf(call, vault, loaded.playbook)
  const { createSandboxes } = await import('./sandboxes.ts')
  const sandboxes = createSandboxes(loaded.inventory)
  try {
    if (options.reset) await sandboxes.reset()
    const run = await prepareRun(call, templar, loaded, runOptions, sandboxes, vault)
    const tags = unknownTags(loaded.playbook, runOptions)
    // A list needs no values, so it is shown of what is still being filled in as well.
    const lists = { hosts: options.listHosts, tasks: options.listTasks, tags: options.listTags }
    if (!options.syntaxCheck && (lists.hosts || lists.tasks || lists.tags)) {
      stopAtErrors(tags, emit)
      const { listed } = await import('./listing.ts')
      call.print(listed(run, lists))
      return 0
    }
    keepHeapSmall()
    stopAtErrors([...tags, ...(await validate(run))], emit)
    if (options.syntaxCheck) {
      call.print(`playbook: ${loaded.playbook.file}\nno mistakes found\n`)
      return 0
    }
    await openStores(loaded.inventory, runOptions.limit, sandboxes, vault)
    const kept = await recorded(call, loaded, runOptions, sandboxes)
    emit({
      kind: 'run.start',
      format: 1,
      playbook: loaded.playbook.file,
      inventory: loaded.inventory.name,
      hosts: [...loaded.inventory.hosts.keys()],
      check: runOptions.check,
      diff: runOptions.diff,
    })
    kept?.tell()
    const started = Date.now()
    const ended = await runPlaybook({ ...run, ...kept })
    const exitCode = exitCodeOf(Object.values(ended.stats), ended.stopped)
    emit({ kind: 'run.end', ...ended, ms: Date.now() - started, exitCode })
    return exitCode
  } finally {
    await sandboxes.stop()
  }
}

/** Begins the record of the run, where one is kept. */
async function recorded(call: RunCall, loaded: Loaded, options: RunOptions, sandboxes: Sandboxes) {
  const { emit, env, recording, stopping } = call
  if (recording === undefined) return undefined
  const { keepRecord } = await import('./keep-record.ts')
  return keepRecord({ ...loaded, ...recording, sandboxes, options, resume: call.options.resume, env, emit, stopping })
}

type RunCall = Call<typeof runFlags>

interface Loaded {
  readonly inventory: Inventory
  readonly playbook: Playbook
}

/** Everything that files say; all that is wrong in them is thrown at once. */
async function load(file: string, { options, emit }: RunCall, templar: Templar, vault: Vault): Promise<Loaded> {
  if (options.inventory.length === 0) {
    throw new LoadError(
      problem('no-inventory', 'which hosts? No inventory was named', {
        mend: 'add --inventory NAME; try it out with --inventory sandbox',
      }),
    )
  }
  await vault.ready()
  const registry = createRegistry(path.join(root, 'tasks'))
  const { decrypt } = vault
  const execute = inventoryPrograms()
  const read = await vault.reading(() => {
    const playbookFolder = path.dirname(file)
    const found = loadInventory(options.inventory, { root, cwd: process.cwd(), playbookFolder, execute, decrypt })
    vault.near(found.inventory.folder)
    foresee(playbookFolder, found.inventory.folder, vault)
    const checkSyntax: CheckSyntax = (text, kind, at) => templar.check(text, kind, at)
    return { found, playbook: loadPlaybook(file, { root, registry, decrypt, checkSyntax }) }
  })
  const { inventory, diagnostics: ofInventory } = read.found
  const { playbook, diagnostics: ofPlaybook } = read.playbook
  stopAtErrors([...ofInventory, ...ofPlaybook], emit)
  stopAtErrors(openFolders([inventory.folder, path.dirname(file)]), emit)
  return { inventory, playbook: withFacts(playbook, registry) }
}

/** Who may write beside a playbook or an inventory decides what runs on the hosts, as whoever runs it. */
function openFolders(folders: readonly string[]): readonly Diagnostic[] {
  return [...new Set(folders)].flatMap((folder) => {
    const open = openFolder(folder, 'everybody')
    if (open === undefined) return []
    const message = `${folder}: ${open.message}, and so decide what is done on your hosts`
    return [{ ...problem('folder-open-to-all', message, { mend: open.mend }), severity: 'warning' as const }]
  })
}

async function templarFor(file: string, { env, options }: RunCall, { decrypt }: Vault): Promise<Templar> {
  const { createTemplar } = await import('./load/template.ts')
  const folder = path.dirname(file)
  const { check, syntaxCheck, listHosts, listTasks, listTags } = options
  const keeps = ![check, syntaxCheck, listHosts, listTasks, listTags].includes(true)
  let table: LookupTable | undefined
  return createTemplar({
    get lookups() {
      table ??= lookups().createLookups(effects().lookupEffects(folder, env, { keeps, decrypt }))
      return table
    },
    readTemplate: (name, from) => effects().templateReader(folder)(name, from),
    home: homedir(),
    get disk() {
      return disks().controllerDisk(env)
    },
    parseYaml: yamlDocuments,
  })
}

/** For the filter `from_yaml`: one document. */
function yamlDocuments(text: string): readonly Value[] {
  const { value, diagnostics } = parseYaml(text, 'from_yaml')
  const errors = diagnostics.filter((one) => one.severity === 'error')
  if (errors.length > 0) throw new LoadError(errors)
  return [value ?? null]
}

/** Shows warnings; throws when there is an error among the findings. */
function stopAtErrors(diagnostics: readonly Diagnostic[], emit: Emit): void {
  const errors = diagnostics.filter((one) => one.severity === 'error')
  for (const diagnostic of diagnostics) if (diagnostic.severity === 'warning') emit({ kind: 'diagnostic', diagnostic })
  if (errors.length > 0) throw new LoadError(errors)
}

async function prepareRun(
  call: RunCall,
  templar: Templar,
  { inventory, playbook }: Loaded,
  options: RunOptions,
  sandboxes: Sandboxes,
  vault: Vault,
): Promise<Run> {
  const services = composeServices({
    templar,
    store: (host) => secretsOf(host, inventory, sandboxes, vault),
    openFile: (text, name) => vault.open('vault', text, path.basename(name), { file: name, line: 1, col: 1 }),
    agent: call.env.SSH_AUTH_SOCK,
    sandbox: sandboxes.target,
    rehearses: sandboxes.has,
    lockTerms: lockTerms(`${playbook.file}, inventory ${inventory.name}`, call.options.takeOver),
  })
  return {
    playbook,
    inventory,
    options,
    services,
    templar,
    emit: call.emit,
    prompted: await promptsOf(playbook, options),
    signal: call.signal,
    stopping: call.stopping,
  }
}

async function optionsOf({ options, emit }: RunCall, vault: Vault, playbook: Playbook): Promise<RunOptions> {
  const { layers, diagnostics } = await vault.reading(() =>
    readExtraVars(options.extraVars, { root, cwd: process.cwd(), decrypt: vault.decrypt }),
  )
  stopAtErrors(diagnostics, emit)
  if (options.privateKey !== undefined && !existsSync(options.privateKey)) {
    throw new LoadError(
      problem('file-missing', `--private-key: ${options.privateKey} does not exist`, {
        mend: 'check the name and the folder',
      }),
    )
  }
  const connection: { [name: string]: Value } = {}
  if (options.user !== undefined) connection.ansible_user = options.user
  if (options.privateKey !== undefined) connection.ansible_ssh_private_key_file = path.resolve(options.privateKey)
  if (options.askPass) connection.ansible_password = await prompts().askSecret('SSH password', 'ansible_password')
  if (options.becomeUser !== undefined) connection.ansible_become_user = options.becomeUser
  if (options.askBecomePass)
    connection.ansible_become_password = await prompts().askSecret('sudo password', 'ansible_become_password')
  return {
    check: options.check,
    diff: options.diff,
    tags: options.tags,
    skipTags: options.skipTags,
    limit: options.limit,
    forks: options.forks,
    extraVars: layers.map((layer) => ({ ...layer, values: withSecrets(layer.values, playbook) })),
    startAtTask: options.startAtTask,
    forceHandlers: options.forceHandlers,
    verbosity: options.verbose,
    connection: { name: 'command line', values: connection },
    become: options.become,
  }
}

/** What stands for the answer to a private question is as secret as the answer; other values may tell by their names. */
function withSecrets(values: RunOptions['extraVars'][number]['values'], playbook: Playbook): typeof values {
  const asked = new Set(
    playbook.plays.flatMap(({ prompts }) => prompts.filter((one) => one.private)).map((one) => one.name),
  )
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => {
      keepTelling(name, value)
      return [name, asked.has(name) && typeof value === 'string' ? new Secret(value, name) : value]
    }),
  )
}

/** Asks what `vars_prompt` wants to know, unless `-e` says it already; where nobody can answer, its default stands. */
async function promptsOf(playbook: Playbook, options: RunOptions): Promise<{ readonly [name: string]: Value }> {
  const given = new Set(options.extraVars.flatMap((layer) => Object.keys(layer.values)))
  const answers: { [name: string]: Value } = {}
  for (const prompt of playbook.plays.flatMap((play) => play.prompts)) {
    if (given.has(prompt.name) || prompt.name in answers) continue
    const { ask, isSomeoneThere } = prompts()
    if (prompt.default !== undefined && !isSomeoneThere()) {
      answers[prompt.name] = asAnswer(prompt, prompt.default)
      continue
    }
    const typed = await ask(prompt.prompt, prompt.private)
    if (prompt.confirm && (await ask(`${prompt.prompt} (again)`, prompt.private)) !== typed) {
      throw new LoadError(
        problem('prompt-not-confirmed', `the two answers for ${prompt.name} differ`, { at: prompt.at }),
      )
    }
    const value = typed === '' ? (prompt.default ?? '') : typed
    answers[prompt.name] = asAnswer(prompt, value)
  }
  return answers
}

function asAnswer({ name, private: hidden }: Prompt, value: Value): Value {
  return hidden && typeof value === 'string' ? new Secret(value, name) : value
}
