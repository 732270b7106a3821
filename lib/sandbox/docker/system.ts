import { arch } from 'node:os'
import { type Handler, json, readJson, text } from './call.ts'
import { listView } from './container-view.ts'
import type { Engine } from './engine.ts'
import { reader } from './fields.ts'
import { imageSummary } from './images.ts'
import { dataRoot } from './paths.ts'
import { volumeView } from './volumes.ts'

/** The release the double imitates, and the API versions it takes part in. */
export const release = { version: '28.5.2', api: '1.51', oldestApi: '1.24' } as const

const noCache = { 'Cache-Control': 'no-cache, no-store, must-revalidate', Pragma: 'no-cache' }

/** `GET /_ping` */
export const ping: Handler = () => text('OK', { ...noCache, 'Builder-Version': '2', Swarm: 'inactive' })

/** `GET /version` */
export const version: Handler = () =>
  json({
    Platform: { Name: 'Sandbox engine' },
    Components: [{ Name: 'Engine', Version: release.version, Details: { ApiVersion: release.api } }],
    Version: release.version,
    ApiVersion: release.api,
    MinAPIVersion: release.oldestApi,
    GitCommit: 'sandbox',
    GoVersion: 'none',
    Os: 'linux',
    Arch: arch() === 'x64' ? 'amd64' : arch(),
    KernelVersion: '6.1.0-sandbox',
    BuildTime: '2026-01-01T00:00:00.000000000+00:00',
  })

/** `GET /info` */
export const info: Handler = ({ engine }) => {
  const states = engine.records.containers.map(({ State }) => State)
  return json({
    ID: 'sandbox',
    Containers: states.length,
    ContainersRunning: states.filter((state) => state.Running && !state.Paused).length,
    ContainersPaused: states.filter((state) => state.Paused).length,
    ContainersStopped: states.filter((state) => !state.Running).length,
    Images: engine.records.images.length,
    Driver: 'overlay2',
    DriverStatus: [['Backing Filesystem', 'extfs']],
    Plugins: {
      Volume: ['local'],
      Network: ['bridge', 'host', 'null'],
      Authorization: null,
      Log: ['json-file', 'local', 'journald'],
    },
    MemoryLimit: true,
    SwapLimit: true,
    CpuCfsPeriod: true,
    CpuCfsQuota: true,
    PidsLimit: true,
    IPv4Forwarding: true,
    OomKillDisable: false,
    Debug: false,
    SystemTime: new Date().toISOString(),
    LoggingDriver: 'json-file',
    CgroupDriver: 'systemd',
    CgroupVersion: '2',
    KernelVersion: '6.1.0-sandbox',
    OperatingSystem: 'Debian GNU/Linux 12 (bookworm)',
    OSVersion: '12',
    OSType: 'linux',
    Architecture: arch() === 'x64' ? 'x86_64' : 'aarch64',
    IndexServerAddress: 'https://index.docker.io/v1/',
    NCPU: engine.settings.machine.cpus,
    MemTotal: engine.settings.machine.memory,
    DockerRootDir: dataRoot,
    Name: engine.settings.machine.name,
    Labels: [],
    ServerVersion: release.version,
    Runtimes: { runc: { path: 'runc' } },
    DefaultRuntime: 'runc',
    Swarm: { NodeID: '', LocalNodeState: 'inactive', ControlAvailable: false },
    LiveRestoreEnabled: false,
    SecurityOptions: ['name=apparmor', 'name=seccomp,profile=builtin', 'name=cgroupns'],
    Warnings: null,
  })
}

/** `GET /system/df`, without the sizes of containers and volumes, which the double does not measure. */
export const diskUse: Handler = ({ engine }) => json(diskUseOf(engine))

const diskUseOf = (engine: Engine) => ({
  LayersSize: engine.records.images.reduce((sum, image) => sum + image.Size, 0),
  Images: engine.records.images.map(imageSummary),
  Containers: engine.records.containers.map((container) => listView(engine, container)),
  Volumes: engine.records.volumes.map((volume) => ({
    ...volumeView(volume),
    UsageData: {
      Size: 0,
      RefCount: engine.records.containers.filter(({ Mounts }) => Mounts.some(({ Name }) => Name === volume.Name))
        .length,
    },
  })),
  BuildCache: [],
})

/** `POST /auth`: every user and password is good; pulls hand them to the registry. */
export const login: Handler = async (call) => {
  reader('AuthConfig', await readJson(call))
  return json({ Status: 'Login Succeeded', IdentityToken: '' })
}
