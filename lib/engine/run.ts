import { LoadError, problem, StoppedError } from '../core/diagnostic.ts'
import type { Emit, Event, Stats } from '../core/event.ts'
import type { Addition, Inventory, InventoryHost } from '../core/inventory.ts'
import { type Finished, type Left, playNames } from '../core/left.ts'
import type { RunOptions } from '../core/options.ts'
import type { Plain, Value } from '../core/plain.ts'
import type { Play, Playbook, Step } from '../core/playbook.ts'
import { type Slots, slots } from '../core/slots.ts'
import { implicitLocalhost } from '../load/pattern.ts'
import type { Templar } from '../load/template.ts'
import { type Audit, leaveAuditLine } from './audit.ts'
import { HostRun } from './host-run.ts'
import { HostState } from './host-state.ts'
import { forgetTogether, type LaterTasks, laterTasks } from './later-plays.ts'
import { HostEnds, HostOut } from './leaving.ts'
import { Lockstep } from './lockstep.ts'
import { hostsOf, mayHaveGrown, ordered } from './play-hosts.ts'
import type { PlayState } from './play-state.ts'
import { isPartial } from './selection.ts'
import type { Services } from './services.ts'
import { Variables } from './variables.ts'

export interface Run {
  readonly playbook: Playbook
  readonly inventory: Inventory
  readonly options: RunOptions
  readonly services: Services
  readonly templar: Templar
  readonly emit: Emit
  /** Answers of `vars_prompt`, by name. */
  readonly prompted: { readonly [key: string]: Value }
  readonly signal: AbortSignal
  readonly stopping: AbortSignal
  /** What earlier runs left to do. */
  readonly left?: Left
  /** With `--resume`: what the run that is resumed finished. */
  readonly finished?: Finished
  /** An earlier run did not come to its end: what it left is made up for. */
  readonly makesUp?: boolean
  /** The line to leave on a host that was changed. */
  readonly audit?: Audit
  /** Waits until it is on the disk of this machine what is about to be changed. */
  readonly durable?: () => Promise<void>
}

export interface Ended {
  readonly stats: { readonly [host: string]: Readonly<Stats> }
  readonly changed: { readonly [host: string]: readonly string[] }
  readonly traffic: { readonly [host: string]: Plain }
  readonly stopped: boolean
}

/** Runs the plays one after the other; within a play all hosts side by side. Closes every link before it returns. */
export async function runPlaybook(asked: Run): Promise<Ended> {
  const run = { ...asked }
  const hosts = new Map<string, HostState>()
  const hostNamed = (name: string): HostState => {
    const known = hosts.get(name)
    if (known) return known
    const entry = run.inventory.hosts.get(name) ?? implicit(run.inventory, name)
    const state = new HostState(entry, run.services, run.emit, run.signal)
    hosts.set(name, state)
    return state
  }
  const grow = (addition: Addition): boolean => {
    const grown = run.inventory.grown?.(addition)
    if (grown === undefined) return false
    run.inventory = grown
    for (const host of hosts.values()) {
      host.inventoryHost = grown.hosts.get(host.name) ?? host.inventoryHost
      host.version++
    }
    return true
  }
  const places = slots(run.options.forks)
  const variables = new Variables(run, hosts)
  const later = laterTasks(run, variables)
  let forgotten = 0
  const started = new Set<string>()
  const nameOf = playNames()
  let stopped = false
  try {
    for (const play of run.playbook.plays) {
      const grew = run.inventory !== asked.inventory
      const names = hostsOf(run, play, variables, grew || mayHaveGrown(run.playbook, play))
      if (names.length === 0 && run.options.limit === undefined) run.emit(nobody(play))
      const chosen = ordered(names, play)
        .map(hostNamed)
        .filter((host) => host.out === undefined)
      variables.choose(play, names)
      for (const host of chosen) {
        if (!started.has(host.name)) await host.recall()
        started.add(host.name)
      }
      const goesOn = await runPlay(run, play, chosen, {
        slots: places,
        variables,
        hostNamed,
        grow,
        name: nameOf(play.name),
        later,
        begin: () => {
          forgotten = forgetTogether(hosts.values(), forgotten)
        },
      })
      if (!goesOn) break
    }
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error
    stopped = true
  } finally {
    if (run.makesUp && !run.options.check) await Promise.all([...hosts.values()].map((host) => host.clearLock()))
    await Promise.all([...hosts.values()].map((host) => leaveAuditLine(run, host).finally(() => host.leave())))
  }
  const all = [...hosts.values()].filter((host) => started.has(host.name))
  return {
    stats: Object.fromEntries(all.map((host) => [host.name, host.stats])),
    changed: Object.fromEntries(all.map((host) => [host.name, host.changedTasks])),
    traffic: Object.fromEntries(all.map((host) => [host.name, inWhole(host.counted)])),
    stopped: stopped || run.stopping.aborted,
  }
}

function inWhole(counted: HostState['counted']): Plain {
  const trips = counted.shell + counted.docker + counted.api + counted.streams
  return Object.fromEntries(Object.entries({ trips, ...counted }).map(([name, number]) => [name, Math.round(number)]))
}

/** A host that no inventory knows: this machine under its usual names, otherwise an address to ssh to. */
function implicit(inventory: Inventory, name: string): InventoryHost {
  const local = ['localhost', '127.0.0.1', '::1'].includes(name)
  return local
    ? implicitLocalhost(inventory, name)
    : { name, groups: [], layers: inventory.groups.get('all')?.layers ?? [] }
}

function nobody(play: Play): Event {
  const message = `no host matches ${String(play.hosts.value)}: nothing is done in this play`
  const diagnostic = problem('pattern-matches-nothing', message, { at: play.hosts.at })
  return { kind: 'diagnostic', diagnostic: { ...diagnostic, severity: 'warning' } }
}

/** Is there anything in a play that ends it for all hosts when it happens to one? */
function canEndForAll(play: Play): boolean {
  const ends = (steps: readonly Step[]): boolean =>
    steps.some((step) => {
      if (step.kind === 'meta') return step.action === 'end_play' || step.action === 'end_batch'
      if (step.keywords.anyErrorsFatal !== undefined) return true
      return step.kind === 'block' && [step.steps, step.rescue, step.always].some(ends)
    })
  return play.anyErrorsFatal !== undefined || play.maxFailPercentage !== undefined || ends(play.steps)
}

interface Shared {
  /** The name of the play, told apart from others of the same name. */
  readonly name: string
  readonly slots: Slots
  readonly variables: Variables
  readonly later: LaterTasks
  grow(addition: Addition): boolean
  hostNamed(name: string): HostState
  /** Before hosts begin a play: what was learnt for it may be old by then. */
  begin(): void
}

/** False when the run must not go on with the next play. */
async function runPlay(run: Run, play: Play, hosts: readonly HostState[], shared: Shared): Promise<boolean> {
  run.emit({ kind: 'play.start', play: play.name, hosts: hosts.map((host) => host.name) })
  for (const batch of batchesOf(run, play, hosts, shared.variables)) {
    shared.begin()
    const state = playState(run, play, batch, shared)
    const results = await Promise.allSettled(batch.map((host) => runHost(state, host)))
    const defect = results.find((result) => result.status === 'rejected')
    if (defect) throw defect.reason
    if (state.fatal) return false
    // As in Ansible: with nobody left of a batch, the plays that follow do not begin either.
    if (batch.length > 0 && batch.every((host) => host.out !== undefined)) return false
    if (state.ending === 'meta: end_play') break
  }
  return true
}

async function runHost(state: PlayState, host: HostState): Promise<void> {
  const run = new HostRun(state, host)
  const { play } = state
  host.useVariables((name) => state.scopeOf(host, play.keywords.vars).get(name))
  const flush = async () => {
    if (host.out === 'unreachable') return
    await run.handlers.flush()
  }
  try {
    try {
      await run.steps(play.steps)
      if (!isPartial(state.options)) run.handlers.recall()
      await flush()
    } catch (error) {
      if (error instanceof HostEnds) {
        if (!isPartial(state.options)) run.handlers.recall()
        await flush()
      } else if (error instanceof HostOut) {
        const force = state.options.forceHandlers || run.keyword(play.forceHandlers) === true
        if (force) await flush()
      } else {
        throw error
      }
    }
  } catch (error) {
    if (!(error instanceof HostOut || error instanceof HostEnds)) throw error
  } finally {
    const { owed } = run.handlers
    if (owed.length > 0) {
      state.emit({
        kind: 'diagnostic',
        host: host.name,
        diagnostic: {
          ...problem('handlers-owed', `these handlers were notified and did not run: ${owed.join(', ')}`, {
            mend: 'mend the cause and run it again: the next run makes up for them; --force-handlers runs them at once',
          }),
          severity: 'warning',
        },
      })
    }
    state.left.add(host)
    state.lockstep.arrive(host.name, 'done')
    host.doing('')
  }
}

/** `serial` as numbers, percentages and lists of them; without it all hosts are one batch. */
function batchesOf(
  run: Run,
  play: Play,
  hosts: readonly HostState[],
  variables: Variables,
): readonly (readonly HostState[])[] {
  const sizes = play.serial.flatMap((written) => {
    const value = run.templar.renderDeep(written.value, variables.outside(), () => written.at)
    return (Array.isArray(value) ? value : [value]).map((one) => {
      const text = String(one)
      const size = text.endsWith('%')
        ? Math.max(1, Math.floor((Number(text.slice(0, -1)) / 100) * hosts.length))
        : Number(text)
      if (!Number.isFinite(size) || size < 0)
        throw new LoadError(
          problem('bad-serial', `serial should be a number or a percentage, not ${text}`, { at: written.at }),
        )
      return size
    })
  })
  if (sizes.length === 0 || sizes.every((size) => size === 0)) return [hosts]
  const batches: (readonly HostState[])[] = []
  let from = 0
  for (let index = 0; from < hosts.length; index++) {
    const size = sizes[Math.min(index, sizes.length - 1)] || hosts.length
    batches.push(hosts.slice(from, from + size))
    from += size
  }
  return batches
}

function playState(
  run: Run,
  play: Play,
  batch: readonly HostState[],
  { slots, variables, hostNamed, grow, name, later }: Shared,
): PlayState & { fatal: boolean } {
  const state: PlayState & { fatal: boolean } = {
    play,
    playName: name,
    leftBehind: run.left,
    finished: run.finished,
    durable: run.durable,
    options: run.options,
    services: run.services,
    templar: run.templar,
    emit: run.emit,
    signal: run.signal,
    stopping: run.stopping,
    slots,
    lockstep: new Lockstep(batch.map((host) => host.name)),
    batch,
    left: new Set(),
    ending: undefined,
    fatal: false,
    once: new Map(),
    takers: new Map(),
    together: batch.length > 1 && canEndForAll(play),
    scopeOf: (host, own, item) => variables.scopeOf(host, play, batch, own, item),
    become: (scope, keywords) => variables.become(scope, keywords),
    later: (host) => later(play, host),
    hostNamed,
    grow,
    hostFailed(_host, task) {
      // Who is still in shows in variables of all.
      for (const host of batch) host.version++
      const any = task?.keywords.anyErrorsFatal ?? play.anyErrorsFatal
      if (any && run.templar.renderDeep(any.value, variables.outside(), () => any.at) === true) {
        state.ending = 'any_errors_fatal'
        state.fatal = true
      }
      if (play.maxFailPercentage) {
        const most = Number(
          run.templar.renderDeep(play.maxFailPercentage.value, variables.outside(), () => play.hosts.at),
        )
        const out = batch.filter((host) => host.out !== undefined).length
        if ((out / batch.length) * 100 > most) {
          state.ending = 'max_fail_percentage'
          state.fatal = true
        }
      }
    },
  }
  return state
}
