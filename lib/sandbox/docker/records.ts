import type { Fields } from './fields.ts'

/** Docker's zero time: "never". */
export const never = '0001-01-01T00:00:00Z'

export interface HealthcheckConfig {
  readonly Test?: readonly string[]
  /** All durations are nanoseconds; 0 or absent means the engine's default. */
  readonly Interval?: number
  readonly Timeout?: number
  readonly StartPeriod?: number
  readonly StartInterval?: number
  readonly Retries?: number
}

/** The part of a container's configuration that an image may bring along. */
export interface ImageConfig {
  readonly User: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Env: readonly string[]
  readonly Cmd: readonly string[] | null
  readonly Entrypoint: readonly string[] | null
  readonly Healthcheck?: HealthcheckConfig
  readonly Volumes: Readonly<Record<string, object>> | null
  readonly WorkingDir: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly StopSignal?: string
}

export interface ImageRecord {
  /** The checksum of `document`. */
  readonly Id: string
  /** The image's configuration as its archive holds it. */
  readonly document: string
  RepoTags: string[]
  RepoDigests: string[]
  readonly Created: string
  readonly Size: number
  readonly Architecture: string
  readonly Config: ImageConfig
  readonly Layers: readonly string[]
  /** Files of the image that programs may want to read, by absolute path. */
  readonly files: Readonly<Record<string, string>>
}

export interface ContainerConfig extends ImageConfig {
  readonly Hostname: string
  readonly Domainname: string
  readonly AttachStdin: boolean
  readonly AttachStdout: boolean
  readonly AttachStderr: boolean
  readonly Tty: boolean
  readonly OpenStdin: boolean
  readonly StdinOnce: boolean
  readonly Image: string
  readonly OnBuild: null
  readonly Labels: Readonly<Record<string, string>>
  readonly StopTimeout?: number
}

export interface RestartPolicy {
  readonly Name: '' | 'no' | 'always' | 'unless-stopped' | 'on-failure'
  readonly MaximumRetryCount: number
}

export interface PortBinding {
  readonly HostIp: string
  readonly HostPort: string
}

/** The fields the double acts upon; all others are kept and shown as they came. */
export interface HostConfig {
  readonly Binds: readonly string[] | null
  readonly NetworkMode: string
  readonly PortBindings: Readonly<Record<string, readonly PortBinding[]>>
  readonly RestartPolicy: RestartPolicy
  readonly AutoRemove: boolean
  readonly PublishAllPorts: boolean
  readonly ReadonlyRootfs: boolean
  readonly Memory: number
  readonly MemorySwap: number
  readonly ExtraHosts: readonly string[] | null
  readonly Tmpfs?: Readonly<Record<string, string>>
  readonly [other: string]: unknown
}

export interface MountRecord {
  readonly Type: 'bind' | 'volume' | 'tmpfs'
  readonly Name?: string
  /** Path on the machine, as the engine shows it. */
  readonly Source: string
  readonly Destination: string
  readonly Driver?: string
  readonly Mode: string
  readonly RW: boolean
  readonly Propagation: string
}

export interface EndpointRecord {
  IPAMConfig: Fields | null
  Aliases: readonly string[] | null
  NetworkID: string
  EndpointID: string
  IPAddress: string
}

export interface HealthRecord {
  Status: 'starting' | 'healthy' | 'unhealthy'
  FailingStreak: number
  Log: readonly { readonly Start: string; readonly End: string; readonly ExitCode: number; readonly Output: string }[]
}

export interface StateRecord {
  Status: 'created' | 'running' | 'paused' | 'restarting' | 'removing' | 'exited' | 'dead'
  Running: boolean
  Paused: boolean
  Restarting: boolean
  OOMKilled: boolean
  Dead: boolean
  Pid: number
  ExitCode: number
  Error: string
  StartedAt: string
  FinishedAt: string
  Health?: HealthRecord
}

/** A published port of a running container. */
export interface PublishedPort {
  readonly containerPort: number
  readonly protocol: string
  readonly hostIp: string
  readonly hostPort: number
}

export interface ContainerRecord {
  readonly Id: string
  /** Without the leading slash that the API shows. */
  Name: string
  readonly Created: string
  readonly ImageId: string
  readonly Config: ContainerConfig
  HostConfig: HostConfig
  readonly Mounts: readonly MountRecord[]
  readonly State: StateRecord
  RestartCount: number
  /** By the name of the network. */
  readonly Networks: Record<string, EndpointRecord>
  published: readonly PublishedPort[]
}

export interface NetworkRecord {
  readonly Id: string
  readonly Name: string
  readonly Created: string
  readonly Driver: string
  readonly Internal: boolean
  readonly Attachable: boolean
  readonly EnableIPv6: boolean
  readonly Options: Readonly<Record<string, string>>
  readonly Labels: Readonly<Record<string, string>>
  /** Empty for the networks host and none. */
  readonly Subnet: string
  readonly Gateway: string
}

export interface VolumeRecord {
  readonly Name: string
  readonly CreatedAt: string
  readonly Driver: string
  readonly Labels: Readonly<Record<string, string>> | null
  readonly Options: Readonly<Record<string, string>> | null
  readonly anonymous: boolean
}

/** All that survives a restart of the double. */
export interface Records {
  readonly images: ImageRecord[]
  readonly containers: ContainerRecord[]
  readonly networks: NetworkRecord[]
  readonly volumes: VolumeRecord[]
}
