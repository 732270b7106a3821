import { join, posix } from 'node:path'
import { containerFolder, type Engine, volumeFolder } from './engine.ts'
import type { ContainerRecord, MountRecord } from './records.ts'

/** Where the real engine keeps its files; mount points and log paths are shown below it. */
export const dataRoot = '/var/lib/docker'

/** The real folder or file behind a mount. Temporary mounts live in the container's own folder. */
export const mountSource = (engine: Engine, container: ContainerRecord, mount: MountRecord): string => {
  if (mount.Type === 'volume') return volumeFolder(engine, mount.Name ?? '')
  if (mount.Type === 'bind') return engine.settings.hostPath(mount.Source)
  return join(containerFolder(engine, container.Id), 'tmpfs', ...mount.Destination.split('/').filter(Boolean))
}

/** The mount that a path of the container lies in: the one with the longest destination. */
export const mountOf = (container: ContainerRecord, path: string): MountRecord | undefined =>
  container.Mounts.filter((mount) => path === mount.Destination || path.startsWith(`${mount.Destination}/`)).reduce<
    MountRecord | undefined
  >((best, mount) => (best && best.Destination.length >= mount.Destination.length ? best : mount), undefined)

/** A path of the container, absolute and without `.` and `..`. */
export const absolute = (path: string): string => {
  const whole = posix.resolve('/', path)
  return whole === '/' ? whole : whole.replace(/\/$/, '')
}

/** The real path behind a path of the container; nothing outside its mounts and its own layer can be named. */
export const realPath = (engine: Engine, container: ContainerRecord, inContainer: string): string => {
  const path = absolute(inContainer)
  const mount = mountOf(container, path)
  const parts = (text: string) => text.split('/').filter(Boolean)
  if (mount === undefined) return join(containerFolder(engine, container.Id), 'layer', ...parts(path))
  return join(mountSource(engine, container, mount), ...parts(path.slice(mount.Destination.length)))
}
