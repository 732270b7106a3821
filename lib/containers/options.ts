import { splitWords } from '../posix/words.ts'
import { isMapping, type Plain, s } from '../task.ts'
import { containerArgs } from './arguments.ts'
import { mountOf } from './mounts.ts'
import { parsePorts, portList } from './ports.ts'
import { parseBytes, parseDuration } from './units.ts'

const shape = s.args(containerArgs())
export type ContainerArgs = ReturnType<typeof shape.type.parse>

/** How one argument stands in the Engine API. */
export interface Option {
  readonly argument: keyof ContainerArgs
  /** `Config.User` of an inspected container is `User` of the request that makes one; `HostConfig.…` is the same in both. */
  readonly at: string
  /** The value to send; undefined when the argument is not given. */
  value(args: ContainerArgs): unknown
  /** The value to compare, where more is sent than was asked for. */
  wanted(args: ContainerArgs): unknown
  /** The form in which a value, wanted or found, is compared and shown. */
  canon(value: unknown): Plain
  /** `within`: what is found may have more keys than wanted (the image has given them). */
  readonly compare: 'equal' | 'within'
  /** Can be changed without making the container anew. */
  readonly live: boolean
}

type More = Partial<Pick<Option, 'value' | 'wanted' | 'canon' | 'compare' | 'live'>>

const option = (argument: keyof ContainerArgs, at: string, more: More = {}): Option => ({
  argument,
  at,
  value: (args) => args[argument],
  wanted: more.value ?? ((args) => args[argument]),
  canon: (value) => (value ?? null) as Plain,
  compare: 'equal',
  live: false,
  ...more,
})

const textList = (value: unknown): readonly string[] => (Array.isArray(value) ? value.map(String) : [])
const inOrder: Pick<Option, 'canon'> = { canon: textList }
const anyOrder: Pick<Option, 'canon'> = { canon: (value) => [...textList(value)].sort() }
const text: Pick<Option, 'canon'> = { canon: (value) => String(value ?? '') }
const flag: Pick<Option, 'canon'> = { canon: (value) => value === true }
const number: Pick<Option, 'canon'> = { canon: (value) => Number(value ?? 0) }
const keys: Pick<Option, 'canon' | 'compare'> = {
  canon: (value) => (isMapping(value) ? (value as Plain) : {}),
  compare: 'within',
}
const marks: Pick<Option, 'canon' | 'compare'> = {
  canon: (value) => Object.fromEntries(textList(value).map((one) => [one, true])),
  compare: 'within',
}
const bytes = (argument: keyof ContainerArgs): Pick<Option, 'value' | 'canon'> => ({
  value: (args) => (args[argument] === undefined ? undefined : parseBytes(String(args[argument]))),
  ...number,
})
const capabilities: Pick<Option, 'canon'> = {
  canon: (value) =>
    textList(value)
      .map((one) => one.toUpperCase().replace(/^CAP_/, ''))
      .sort(),
}

/** Every argument but `env`, `networks` and `labels`, which are compared in ways of their own, and `platform`, which the image has. */
export const options: readonly Option[] = [
  option('command', 'Config.Cmd', {
    value: ({ command }) => (typeof command === 'string' ? splitWords(command) : command),
    ...inOrder,
  }),
  option('entrypoint', 'Config.Entrypoint', inOrder),
  option('volumes', 'HostConfig.Binds', {
    value: ({ volumes }) => volumes?.filter((one) => one.includes(':')),
    canon: (value) => textList(value).map(canonBind).sort(),
  }),
  option('volumes', 'Config.Volumes', {
    value: ({ volumes }) =>
      volumes && Object.fromEntries(volumes.filter((one) => !one.includes(':')).map((path) => [path, {}])),
    ...keys,
  }),
  option('mounts', 'HostConfig.Mounts', {
    value: ({ mounts }) => mounts?.map(mountOf),
    canon: (value) => (Array.isArray(value) ? value.map((one) => JSON.stringify(sorted(one))).sort() : []),
  }),
  option('published_ports', 'HostConfig.PortBindings', {
    value: ({ published_ports }) => published_ports && parsePorts(published_ports, '0.0.0.0'),
    canon: (value) => portList(value as Parameters<typeof portList>[0]),
  }),
  option('exposed_ports', 'Config.ExposedPorts', {
    value: ({ exposed_ports, published_ports }) =>
      exposed_ports || published_ports ? exposed([...(exposed_ports ?? []), ...(published_ports ?? [])]) : undefined,
    wanted: ({ exposed_ports }) => exposed_ports && exposed(exposed_ports),
    ...keys,
  }),
  option('restart_policy', 'HostConfig.RestartPolicy', {
    value: ({ restart_policy, restart_retries }) =>
      restart_policy === undefined ? undefined : { Name: restart_policy, MaximumRetryCount: restart_retries ?? 0 },
    canon: (value) => {
      const { Name, MaximumRetryCount } = (value ?? {}) as {
        readonly Name?: string
        readonly MaximumRetryCount?: number
      }
      return `${Name || 'no'}${MaximumRetryCount ? `:${MaximumRetryCount}` : ''}`
    },
    live: true,
  }),
  option('memory', 'HostConfig.Memory', { ...bytes('memory'), live: true }),
  option('memory_reservation', 'HostConfig.MemoryReservation', { ...bytes('memory_reservation'), live: true }),
  option('memory_swap', 'HostConfig.MemorySwap', { ...bytes('memory_swap'), live: true }),
  option('cpus', 'HostConfig.NanoCpus', {
    value: ({ cpus }) => (cpus === undefined ? undefined : Math.round(cpus * 1e9)),
    ...number,
    live: true,
  }),
  option('cpu_shares', 'HostConfig.CpuShares', { ...number, live: true }),
  option('cpuset_cpus', 'HostConfig.CpusetCpus', { ...text, live: true }),
  option('pids_limit', 'HostConfig.PidsLimit', {
    canon: (value) => (Number(value ?? 0) > 0 ? Number(value) : -1),
    live: true,
  }),
  option('shm_size', 'HostConfig.ShmSize', bytes('shm_size')),
  option('log_driver', 'HostConfig.LogConfig', {
    value: ({ log_driver, log_options }) =>
      log_driver === undefined && log_options === undefined
        ? undefined
        : { ...(log_driver !== undefined && { Type: log_driver }), Config: log_options ?? {} },
    canon: (value) => {
      const { Type, Config } = (value ?? {}) as {
        readonly Type?: string
        readonly Config?: { readonly [key: string]: string }
      }
      return { ...(Type !== undefined && { Type }), ...Config }
    },
    compare: 'within',
  }),
  option('healthcheck', 'Config.Healthcheck', {
    value: ({ healthcheck }) => healthcheck && healthOf(healthcheck),
    canon: (value) => (isMapping(value) ? (value as Plain) : {}),
    compare: 'within',
  }),
  option('user', 'Config.User', text),
  option('working_dir', 'Config.WorkingDir', text),
  option('hostname', 'Config.Hostname', text),
  option('domainname', 'Config.Domainname', text),
  option('capabilities', 'HostConfig.CapAdd', capabilities),
  option('cap_drop', 'HostConfig.CapDrop', capabilities),
  option('privileged', 'HostConfig.Privileged', flag),
  option('read_only', 'HostConfig.ReadonlyRootfs', flag),
  option('tmpfs', 'HostConfig.Tmpfs', {
    value: ({ tmpfs }) =>
      tmpfs && Object.fromEntries(tmpfs.map((one) => [one.split(':', 1)[0], one.split(':').slice(1).join(':')])),
    canon: (value) => (isMapping(value) ? (value as Plain) : {}),
  }),
  option('ulimits', 'HostConfig.Ulimits', {
    value: ({ ulimits }) => ulimits?.map(ulimitOf),
    canon: (value) =>
      ((value ?? []) as readonly { readonly Name: string; readonly Soft: number; readonly Hard: number }[])
        .map(({ Name, Soft, Hard }) => `${Name}:${Soft}:${Hard}`)
        .sort(),
  }),
  option('sysctls', 'HostConfig.Sysctls', { canon: (value) => (isMapping(value) ? (value as Plain) : {}) }),
  option('security_opts', 'HostConfig.SecurityOpt', marks),
  option('init', 'HostConfig.Init', flag),
  option('stop_signal', 'Config.StopSignal', text),
  option('stop_timeout', 'Config.StopTimeout', number),
  option('network_mode', 'HostConfig.NetworkMode', text),
  option('etc_hosts', 'HostConfig.ExtraHosts', {
    value: ({ etc_hosts }) => etc_hosts && Object.entries(etc_hosts).map(([name, address]) => `${name}:${address}`),
    ...anyOrder,
  }),
  option('dns_servers', 'HostConfig.Dns', inOrder),
  option('dns_search_domains', 'HostConfig.DnsSearch', inOrder),
  option('dns_opts', 'HostConfig.DnsOptions', anyOrder),
  option('devices', 'HostConfig.Devices', {
    value: ({ devices }) => devices?.map(deviceOf),
    canon: (value) => (Array.isArray(value) ? value.map((one) => JSON.stringify(sorted(one))).sort() : []),
  }),
  option('groups', 'HostConfig.GroupAdd', anyOrder),
  option('pid_mode', 'HostConfig.PidMode', text),
  option('ipc_mode', 'HostConfig.IpcMode', text),
  option('userns_mode', 'HostConfig.UsernsMode', text),
  option('tty', 'Config.Tty', flag),
  option('interactive', 'Config.OpenStdin', flag),
  option('oom_score_adj', 'HostConfig.OomScoreAdj', number),
  option('runtime', 'HostConfig.Runtime', text),
  option('auto_remove', 'HostConfig.AutoRemove', flag),
  option('blkio_weight', 'HostConfig.BlkioWeight', { ...number, live: true }),
  option('cgroup_parent', 'HostConfig.CgroupParent', text),
  option('cgroupns_mode', 'HostConfig.CgroupnsMode', text),
  option('cpu_period', 'HostConfig.CpuPeriod', { ...number, live: true }),
  option('cpu_quota', 'HostConfig.CpuQuota', { ...number, live: true }),
  option('cpuset_mems', 'HostConfig.CpusetMems', { ...text, live: true }),
  option('memory_swappiness', 'HostConfig.MemorySwappiness', {
    canon: (value) => (value === null || value === undefined ? -1 : Number(value)),
  }),
  option('oom_killer', 'HostConfig.OomKillDisable', flag),
  option('publish_all_ports', 'HostConfig.PublishAllPorts', flag),
  option('storage_opts', 'HostConfig.StorageOpt', { canon: (value) => (isMapping(value) ? (value as Plain) : {}) }),
  option('uts', 'HostConfig.UTSMode', text),
  option('volume_driver', 'HostConfig.VolumeDriver', text),
  option('links', 'HostConfig.Links', {
    value: ({ links }) => links?.map((link) => (link.includes(':') ? link : `${link}:${link}`)),
    // The engine tells "/db:/web/alias".
    canon: (value) =>
      textList(value)
        .map((link) => link.replace(/^\/?([^:]+):(?:\/.*\/)?/, '$1:'))
        .sort(),
  }),
  option('volumes_from', 'HostConfig.VolumesFrom', anyOrder),
]

/** An object with its keys in order and without what says nothing, so that equal things have equal texts. */
export function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isMapping(value)) return value
  const entries = Object.entries(value).filter(
    ([, one]) =>
      one !== undefined &&
      one !== null &&
      one !== false &&
      one !== '' &&
      !(isMapping(one) && Object.keys(one).length === 0),
  )
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, one]) => [key, sorted(one)]))
}

function exposed(ports: readonly string[]): { readonly [port: string]: object } {
  return Object.fromEntries(Object.keys(parsePorts(ports, '')).map((port) => [port, {}]))
}

/** `rw` is what a volume is anyway. */
function canonBind(bind: string): string {
  const [source = '', target = '', modes = ''] = bind.split(':')
  const kept = modes
    .split(',')
    .filter((mode) => mode !== '' && mode !== 'rw')
    .sort()
  return [source, target.replace(/(?<=.)\/+$/, ''), ...(kept.length > 0 ? [kept.join(',')] : [])].join(':')
}

function healthOf(check: NonNullable<ContainerArgs['healthcheck']>): { readonly [key: string]: unknown } {
  const { test, interval, timeout, retries, start_period } = check
  return {
    ...(test !== undefined && { Test: typeof test === 'string' ? ['CMD-SHELL', test] : test }),
    ...(interval !== undefined && { Interval: parseDuration(interval) }),
    ...(timeout !== undefined && { Timeout: parseDuration(timeout) }),
    ...(retries !== undefined && { Retries: retries }),
    ...(start_period !== undefined && { StartPeriod: parseDuration(start_period) }),
  }
}

function ulimitOf(limit: string): { readonly Name: string; readonly Soft: number; readonly Hard: number } {
  const [Name = '', soft = '', hard = soft] = limit.split(':')
  if (!/^[a-z]+$/.test(Name) || !/^-?\d+$/.test(soft) || !/^-?\d+$/.test(hard)) {
    throw new RangeError(`"${limit}" is no limit; write "name:soft:hard", such as "nofile:65535:65535"`)
  }
  return { Name, Soft: Number(soft), Hard: Number(hard) }
}

function deviceOf(device: string): { readonly [key: string]: string } {
  const [PathOnHost = '', PathInContainer = PathOnHost, CgroupPermissions = 'rwm'] = device.split(':')
  return { PathOnHost, PathInContainer, CgroupPermissions }
}
