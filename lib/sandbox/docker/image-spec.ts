import { createHash } from 'node:crypto'
import type { HealthcheckConfig, ImageConfig, ImageRecord } from './records.ts'

/** What a registry knows of an image; everything left out has a plain default. */
export interface ImageSpec {
  readonly env?: Readonly<Record<string, string>>
  readonly cmd?: readonly string[]
  readonly entrypoint?: readonly string[]
  readonly user?: string
  readonly workingDir?: string
  /** Such as `3000/tcp`. */
  readonly exposedPorts?: readonly string[]
  /** Paths that get an anonymous volume when nothing else is mounted there. */
  readonly volumes?: readonly string[]
  readonly labels?: Readonly<Record<string, string>>
  readonly healthcheck?: HealthcheckConfig
  readonly stopSignal?: string
  /** Bytes; shown in lists and in the progress of a pull. */
  readonly size?: number
  readonly architecture?: string
  /** `sha256:` and 64 hex digits; derived from the rest when left out. */
  readonly digest?: string
  /** Files of the image that programs or copies may read, by absolute path. */
  readonly files?: Readonly<Record<string, string>>
}

/**
 * A registry's answer about a reference. `undefined` and `'no-tag'` mean that the repository lacks that tag; `'unreachable'` that the
 * registry cannot be reached; `'broken'` that the transfer breaks off half-way; `'throttled'` that the pull limit is reached.
 */
export type RegistryAnswer = ImageSpec | 'no-tag' | 'no-repository' | 'unreachable' | 'broken' | 'throttled' | undefined

/** The images that can be pulled. The reference is in its short form with a tag or a digest: `mongo:8.0`, `mongo@sha256:…`. */
export type Registry = (
  reference: string,
  credentials: { readonly username: string; readonly password: string } | undefined,
) => RegistryAnswer | Promise<RegistryAnswer>

export const sha256 = (text: string | Buffer): string => `sha256:${createHash('sha256').update(text).digest('hex')}`

const keys = (names: readonly string[] | undefined): Readonly<Record<string, object>> | undefined =>
  names === undefined || names.length === 0 ? undefined : Object.fromEntries(names.map((name) => [name, {}]))

/** The configuration that an image of this description carries. */
const imageConfig = (spec: ImageSpec): ImageConfig => {
  const exposed = keys(spec.exposedPorts)
  const env = Object.entries(spec.env ?? {}).map(([name, value]) => `${name}=${value}`)
  return {
    User: spec.user ?? '',
    ...(exposed === undefined ? {} : { ExposedPorts: exposed }),
    Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ...env],
    Cmd: spec.cmd ?? (spec.entrypoint === undefined ? ['/bin/sh'] : null),
    Entrypoint: spec.entrypoint ?? null,
    ...(spec.healthcheck === undefined ? {} : { Healthcheck: spec.healthcheck }),
    Volumes: keys(spec.volumes) ?? null,
    WorkingDir: spec.workingDir ?? '/',
    Labels: spec.labels ?? null,
    ...(spec.stopSignal === undefined ? {} : { StopSignal: spec.stopSignal }),
  }
}

/** The record of an image of this description in a repository; equal descriptions give equal ids, so two tags may share an image. */
export const imageFromSpec = (repository: string, spec: ImageSpec): ImageRecord => {
  const Config = imageConfig(spec)
  const content = JSON.stringify([repository, Config, spec.files ?? {}, spec.digest ?? ''])
  const Layers = [sha256(`layer 1 ${content}`), sha256(`layer 2 ${content}`)]
  const Created = '2026-01-01T00:00:00Z'
  const Architecture = spec.architecture ?? 'amd64'
  const document = JSON.stringify({
    architecture: Architecture,
    os: 'linux',
    created: Created,
    config: Config,
    rootfs: { type: 'layers', diff_ids: Layers },
  })
  return {
    Id: sha256(document),
    document,
    RepoTags: [],
    RepoDigests: [`${repository}@${spec.digest ?? sha256(`manifest ${content}`)}`],
    Created,
    Size: spec.size ?? 104_857_600,
    Architecture,
    Config,
    Layers,
    files: spec.files ?? {},
  }
}
