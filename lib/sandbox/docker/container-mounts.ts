import { mkdirSync, statSync } from 'node:fs'
import type { Engine } from './engine.ts'
import { type Fields, reader } from './fields.ts'
import { dataRoot } from './paths.ts'
import type { MountRecord } from './records.ts'
import { badParameter } from './refusal.ts'
import { checkVolumeName, ensureVolume } from './volumes.ts'

/** A mount that was asked for; volumes are not made yet. */
type Wish = Pick<MountRecord, 'Type' | 'Destination' | 'Mode' | 'RW'> & { readonly source: string }

const trimmed = (path: string): string => (path.length > 1 ? path.replace(/\/+$/, '') : path)

const absoluteOrRefuse = (path: string, type: string): string => {
  if (!path.startsWith('/')) {
    throw badParameter(
      `invalid mount config for type "${type}": invalid mount path: '${path}' mount path must be absolute`,
    )
  }
  return trimmed(path)
}

const modes = ['ro', 'rw', 'z', 'Z', 'nocopy', 'private', 'rprivate', 'shared', 'rshared', 'slave', 'rslave', 'cached']

const fromBind = (text: string): Wish => {
  const [source = '', target = '', Mode = '', ...more] = text.split(':')
  if (target === '' || more.length > 0) throw badParameter(`invalid volume specification: '${text}'`)
  const odd = Mode.split(',').find((word) => word !== '' && !modes.includes(word))
  if (odd !== undefined) throw badParameter(`invalid mode: ${Mode}`)
  const Type = source.startsWith('/') ? 'bind' : 'volume'
  if (!target.startsWith('/')) {
    throw badParameter(
      `invalid volume specification: '${text}': invalid mount config for type "${Type}": invalid mount path: '${target}' mount path must be absolute`,
    )
  }
  if (Type === 'volume') checkVolumeName(source)
  return {
    Type,
    source: trimmed(source),
    Destination: trimmed(target),
    Mode,
    RW: !Mode.split(',').includes('ro'),
  }
}

const fromMount = (engine: Engine, fields: Fields): Wish => {
  const mount = reader('Mount', fields)
  const Type = mount.text('Type') ?? ''
  const source = mount.text('Source') ?? ''
  const target = mount.text('Target') ?? ''
  if (Type !== 'bind' && Type !== 'volume' && Type !== 'tmpfs') {
    throw badParameter(`invalid mount config for type "${Type}": mount type unknown`)
  }
  if (target === '') throw badParameter(`invalid mount config for type "${Type}": field Target must not be empty`)
  const Destination = absoluteOrRefuse(target, Type)
  if (Type === 'bind') {
    absoluteOrRefuse(source, Type)
    const options = reader('BindOptions', mount.object('BindOptions'))
    if (!options.flag('CreateMountpoint') && !exists(engine.settings.hostPath(source))) {
      throw badParameter(`invalid mount config for type "bind": bind source path does not exist: ${source}`)
    }
  }
  if (Type === 'volume' && source !== '') checkVolumeName(source)
  return { Type, source: trimmed(source), Destination, Mode: Type === 'volume' ? 'z' : '', RW: !mount.flag('ReadOnly') }
}

const exists = (path: string): boolean => statSync(path, { throwIfNoEntry: false }) !== undefined

/** What a container is to mount: binds, mounts, temporary file systems and the image's own volumes. Throws 400 on what cannot be. */
export const wishedMounts = (engine: Engine, hostConfig: Fields, imageVolumes: readonly string[]): readonly Wish[] => {
  const host = reader('HostConfig', hostConfig)
  const asked = [
    ...(host.texts('Binds') ?? []).map(fromBind),
    ...(host.objects('Mounts') ?? []).map((mount) => fromMount(engine, mount)),
    ...Object.keys(host.map('Tmpfs') ?? {}).map(
      (path): Wish => ({ Type: 'tmpfs', source: '', Destination: absoluteOrRefuse(path, 'tmpfs'), Mode: '', RW: true }),
    ),
  ]
  const seen = new Set<string>()
  for (const { Destination } of asked) {
    if (seen.has(Destination)) throw badParameter(`Duplicate mount point: ${Destination}`)
    if (Destination === '/') throw badParameter("invalid specification: destination can't be '/'")
    seen.add(Destination)
  }
  const own = imageVolumes
    .map(trimmed)
    .filter((path) => !seen.has(path))
    .map((Destination): Wish => ({ Type: 'volume', source: '', Destination, Mode: '', RW: true }))
  return [...own, ...asked]
}

/** Makes the volumes and missing bind sources of the wishes and tells the mounts that result. */
export const makeMounts = (engine: Engine, wishes: readonly Wish[]): readonly MountRecord[] =>
  wishes.map(({ Type, source, Destination, Mode, RW }): MountRecord => {
    if (Type === 'volume') {
      const { Name } = ensureVolume(engine, source === '' ? undefined : source)
      const Source = `${dataRoot}/volumes/${Name}/_data`
      return { Type, Name, Source, Destination, Driver: 'local', Mode, RW, Propagation: '' }
    }
    if (Type === 'bind') {
      const real = engine.settings.hostPath(source)
      if (!exists(real)) mkdirSync(real, { recursive: true })
      return { Type, Source: source, Destination, Mode, RW, Propagation: 'rprivate' }
    }
    return { Type, Source: '', Destination, Mode, RW, Propagation: '' }
  })
