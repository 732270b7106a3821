import { type Change, create, NotYetError, type Plain, problem, remove, run, TaskError, update } from '../task.ts'
import { type Difference, differences, type NetworkPlan, networkPlan } from './compare.ts'
import type { Container } from './inspect.ts'
import type { ContainerArgs } from './options.ts'
import { imageName, parseImage } from './reference.ts'
import { previousName } from './replace.ts'

export interface State {
  readonly container: Container | undefined
  /** A container that an interrupted run has set aside. */
  readonly previous: Container | undefined
  readonly image: { readonly Id: string } | undefined
}

/** The arguments that say what to do, beside those that describe the container. */
export interface Task extends ContainerArgs {
  readonly name: string
  readonly image?: string | undefined
  readonly state: 'started' | 'healthy' | 'present' | 'stopped' | 'absent'
  readonly pull: boolean
  readonly recreate: boolean
  readonly restart: boolean
  readonly comparisons?: { readonly [name: string]: 'ignore' | 'strict' | 'allow_more_present' } | undefined
  readonly purge_networks: boolean
  readonly keep_volumes: boolean
  readonly force_kill: boolean
  readonly kill_signal?: string | undefined
  readonly paused?: boolean | undefined
  readonly healthy_timeout?: number | undefined
}

export type Data =
  | { readonly do: 'create'; readonly pull: boolean }
  | {
      readonly do: 'replace'
      readonly old: Container
      readonly setAside: boolean
      readonly unproven: boolean
      readonly pull: boolean
    }
  /** Pull first, then replace the container when the image is another one now. */
  | { readonly do: 'renew'; readonly old: Container }
  | { readonly do: 'finish'; readonly running: boolean }
  | { readonly do: 'live'; readonly names: readonly string[]; readonly memorySwap: number | undefined }
  | { readonly do: 'networks'; readonly plan: NetworkPlan }
  | { readonly do: 'start' | 'stop' | 'restart' | 'wait' | 'pause' | 'unpause' }
  | { readonly do: 'remove'; readonly previous: boolean; readonly running: boolean }

/** What must change for the container to be as described. */
export function containerChanges(args: Task, state: State): readonly Change<Data>[] {
  const changes = lifeChanges(args, state)
  if (args.state !== 'started' || args.paused === undefined) return changes
  // What is made anew, started or restarted is not paused, whatever it was before.
  const fresh = changes.some(({ data }) => ['create', 'replace', 'renew', 'start', 'restart'].includes(data.do))
  const paused = !fresh && state.container?.State.Paused === true
  if (paused === args.paused) return changes
  const [before, after] = paused ? ['paused', 'running'] : ['running', 'paused']
  const data: Data = { do: paused ? 'unpause' : 'pause' }
  return [...changes, update(`container ${args.name}`, before, after, data)]
}

function lifeChanges(args: Task, state: State): readonly Change<Data>[] {
  const { container, previous } = state
  const target = `container ${args.name}`
  if (args.state === 'absent') {
    return [
      ...(container
        ? [
            remove<Data>(target, describe(container), {
              do: 'remove',
              previous: false,
              running: container.State.Running,
            }),
          ]
        : []),
      ...(previous
        ? [
            remove<Data>(`container ${previousName(args.name)}`, describe(previous), {
              do: 'remove',
              previous: true,
              running: previous.State.Running,
            }),
          ]
        : []),
    ]
  }
  const pull = args.pull || state.image === undefined
  const old = container ?? previous
  if (old === undefined) {
    if (args.image === undefined) throw notThere(args.name)
    return [create(target, created(args), { do: 'create', pull })]
  }
  const before = compare(args, state, old)
  const plan = networkPlan(args, old, args.purge_networks)
  if (container === undefined) {
    if (args.image === undefined)
      throw imageNeeded(args.name, `it was set aside as ${previousName(args.name)} by an interrupted run`)
    return [
      update(target, `set aside as ${previousName(args.name)} by an interrupted run`, created(args), {
        do: 'replace',
        old,
        setAside: true,
        unproven: false,
        pull,
      }),
    ]
  }
  const replace: Data = previous
    ? { do: 'replace', old: previous, setAside: true, unproven: true, pull }
    : { do: 'replace', old: container, setAside: false, unproven: false, pull }
  const fixed = before.filter((one) => !one.live)
  if (args.image === undefined && (args.recreate || fixed.length > 0)) {
    throw imageNeeded(
      args.name,
      fixed.length > 0 ? `it differs in ${fixed.map((one) => one.name).join(', ')}` : 'it is to be made anew',
    )
  }
  if (fixed.length > 0) return [update(target, side(before, 'before'), side(before, 'after'), replace)]
  if (args.recreate) return [run(`${target}: make it anew`, replace)]
  const changes: Change<Data>[] = []
  if (previous)
    changes.push(
      update(target, 'replacement interrupted', 'replacement finished', {
        do: 'finish',
        running: container.State.Running,
      }),
    )
  if (before.length > 0) {
    const { MemorySwap } = container.HostConfig
    const names = before.map((one) => one.name)
    changes.push(
      update(target, side(before, 'before'), side(before, 'after'), { do: 'live', names, memorySwap: MemorySwap }),
    )
  }
  if (plan) changes.push(update(`networks of ${target}`, plan.before, plan.after, { do: 'networks', plan }))
  if (args.pull && args.image !== undefined)
    changes.push(run(`${target}: look for a newer image`, { do: 'renew', old: container }))
  return [...changes, ...stateChanges(args, container, target, previous !== undefined)]
}

function stateChanges(args: Task, { State }: Container, target: string, finishing: boolean): readonly Change<Data>[] {
  const wanted = args.state
  if (wanted === 'stopped') return State.Running ? [update(target, State.Status, 'stopped', { do: 'stop' })] : []
  if (wanted === 'present' || finishing) return []
  if (!State.Running)
    return [update(target, State.Status, wanted === 'healthy' ? 'running and healthy' : 'running', { do: 'start' })]
  if (args.restart) return [run(`${target}: restart`, { do: 'restart' })]
  const health = State.Health?.Status
  return wanted === 'healthy' && health !== undefined && health !== 'healthy'
    ? [run(`${target}: wait until it is healthy`, { do: 'wait' })]
    : []
}

function notThere(name: string): NotYetError {
  return new NotYetError(
    problem('image-needed', `there is no container ${name}, and this task names no image to make one of`, {
      mend: 'let the task that makes it run before this one; for Rocket.Chat and its database that is playbooks/install.ts',
    }),
  )
}

function imageNeeded(name: string, why: string): TaskError {
  return new TaskError(
    problem('image-needed', `the container ${name} has to be made, as ${why}, but this task names no image`, {
      mend: 'name the image, and everything else that describes the container: what is not given is left out of a new one',
    }),
  )
}

function compare(args: Task, state: State, container: Container): readonly Difference[] {
  const { comparisons = {} } = args
  const ignored = (name: string) => (comparisons[name] ?? comparisons['*']) === 'ignore'
  const image = args.image === undefined ? undefined : { name: imageName(parseImage(args.image)), id: state.image?.Id }
  const all = differences(args, container, image)
  return all.filter(
    (one) => !ignored(one.name) && !(one.name === 'arguments' && Object.values(comparisons).includes('ignore')),
  )
}

/** What a new container is, in a few words. */
function created(args: Task): Plain {
  return {
    image: args.image ?? '',
    ...(args.published_ports && { published_ports: args.published_ports }),
    ...(args.volumes && { volumes: args.volumes }),
    ...(args.networks && { networks: args.networks.map((one) => one.name) }),
    ...(args.env && { env: Object.keys(args.env) }),
    state: args.state,
  }
}

function side(all: readonly Difference[], which: 'before' | 'after'): Plain {
  return Object.fromEntries(all.map((one) => [one.name, one[which]]))
}

function describe(container: Container): Plain {
  return { image: container.Config.Image, state: container.State.Status }
}
