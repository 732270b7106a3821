import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  type Stats,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, dirname, join, posix, relative, sep } from 'node:path'
import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Call, empty, type Handler, readAll } from './call.ts'
import { containerNamed } from './containers.ts'
import { absolute, mountOf, realPath } from './paths.ts'
import type { ContainerRecord } from './records.ts'
import { badParameter, forbidden, notFound, systemError } from './refusal.ts'
import { readTar, type TarEntry, type TarHeader, writeTar } from './tar.ts'

interface Place {
  readonly container: ContainerRecord
  /** In the container, absolute. */
  readonly path: string
  readonly real: string
  readonly stats: Stats
}

const place = ({ engine, params, query }: Call): Place => {
  const name = params.id ?? ''
  const container = containerNamed(engine, name)
  const asked = query.get('path') ?? ''
  if (asked === '') throw badParameter('bad parameter: path cannot be empty')
  const path = absolute(asked)
  const real = realPath(engine, container, path)
  const stats = lstatSync(real, { throwIfNoEntry: false })
  if (stats === undefined) throw notFound(`Could not find the file ${asked} in container ${name}`)
  return { container, path, real, stats }
}

/** Go's file modes: the kind of file sits in the high bits. */
const goMode = (stats: Stats): number =>
  (stats.mode & 0o777) + (stats.isDirectory() ? 2 ** 31 : stats.isSymbolicLink() ? 2 ** 27 : 0)

const statHeader = ({ path, real, stats }: Place): Record<string, string> => ({
  'X-Docker-Container-Path-Stat': Buffer.from(
    JSON.stringify({
      name: path === '/' ? '/' : basename(path),
      size: stats.size,
      mode: goMode(stats),
      mtime: stats.mtime.toISOString(),
      linkTarget: stats.isSymbolicLink() ? readlinkSync(real) : '',
    }),
  ).toString('base64'),
})

/** `HEAD /containers/{id}/archive`: whether and what is there. */
export const statPath: Handler = (call) => ({ kind: 'text', status: 200, body: '', headers: statHeader(place(call)) })

const gather = (real: string, name: string): { header: Partial<TarHeader> & { name: string }; content?: Buffer }[] => {
  const stats = lstatSync(real)
  const header = { name, mode: stats.mode & 0o7777, mtime: stats.mtimeMs / 1000 }
  if (stats.isSymbolicLink()) return [{ header: { ...header, type: 'symlink', linkName: readlinkSync(real) } }]
  if (!stats.isDirectory()) return [{ header, content: readFileSync(real) }]
  const inside = readdirSync(real).sort()
  return [
    { header: { ...header, name: `${name}/`, type: 'directory' } },
    ...inside.flatMap((entry) => gather(join(real, entry), `${name}/${entry}`)),
  ]
}

/** `GET /containers/{id}/archive?path=…`: a file or folder as a tar archive. */
export const getArchive: Handler = (call) => {
  const found = place(call)
  return {
    kind: 'stream',
    type: 'application/x-tar',
    headers: statHeader(found),
    run: async (out) => out.write(writeTar(gather(found.real, found.path === '/' ? '.' : basename(found.path)))),
  }
}

const inside = (folder: string, path: string): boolean => {
  const way = relative(folder, path)
  return way === '' || (way !== '..' && !way.startsWith(`..${sep}`))
}

const unpackOne = (call: Call, container: ContainerRecord, base: string, entry: TarEntry): void => {
  const { header, content } = entry
  const path = posix.join(base, posix.resolve('/', header.name))
  const real = realPath(call.engine, container, path)
  const before = lstatSync(real, { throwIfNoEntry: false })
  const noOverwrite = ['1', 'true'].includes(call.query.get('noOverwriteDirNonDir') ?? '')
  if (before !== undefined && before.isDirectory() !== (header.type === 'directory') && path !== base) {
    if (noOverwrite) {
      throw badParameter(
        before.isDirectory()
          ? `cannot overwrite directory ${JSON.stringify(path)} with non-directory ${JSON.stringify(base)}`
          : `cannot overwrite non-directory ${JSON.stringify(path)} with directory ${JSON.stringify(base)}`,
      )
    }
    rmSync(real, { recursive: true })
  }
  mkdirSync(dirname(real), { recursive: true })
  switch (header.type) {
    case 'directory':
      mkdirSync(real, { recursive: true })
      chmodSync(real, header.mode | 0o700)
      break
    case 'symlink': {
      // A link is only laid down when it stays in the same folder tree, so that nothing of this machine is reached through it.
      const target = realPath(call.engine, container, posix.resolve(posix.dirname(path), header.linkName))
      const root = realPath(call.engine, container, mountOf(container, path)?.Destination ?? '/')
      if (!inside(root, target))
        throw systemError(`invalid symlink ${JSON.stringify(path)} -> ${JSON.stringify(header.linkName)}`)
      rmSync(real, { force: true })
      symlinkSync(relative(dirname(real), target), real)
      break
    }
    case 'file':
      rmSync(real, { force: true })
      writeFileSync(real, content, { mode: header.mode | 0o600 })
      chmodSync(real, header.mode | 0o400)
      utimesSync(real, header.mtime, header.mtime)
      break
    case 'link':
    case 'other':
      throw systemError(`unhandled tar header type for ${JSON.stringify(header.name)}`)
    default: {
      const odd: never = header.type
      throw new Error(String(odd))
    }
  }
}

/** `PUT /containers/{id}/archive?path=…`: unpacks a tar archive, zipped or not, into a folder of the container. */
export const putArchive: Handler = async (call) => {
  const { container, path, stats } = place(call)
  if (!stats.isDirectory()) throw badParameter('extraction point is not a directory')
  const mount = mountOf(container, path)
  if (mount !== undefined && !mount.RW) throw forbidden('mounted volume is marked read-only')
  if (mount === undefined && container.HostConfig.ReadonlyRootfs)
    throw forbidden('container rootfs is marked read-only')
  const raw = await readAll(call.body)
  const zipped = raw[0] === 0x1f && raw[1] === 0x8b
  const archive = zipped ? Readable.from([raw]).compose(createGunzip()) : Readable.from([raw])
  const entries: TarEntry[] = []
  try {
    for await (const entry of readTar(archive)) entries.push(entry)
  } catch (problem) {
    throw systemError(problem instanceof Error ? problem.message : String(problem))
  }
  for (const entry of entries) unpackOne(call, container, path, entry)
  return empty(200)
}
