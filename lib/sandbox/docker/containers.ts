import { empty, flag, type Handler, json, readJson, wholeNumber } from './call.ts'
import { checkName, nameTaken, restartPolicy } from './container-checks.ts'
import { dropContainer } from './container-drop.ts'
import { inspectView, listView } from './container-view.ts'
import { type Engine, inTurn } from './engine.ts'
import { reader } from './fields.ts'
import { anyOf, labelled, readFilters } from './filters.ts'
import { killContainer } from './life.ts'
import type { ContainerRecord } from './records.ts'
import { badParameter, conflict, notFound } from './refusal.ts'

/** The container with this name, id or beginning of an id; throws 404. */
export const containerNamed = (engine: Engine, name: string): ContainerRecord => {
  const { containers } = engine.records
  const bare = name.replace(/^\//, '')
  const exact = containers.find(({ Id, Name }) => Id === bare || Name === bare)
  if (exact !== undefined) return exact
  const byPrefix = /^[0-9a-f]+$/.test(bare) ? containers.filter(({ Id }) => Id.startsWith(bare)) : []
  if (byPrefix.length > 1) throw badParameter(`multiple IDs found with provided prefix: ${bare}`)
  if (byPrefix[0] === undefined) throw notFound(`No such container: ${name}`)
  return byPrefix[0]
}

const known = [
  'ancestor',
  'before',
  'exited',
  'expose',
  'health',
  'id',
  'is-task',
  'isolation',
  'label',
  'name',
  'network',
  'publish',
  'since',
  'status',
  'volume',
]

const statuses = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead']

/** `GET /containers/json` */
export const listContainers: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), known)
  const odd = filters.status?.find((status) => !statuses.includes(status))
  if (odd !== undefined) throw badParameter(`invalid filter 'status=${odd}'`)
  const limit = wholeNumber(query, 'limit') ?? 0
  const all = flag(query, 'all') || limit > 0 || filters.status !== undefined || filters.exited !== undefined
  const found = engine.records.containers.filter(
    ({ Id, Name, ImageId, Config, State, Networks, Mounts }) =>
      (all || State.Running) &&
      labelled(filters, Config.Labels) &&
      anyOf(filters, 'name', (name) => new RegExp(name).test(Name) || new RegExp(name).test(`/${Name}`)) &&
      anyOf(filters, 'id', (id) => Id.startsWith(id)) &&
      anyOf(filters, 'status', (status) => State.Status === status) &&
      anyOf(filters, 'exited', (code) => State.Status === 'exited' && State.ExitCode === Number(code)) &&
      anyOf(filters, 'health', (health) => (State.Health?.Status ?? 'none') === health) &&
      anyOf(filters, 'network', (network) => Networks[network] !== undefined) &&
      anyOf(filters, 'volume', (volume) =>
        Mounts.some((mount) => mount.Name === volume || mount.Destination === volume),
      ) &&
      anyOf(filters, 'ancestor', (image) => Config.Image === image || ImageId === image),
  )
  // Newest first.
  const listed = found.reverse().map((container) => listView(engine, container))
  return json(limit > 0 ? listed.slice(0, limit) : listed)
}

/** `GET /containers/{id}/json` */
export const inspectContainer: Handler = ({ engine, params }) =>
  json(inspectView(engine, containerNamed(engine, params.id ?? '')))

/** `POST /containers/{id}/rename` */
export const renameContainer: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  const name = (query.get('name') ?? '').replace(/^\//, '')
  if (name === '') throw badParameter('Neither old nor new names may be empty')
  if (name === container.Name) throw badParameter('Renaming a container with the same name as its current name')
  checkName(name, 'Error when allocating new name: ')
  const owner = engine.records.containers.find((other) => other.Name === name)
  if (owner !== undefined) throw nameTaken(name, owner.Id, 'Error when allocating new name: ')
  const oldName = container.Name
  container.Name = name
  engine.save()
  engine.events.emit('container', 'rename', container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name,
    oldName: `/${oldName}`,
  })
  return empty(204)
}

const limits = [
  'Memory',
  'MemorySwap',
  'MemoryReservation',
  'NanoCpus',
  'CpuShares',
  'CpuPeriod',
  'CpuQuota',
  'CpusetCpus',
  'CpusetMems',
  'PidsLimit',
  'BlkioWeight',
]

/** `POST /containers/{id}/update`: limits and restart policy. */
export const updateContainer: Handler = async (call) => {
  const { engine } = call
  const body = reader('UpdateConfig', await readJson(call))
  const container = containerNamed(engine, call.params.id ?? '')
  const before = container.HostConfig
  const policy = body.object('RestartPolicy')
  const changes: Record<string, unknown> = {}
  for (const name of limits) {
    const value = body.fields[name]
    if (value !== undefined && value !== null && value !== 0 && value !== '') changes[name] = value
  }
  const memory = body.number('Memory') ?? 0
  const swap = body.number('MemorySwap') ?? 0
  if (memory > 0 && swap === 0 && memory > before.MemorySwap && before.MemorySwap >= 0) {
    throw conflict(
      `Cannot update container ${container.Id}: Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time`,
    )
  }
  if (policy !== undefined && Object.keys(policy).length > 0) {
    const wanted = restartPolicy(policy)
    if (before.AutoRemove && wanted.Name !== 'no') {
      throw badParameter('Restart policy cannot be updated because AutoRemove is enabled for the container')
    }
    if (body.object('RestartPolicy')?.Name) changes.RestartPolicy = wanted
  }
  container.HostConfig = { ...before, ...changes }
  engine.save()
  engine.events.emit('container', 'update', container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name: container.Name,
  })
  return json({ Warnings: null })
}

/** `DELETE /containers/{id}` */
export const removeContainer: Handler = async ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  if (flag(query, 'link')) throw badParameter('the sandbox engine has no container links')
  await inTurn(engine, container, async () => {
    if (container.State.Running) {
      const { Status, Paused } = container.State
      if (!flag(query, 'force')) {
        throw conflict(
          Paused
            ? `cannot remove container "/${container.Name}": container is paused and must be unpaused first`
            : `cannot remove container "/${container.Name}": container is ${Status}: stop the container before removing or force remove`,
        )
      }
      await killContainer(engine, container)
    }
    if (engine.records.containers.includes(container)) dropContainer(engine, container, flag(query, 'v'))
  })
  return empty(204)
}

const notRunning = (container: ContainerRecord): Error => conflict(`container ${container.Id} is not running`)

/** `GET /containers/{id}/top` */
export const topContainer: Handler = ({ engine, params }) => {
  const container = containerNamed(engine, params.id ?? '')
  if (!container.State.Running) throw notRunning(container)
  const { Path, Args } = inspectView(engine, container)
  const started = container.State.StartedAt.slice(11, 16)
  return json({
    Titles: ['UID', 'PID', 'PPID', 'C', 'STIME', 'TTY', 'TIME', 'CMD'],
    Processes: [
      [
        container.Config.User || 'root',
        String(container.State.Pid),
        '1',
        '0',
        started,
        '?',
        '00:00:00',
        [Path, ...Args].join(' '),
      ],
    ],
  })
}

/** `GET /containers/{id}/stats`: one reading, with the memory limit right and everything else at rest. */
export const statsContainer: Handler = ({ engine, params }) => {
  const container = containerNamed(engine, params.id ?? '')
  const limit = container.HostConfig.Memory || engine.settings.machine.memory
  const cpu = { cpu_usage: { total_usage: 0 }, system_cpu_usage: 0, online_cpus: engine.settings.machine.cpus }
  return json({
    id: container.Id,
    name: `/${container.Name}`,
    read: new Date().toISOString(),
    preread: new Date().toISOString(),
    pids_stats: container.State.Running ? { current: 1 } : {},
    cpu_stats: cpu,
    precpu_stats: cpu,
    memory_stats: container.State.Running ? { usage: Math.min(limit, 64 * 1024 * 1024), limit, stats: {} } : {},
    networks: {},
  })
}
