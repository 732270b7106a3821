import { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { type Handler, type Output, readAll } from './call.ts'
import type { Engine } from './engine.ts'
import { type Fields, reader } from './fields.ts'
import { sha256 } from './image-spec.ts'
import { imageNamed, tagAs } from './images.ts'
import type { HealthcheckConfig, ImageConfig, ImageRecord } from './records.ts'
import { familiar, parseReference } from './reference.ts'
import { readTar, writeTar } from './tar.ts'

/** Larger files of an archive are layers, whose content the double has no use for. */
const largestDocument = 4 * 1024 * 1024

async function* rejoined(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first
  for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value
}

/** The archive itself, whether it came zipped or not. */
const unpacked = async (body: AsyncIterable<Uint8Array>): Promise<AsyncIterable<Uint8Array>> => {
  const pieces = body[Symbol.asyncIterator]()
  const first = await pieces.next()
  if (first.done) return Readable.from([])
  const whole = rejoined(first.value, pieces)
  const zipped = first.value[0] === 0x1f && first.value[1] === 0x8b
  return zipped ? Readable.from(whole).compose(createGunzip()) : whole
}

interface Archive {
  readonly names: ReadonlyMap<string, number>
  readonly documents: ReadonlyMap<string, Buffer>
}

const readArchive = async (body: AsyncIterable<Uint8Array>): Promise<Archive> => {
  const names = new Map<string, number>()
  const documents = new Map<string, Buffer>()
  const wanted = (size: number) => size <= largestDocument
  for await (const { header, content } of readTar(await unpacked(body), ({ size }) => wanted(size))) {
    const name = header.name.replace(/^\.\//, '')
    names.set(name, header.size)
    if (header.type === 'file' && wanted(header.size)) documents.set(name, content)
  }
  return { names, documents }
}

const parsed = (archive: Archive, name: string): unknown => {
  const content = archive.documents.get(name)
  if (content === undefined)
    throw new Error(`open /var/lib/docker/tmp/docker-import/${name}: no such file or directory`)
  return JSON.parse(content.toString('utf8'))
}

const configOf = (raw: Fields): ImageConfig => {
  const config = reader('Config', raw)
  const exposed = config.object('ExposedPorts') as ImageConfig['ExposedPorts']
  const check = config.object('Healthcheck') as HealthcheckConfig | undefined
  const signal = config.text('StopSignal')
  return {
    User: config.text('User') ?? '',
    ...(exposed === undefined ? {} : { ExposedPorts: exposed }),
    Env: config.texts('Env') ?? [],
    Cmd: config.words('Cmd') ?? null,
    Entrypoint: config.words('Entrypoint') ?? null,
    ...(check === undefined ? {} : { Healthcheck: check }),
    Volumes: (config.object('Volumes') as ImageConfig['Volumes']) ?? null,
    WorkingDir: config.text('WorkingDir') ?? '',
    Labels: config.map('Labels') ?? null,
    ...(signal === undefined ? {} : { StopSignal: signal }),
  }
}

const loadOne = (engine: Engine, archive: Archive, entry: Fields): readonly string[] => {
  const manifest = reader('manifestItem', entry)
  const configName = manifest.text('Config') ?? ''
  const content = reader('image', parsed(archive, configName))
  const layers = manifest.texts('Layers') ?? []
  const missing = layers.find((layer) => !archive.names.has(layer))
  if (missing !== undefined)
    throw new Error(`open /var/lib/docker/tmp/docker-import/${missing}: no such file or directory`)
  const document = String(archive.documents.get(configName))
  const Id = sha256(document)
  const known = engine.records.images.find((image) => image.Id === Id)
  const rootfs = reader('rootfs', content.object('rootfs'))
  const image: ImageRecord = known ?? {
    Id,
    document,
    RepoTags: [],
    RepoDigests: [],
    Created: content.text('created') ?? '1970-01-01T00:00:00Z',
    Size: layers.reduce((sum, layer) => sum + (archive.names.get(layer) ?? 0), 0),
    Architecture: content.text('architecture') ?? 'amd64',
    Config: configOf(content.object('config') ?? {}),
    Layers: rootfs.texts('diff_ids') ?? [],
    files: {},
  }
  if (known === undefined) engine.records.images.push(image)
  const tags = (manifest.texts('RepoTags') ?? []).map((tag) => familiar(parseReference(tag)))
  for (const tag of tags) if (!image.RepoTags.includes(tag)) tagAs(engine, image, tag)
  engine.events.emit('image', 'load', Id, { name: Id })
  return tags.length === 0 ? [`Loaded image ID: ${Id}\n`] : tags.map((tag) => `Loaded image: ${tag}\n`)
}

const line = (message: object): string => `${JSON.stringify(message)}\r\n`

const load = async (engine: Engine, body: AsyncIterable<Uint8Array>, out: Output): Promise<void> => {
  try {
    const archive = await readArchive(body)
    if (!archive.names.has('manifest.json')) throw new Error('invalid archive: does not contain a manifest.json')
    const entries = reader('manifest', { items: parsed(archive, 'manifest.json') }).objects('items') ?? []
    const said = entries.flatMap((entry) => loadOne(engine, archive, entry))
    engine.save()
    for (const stream of said) out.write(line({ stream }))
  } catch (problem) {
    const message = problem instanceof Error ? problem.message : String(problem)
    out.write(line({ errorDetail: { message }, error: message }))
  }
}

/** `POST /images/load`: takes a docker archive, zipped or not; what is wrong with it is told in the stream, the status is 200. */
export const loadImages: Handler = ({ engine, body }) => ({
  kind: 'stream',
  type: 'application/json',
  run: async (out) => {
    await load(engine, body, out)
    // What is left after a refusal is read, so that the client gets to see the answer.
    await readAll(body).catch(() => undefined)
  },
})

const archiveOf = (images: readonly { readonly image: ImageRecord; readonly tags: readonly string[] }[]): Buffer => {
  const entries: { header: { name: string }; content: Buffer }[] = []
  const manifest = images.map(({ image, tags }) => {
    const config = Buffer.from(image.document)
    const name = `${image.Id.slice(7)}.json`
    const layers = image.Layers.map((layer) => `${layer.slice(7)}/layer.tar`)
    entries.push({ header: { name }, content: config })
    for (const layer of layers) entries.push({ header: { name: layer }, content: writeTar([]) })
    return { Config: name, RepoTags: tags, Layers: layers }
  })
  return writeTar([...entries, { header: { name: 'manifest.json' }, content: Buffer.from(JSON.stringify(manifest)) }])
}

/** `GET /images/{name}/get` and `GET /images/get?names=…`: a docker archive, with empty layers. */
export const saveImages: Handler = ({ engine, params, query }) => {
  const names = params.name === undefined ? query.getAll('names') : [params.name]
  const images = names.map((name) => {
    const image = imageNamed(engine, name)
    const isId = image.Id.startsWith(name.startsWith('sha256:') ? name : `sha256:${name}`)
    return { image, tags: isId ? [] : [familiar(parseReference(name))] }
  })
  return {
    kind: 'stream',
    type: 'application/x-tar',
    run: async (out) => out.write(archiveOf(images)),
  }
}
