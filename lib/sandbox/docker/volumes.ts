import { mkdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { empty, flag, type Handler, json, readJson } from './call.ts'
import { type Engine, volumeFolder } from './engine.ts'
import { reader } from './fields.ts'
import { anyOf, labelled, readFilters } from './filters.ts'
import { dataRoot } from './paths.ts'
import type { VolumeRecord } from './records.ts'
import { badParameter, conflict, notFound } from './refusal.ts'
import { newId } from './store.ts'

/** A volume as the API shows it. */
export const volumeView = ({ anonymous: _, ...shown }: VolumeRecord) => ({
  ...shown,
  Mountpoint: `${dataRoot}/volumes/${shown.Name}/_data`,
  Scope: 'local',
})

const find = (engine: Engine, name: string): VolumeRecord => {
  const volume = engine.records.volumes.find(({ Name }) => Name === name)
  if (volume === undefined) throw notFound(`get ${name}: no such volume`)
  return volume
}

/** Refuses names that the local driver refuses. */
export const checkVolumeName = (name: string): void => {
  if (name.length === 1) {
    throw badParameter(`create ${name}: volume name is too short, names should be at least two alphanumeric characters`)
  }
  if (!/^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/.test(name)) {
    throw badParameter(
      `create ${name}: ${JSON.stringify(name)} includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed. If you intended to pass a host directory, use absolute path`,
    )
  }
}

/** The volume with this name, made when it is missing; without a name, a new anonymous one. */
export const ensureVolume = (
  engine: Engine,
  name: string | undefined,
  wish: Partial<Pick<VolumeRecord, 'Labels' | 'Options'>> = {},
): VolumeRecord => {
  const known = engine.records.volumes.find((volume) => volume.Name === name)
  if (known !== undefined) return known
  if (name !== undefined) checkVolumeName(name)
  const volume: VolumeRecord = {
    CreatedAt: new Date().toISOString(),
    Driver: 'local',
    Labels: wish.Labels ?? (name === undefined ? { 'com.docker.volume.anonymous': '' } : null),
    Name: name ?? newId(),
    Options: wish.Options ?? null,
    anonymous: name === undefined,
  }
  engine.records.volumes.push(volume)
  mkdirSync(volumeFolder(engine, volume.Name), { recursive: true })
  engine.events.emit('volume', 'create', volume.Name, { driver: 'local' })
  return volume
}

/** Removes a volume with its content. */
export const dropVolume = (engine: Engine, volume: VolumeRecord): void => {
  engine.records.volumes.splice(engine.records.volumes.indexOf(volume), 1)
  rmSync(dirname(volumeFolder(engine, volume.Name)), { recursive: true, force: true })
  engine.events.emit('volume', 'destroy', volume.Name, { driver: 'local' })
}

/** The containers that mount the volume, running or not. */
export const usersOf = (engine: Engine, volume: VolumeRecord): readonly string[] =>
  engine.records.containers
    .filter(({ Mounts }) => Mounts.some(({ Type, Name }) => Type === 'volume' && Name === volume.Name))
    .map(({ Id }) => Id)

/** `GET /volumes` */
export const listVolumes: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), ['dangling', 'driver', 'label', 'name'])
  const Volumes = engine.records.volumes.filter(
    (volume) =>
      labelled(filters, volume.Labels) &&
      anyOf(filters, 'name', (name) => volume.Name.includes(name)) &&
      anyOf(filters, 'driver', (driver) => volume.Driver === driver) &&
      anyOf(filters, 'dangling', (wanted) => ['1', 'true'].includes(wanted) === (usersOf(engine, volume).length === 0)),
  )
  return json({ Volumes: Volumes.map(volumeView), Warnings: null })
}

/** `GET /volumes/{name}` */
export const inspectVolume: Handler = ({ engine, params }) => json(volumeView(find(engine, params.name ?? '')))

/** `POST /volumes/create`: answers with the existing volume when the name is taken, as the engine does. */
export const createVolume: Handler = async (call) => {
  const wish = reader('CreateOptions', await readJson(call))
  const name = wish.text('Name')
  const driver = wish.text('Driver')
  if (driver !== undefined && driver !== '' && driver !== 'local') {
    throw notFound(`create ${name ?? ''}: error looking up volume plugin ${driver}: plugin "${driver}" not found`)
  }
  const options = wish.map('DriverOpts') ?? {}
  const unknown = Object.keys(options).find((key) => !['type', 'o', 'device', 'size'].includes(key))
  if (unknown !== undefined) throw badParameter(`create ${name ?? ''}: invalid option: ${JSON.stringify(unknown)}`)
  const labels = wish.map('Labels')
  const volume = ensureVolume(call.engine, name === '' ? undefined : name, {
    ...(labels === undefined ? {} : { Labels: labels }),
    Options: Object.keys(options).length === 0 ? null : options,
  })
  call.engine.save()
  return json(volumeView(volume), 201)
}

/** `DELETE /volumes/{name}` */
export const removeVolume: Handler = ({ engine, params, query }) => {
  const name = params.name ?? ''
  if (flag(query, 'force') && !engine.records.volumes.some(({ Name }) => Name === name)) return empty(204)
  const volume = find(engine, name)
  const users = usersOf(engine, volume)
  if (users.length > 0) throw conflict(`remove ${name}: volume is in use - [${users.join(', ')}]`)
  dropVolume(engine, volume)
  engine.save()
  return empty(204)
}
