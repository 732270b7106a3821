import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { type Handler, json, readJson } from './call.ts'
import {
  checkCapabilities,
  checkLogConfig,
  checkName,
  healthcheck,
  nameTaken,
  restartPolicy,
  signalName,
} from './container-checks.ts'
import { makeMounts, wishedMounts } from './container-mounts.ts'
import type { Engine } from './engine.ts'
import { type Fields, reader } from './fields.ts'
import { hostDefaults } from './host-defaults.ts'
import { imageNamed } from './images.ts'
import { findNetwork, isUserDefined } from './networks.ts'
import { mountOf, realPath } from './paths.ts'
import { checkPortBindings, parsePort } from './ports.ts'
import {
  type ContainerConfig,
  type ContainerRecord,
  type EndpointRecord,
  type HealthcheckConfig,
  type HostConfig,
  type ImageRecord,
  never,
  type PortBinding,
} from './records.ts'
import { badParameter } from './refusal.ts'
import { newId } from './store.ts'

const variableName = (entry: string): string => entry.split('=', 1)[0] ?? ''

const mergedEnv = (own: readonly string[], image: readonly string[]): readonly string[] => {
  const odd = own.find((entry) => entry === '' || entry.startsWith('='))
  if (odd !== undefined) throw badParameter(`invalid environment variable: ${odd}`)
  const names = new Set(own.map(variableName))
  return [...own, ...image.filter((entry) => !names.has(variableName(entry)))]
}

/** The fields of a health check that are really set; zero and empty mean "as the image says". */
const given = (check: HealthcheckConfig): HealthcheckConfig =>
  Object.fromEntries(
    Object.entries(check).filter(([, value]) => value !== 0 && !(Array.isArray(value) && value.length === 0)),
  )

/** The container's configuration: what was asked for, filled up from the image as the engine does it. */
const configOf = (id: string, body: Fields, image: ImageRecord): ContainerConfig => {
  const wish = reader('Config', body)
  const base = image.Config
  const asked = wish.words('Entrypoint')
  const entrypoint = asked === undefined ? base.Entrypoint : asked.length === 1 && asked[0] === '' ? null : asked
  const command = wish.words('Cmd')
  // An own entrypoint drops the image's command.
  const cmd = command !== undefined && command.length > 0 ? command : (asked ?? []).length === 0 ? base.Cmd : null
  if ((entrypoint?.length ?? 0) === 0 && (cmd?.length ?? 0) === 0) throw badParameter('no command specified')
  const exposed = { ...base.ExposedPorts, ...wish.object('ExposedPorts') } as Record<string, object>
  for (const key of Object.keys(exposed)) parsePort(key)
  const workingDir = wish.text('WorkingDir') || base.WorkingDir
  if (workingDir !== '' && !workingDir.startsWith('/')) {
    throw badParameter(`the working directory '${workingDir}' is invalid, it needs to be an absolute path`)
  }
  const check = healthcheck(wish.object('Healthcheck'))
  const signal = wish.text('StopSignal') || base.StopSignal
  if (signal !== undefined) signalName(signal)
  const timeout = wish.number('StopTimeout')
  const health = check === undefined ? base.Healthcheck : { ...base.Healthcheck, ...given(check) }
  return {
    Hostname: wish.text('Hostname') || id.slice(0, 12),
    Domainname: wish.text('Domainname') ?? '',
    User: wish.text('User') || base.User,
    AttachStdin: wish.flag('AttachStdin') ?? false,
    AttachStdout: wish.flag('AttachStdout') ?? false,
    AttachStderr: wish.flag('AttachStderr') ?? false,
    ...(Object.keys(exposed).length === 0 ? {} : { ExposedPorts: exposed }),
    Tty: wish.flag('Tty') ?? false,
    OpenStdin: wish.flag('OpenStdin') ?? false,
    StdinOnce: wish.flag('StdinOnce') ?? false,
    Env: mergedEnv(wish.texts('Env') ?? [], base.Env),
    Cmd: cmd,
    ...(health === undefined ? {} : { Healthcheck: health }),
    Image: wish.text('Image') ?? '',
    Volumes: Object.keys({ ...base.Volumes, ...wish.object('Volumes') }).length
      ? ({ ...base.Volumes, ...wish.object('Volumes') } as Record<string, object>)
      : null,
    WorkingDir: workingDir,
    Entrypoint: entrypoint,
    OnBuild: null,
    Labels: { ...base.Labels, ...wish.map('Labels') },
    ...(signal === undefined ? {} : { StopSignal: signal }),
    ...(timeout === undefined ? {} : { StopTimeout: timeout }),
  }
}

const bindingsOf = (found: Fields | undefined): HostConfig['PortBindings'] => {
  const bindings: Record<string, readonly PortBinding[]> = {}
  for (const key of Object.keys(found ?? {})) {
    const list = reader('PortBindings', found).objects(key) ?? []
    bindings[key] = list.map((entry) => {
      const binding = reader('PortBinding', entry)
      return { HostIp: binding.text('HostIp') ?? '', HostPort: binding.text('HostPort') ?? '' }
    })
  }
  checkPortBindings(bindings)
  return bindings
}

/** The least memory a container may be given: 6 MiB. */
const leastMemory = 6 * 1024 * 1024

const hostConfigOf = (raw: Fields): HostConfig => {
  const wish = reader('HostConfig', raw)
  const Memory = wish.number('Memory') ?? 0
  if (Memory !== 0 && Memory < leastMemory) throw badParameter('Minimum memory limit allowed is 6MB')
  const swap = wish.number('MemorySwap') ?? 0
  if (swap > 0 && swap < Memory) {
    throw badParameter('Minimum memoryswap limit should be larger than memory limit, see usage')
  }
  const RestartPolicy = restartPolicy(wish.object('RestartPolicy'))
  const AutoRemove = wish.flag('AutoRemove') ?? false
  if (AutoRemove && RestartPolicy.Name !== 'no') {
    throw badParameter("can't create 'AutoRemove' container with restart policy")
  }
  checkCapabilities('CapAdd', wish.words('CapAdd') ?? [])
  checkCapabilities('CapDrop', wish.words('CapDrop') ?? [])
  const log = reader('LogConfig', wish.object('LogConfig'))
  const LogConfig = { Type: log.text('Type') || 'json-file', Config: log.map('Config') ?? {} }
  checkLogConfig(LogConfig.Type, LogConfig.Config)
  const mode = wish.text('NetworkMode') ?? ''
  return {
    ...hostDefaults,
    ...Object.fromEntries(Object.entries(raw).filter(([, value]) => value !== undefined && value !== null)),
    Binds: wish.texts('Binds') ?? null,
    NetworkMode: mode === '' || mode === 'default' ? 'bridge' : mode,
    PortBindings: bindingsOf(wish.object('PortBindings')),
    RestartPolicy,
    AutoRemove,
    PublishAllPorts: wish.flag('PublishAllPorts') ?? false,
    ReadonlyRootfs: wish.flag('ReadonlyRootfs') ?? false,
    ExtraHosts: wish.texts('ExtraHosts') ?? null,
    LogConfig,
    Memory,
    MemorySwap: swap === 0 ? Memory * 2 : swap,
  }
}

const endpointsOf = (engine: Engine, mode: string, wish: Fields | undefined): Record<string, EndpointRecord> => {
  const endpoints: Record<string, EndpointRecord> = {}
  const add = (name: string, found: Fields | undefined) => {
    const settings = reader('EndpointSettings', found)
    const Aliases = settings.texts('Aliases') ?? null
    if (Aliases !== null && Aliases.length > 0 && !isUserDefined(name)) {
      throw badParameter(
        `invalid config for network ${name}: invalid endpoint settings:\nnetwork-scoped alias is supported only for containers in user defined networks`,
      )
    }
    const network = findNetwork(engine, name)
    const IPAMConfig = settings.object('IPAMConfig') ?? null
    endpoints[network?.Name ?? name] = {
      IPAMConfig,
      Aliases,
      NetworkID: network?.Id ?? '',
      EndpointID: '',
      IPAddress: '',
    }
  }
  for (const [name, found] of Object.entries(wish ?? {})) {
    // Clients write "default" for what the engine calls "bridge".
    add(name === 'default' ? 'bridge' : name, reader('EndpointsConfig', { found }).object('found'))
  }
  const own = findNetwork(engine, mode)?.Name ?? mode
  if (!mode.startsWith('container:') && endpoints[own] === undefined && Object.keys(endpoints).length === 0) {
    add(own, undefined)
  }
  return endpoints
}

/** Directories that every image of a Linux system has, so that files can be copied there. */
const skeleton = ['/etc', '/home', '/opt', '/root', '/run', '/srv', '/tmp', '/usr/local', '/var/lib', '/var/log']

const layDown = (engine: Engine, container: ContainerRecord, image: ImageRecord): void => {
  for (const path of [
    ...skeleton,
    container.Config.WorkingDir || '/',
    ...container.Mounts.map((mount) => mount.Destination),
  ]) {
    if (mountOf(container, path)?.Type !== 'bind') mkdirSync(realPath(engine, container, path), { recursive: true })
  }
  for (const [path, text] of Object.entries(image.files)) {
    if (mountOf(container, path) !== undefined) continue
    const real = realPath(engine, container, path)
    mkdirSync(dirname(real), { recursive: true })
    writeFileSync(real, text)
  }
}

/** `POST /containers/create?name=…` */
export const createContainer: Handler = async (call) => {
  const { engine } = call
  const parsed = await readJson(call)
  if (parsed === null) throw badParameter('config cannot be empty in order to create a container')
  const body = reader('ContainerConfig', parsed)
  const Id = newId()
  const wanted = (call.query.get('name') ?? '').replace(/^\//, '')
  const Name = wanted === '' ? `sandbox_${Id.slice(0, 8)}` : wanted
  const HostConfig = hostConfigOf(body.object('HostConfig') ?? {})
  healthcheck(body.object('Healthcheck'))
  const imageName = body.text('Image') ?? ''
  if (imageName === '') throw badParameter('no command specified')
  const image = imageNamed(engine, imageName)
  const Config = configOf(Id, body.fields, image)
  checkName(Name)
  const owner = engine.records.containers.find((other) => other.Name === Name)
  if (owner !== undefined) throw nameTaken(Name, owner.Id)
  const wishes = wishedMounts(engine, HostConfig, Object.keys(Config.Volumes ?? {}))
  const networking = reader('NetworkingConfig', body.object('NetworkingConfig'))
  const container: ContainerRecord = {
    Id,
    Name,
    Created: new Date().toISOString(),
    ImageId: image.Id,
    Config,
    HostConfig,
    Mounts: makeMounts(engine, wishes),
    State: {
      Status: 'created',
      Running: false,
      Paused: false,
      Restarting: false,
      OOMKilled: false,
      Dead: false,
      Pid: 0,
      ExitCode: 0,
      Error: '',
      StartedAt: never,
      FinishedAt: never,
    },
    RestartCount: 0,
    Networks: endpointsOf(engine, HostConfig.NetworkMode, networking.object('EndpointsConfig')),
    published: [],
  }
  layDown(engine, container, image)
  engine.records.containers.push(container)
  engine.save()
  engine.events.emit('container', 'create', Id, { ...Config.Labels, image: Config.Image, name: Name })
  return json({ Id, Warnings: [] }, 201)
}
