import { homedir } from 'node:os'
import path from 'node:path'
import type { Call } from './cli.ts'
import { controllerDisk } from './controller-disk.ts'
import { didYouMean } from './core/closest.ts'
import { type Diagnostic, LoadError, problem } from './core/diagnostic.ts'
import type { Inventory, InventoryHost, Layer } from './core/inventory.ts'
import { unlocked } from './core/lock.ts'
import type { Play, Playbook } from './core/playbook.ts'
import { Secret } from './core/secret.ts'
import type { Store } from './core/store.ts'
import { HostState } from './engine/host-state.ts'
import { hostsOf } from './engine/play-hosts.ts'
import type { Run } from './engine/run.ts'
import type { Services } from './engine/services.ts'
import { Variables } from './engine/variables.ts'
import { inventoryPrograms } from './inventory-programs.ts'
import { loadInventory } from './load/inventory.ts'
import { createLookups } from './load/lookups.ts'
import { hostNamed } from './load/pattern.ts'
import { loadPlaybook } from './load/playbook.ts'
import { createRegistry } from './load/registry.ts'
import { createScope, lazyMapping, type Scope } from './load/scope.ts'
import { createTemplar, type Templar } from './load/template.ts'
import { readExtraVars } from './load/vars-files.ts'
import { lookupEffects } from './lookups.ts'
import { outline } from './report/outline.ts'
import { root } from './root.ts'
import { unopened } from './unopened.ts'
import { type Elsewhere, type Explanation, elsewhereIn, explain, namesOf, together } from './why/explain.ts'
import { whyText } from './why/text.ts'
import type { whyFlags } from './why-flags.ts'

type WhyCall = Call<typeof whyFlags>

/**
 * Says where a host has a variable from, what it renders to and what lost against it, in every play that works on the host.
 * Nothing is run and nothing encrypted is opened. Throws LoadError `no-such-host`, `no-such-variable`.
 */
export async function tellWhy(call: WhyCall): Promise<number> {
  const { operands, options, print, env } = call
  const [hostName = '', variable = ''] = operands
  const file = path.resolve(options.playbook ?? path.join(root, 'playbooks/install.yml'))
  const { inventory, playbook, extra } = read(file, call)
  const host = hostNamed(inventory, hostName)
  // Programs would have to be run for the lookups `pipe` and `lines`, so there are none.
  const { pipe: _pipe, ...effects } = lookupEffects(path.dirname(file), env, { keeps: false, decrypt: unopened })
  const templar = createTemplar({ lookups: createLookups(effects), home: homedir(), disk: controllerDisk(env) })
  const scopes = [...scopesOf(host, { inventory, playbook, extra, templar }), outsideOf(host, extra, templar)]
  const found = scopes.flatMap(({ play, scope }) => explain(variable, scope, play?.name ?? '') ?? [])
  const plays = scopes.flatMap(({ play }) => play ?? [])
  const elsewhere = plays.flatMap((play) => elsewhereIn(play, variable))
  if (found.length === 0 && elsewhere.length === 0)
    throw nowhere(
      variable,
      host,
      scopes.map(({ scope }) => scope),
    )
  const explanations = plays.length > 0 ? inPlays(found, plays) : found
  print(
    whyText({ variable, host: host.name, explanations: together(explanations), elsewhere: once(elsewhere), outline }),
  )
  return 0
}

/** Outside of all plays counts only when no play works on the host. */
function inPlays(found: readonly Explanation[], plays: readonly Play[]): readonly Explanation[] {
  const names = new Set(plays.map(({ name }) => name))
  const inside = found.filter((one) => one.plays.some((name) => names.has(name)))
  return inside.length > 0 ? inside : found
}

function once(elsewhere: readonly Elsewhere[]): readonly Elsewhere[] {
  return [...new Map(elsewhere.map((one) => [JSON.stringify(one), one])).values()]
}

interface Read {
  readonly inventory: Inventory
  readonly playbook: Playbook
  readonly extra: readonly Layer[]
}

function read(file: string, { options, emit }: WhyCall): Read {
  if (options.inventory.length === 0) {
    throw new LoadError(
      problem('no-inventory', 'which hosts? No inventory was named', { mend: 'add --inventory NAME' }),
    )
  }
  const cwd = process.cwd()
  const ofInventory = loadInventory(options.inventory, {
    root,
    cwd,
    playbookFolder: path.dirname(file),
    decrypt: unopened,
    execute: inventoryPrograms(),
  })
  const ofPlaybook = loadPlaybook(file, { root, registry: createRegistry(path.join(root, 'tasks')), decrypt: unopened })
  const ofWords = readExtraVars(options.extraVars, { root, cwd, decrypt: unopened })
  const findings: readonly Diagnostic[] = [ofInventory, ofPlaybook, ofWords].flatMap(({ diagnostics }) => diagnostics)
  // What is still to be filled in is a value like others here.
  const errors = findings.filter((one) => one.severity === 'error' && one.code !== 'placeholder-left')
  if (errors.length > 0) throw new LoadError(errors)
  for (const diagnostic of findings) if (diagnostic.severity === 'warning') emit({ kind: 'diagnostic', diagnostic })
  return { inventory: ofInventory.inventory, playbook: ofPlaybook.playbook, extra: ofWords.layers }
}

interface InPlay {
  readonly play: Play | undefined
  readonly scope: Scope
}

/** The variables of the host in every play that works on it, as they are before the first task. */
function scopesOf(
  host: InventoryHost,
  { inventory, playbook, extra, templar }: Read & { templar: Templar },
): readonly InPlay[] {
  const never = new AbortController().signal
  const store: Store = {
    names: async () => [],
    get: async () => undefined,
    set: async () => {},
    delete: async () => {},
  }
  // Nothing is run, so of all services only those are asked for that every host has from the beginning.
  const services = { store: () => store, lock: () => unlocked } as unknown as Services
  const run: Run = {
    playbook,
    inventory,
    options: {
      check: true,
      diff: false,
      tags: [],
      skipTags: [],
      limit: undefined,
      forks: 50,
      extraVars: extra,
      startAtTask: undefined,
      forceHandlers: false,
      verbosity: 0,
      connection: { name: 'command line', values: {} },
      become: false,
    },
    services,
    templar,
    emit: () => undefined,
    prompted: {},
    signal: never,
    stopping: never,
  }
  const state = new HostState(host, services, run.emit, never)
  state.secrets = lazyMapping(
    () => [],
    (name) => new Secret('', name),
  ) as unknown as HostState['secrets']
  const variables = new Variables(run, new Map([[host.name, state]]), () => true)
  return playbook.plays
    .filter((play) => hostsOf(run, play, variables, true).includes(host.name))
    .map((play) => ({ play, scope: variables.scopeOf(state, play, [state], play.keywords.vars) }))
}

/** What the inventory and the command line say, without any play. */
function outsideOf(host: InventoryHost, extra: readonly Layer[], templar: Templar): InPlay {
  const names: Layer = { name: 'names of the host', values: namesOf(host), literal: true }
  return { play: undefined, scope: createScope(templar, [...host.layers, names, ...extra]) }
}

function nowhere(variable: string, host: InventoryHost, scopes: readonly Scope[]): LoadError {
  const known = new Set(scopes.flatMap((scope) => [...scope.names()]))
  const message = `nothing gives ${host.name} a variable "${variable}"`
  return new LoadError(problem('no-such-variable', message, { mend: didYouMean(variable, [...known], 'variables') }))
}
