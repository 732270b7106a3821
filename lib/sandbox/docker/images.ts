import { type Handler, json } from './call.ts'
import type { Engine } from './engine.ts'
import { anyOf, labelled, readFilters } from './filters.ts'
import type { ContainerRecord, ImageRecord } from './records.ts'
import { familiar, parseReference } from './reference.ts'
import { badParameter, conflict, notFound } from './refusal.ts'

/** An id without its algorithm, cut as users see it. */
export const shortImageId = (id: string): string => id.replace('sha256:', '').slice(0, 12)

const isId = (name: string): boolean => /^(?:sha256:)?[0-9a-f]{2,64}$/.test(name)

/** The image with this reference, id or beginning of an id. */
export const findImage = (engine: Engine, name: string): ImageRecord | undefined => {
  const { images } = engine.records
  if (isId(name)) {
    const id = name.startsWith('sha256:') ? name : `sha256:${name}`
    const byId = images.filter((image) => image.Id.startsWith(id))
    if (byId.length === 1) return byId[0]
    if (name.startsWith('sha256:')) return undefined
    if (name.length === 64) return undefined
  }
  const reference = parseReference(name)
  return reference.digest === undefined
    ? images.find(({ RepoTags }) => RepoTags.includes(familiar(reference)))
    : images.find(({ RepoDigests }) => RepoDigests.includes(`${reference.repository}@${reference.digest}`))
}

/** As `findImage`; throws 404 with the reference in full. */
export const imageNamed = (engine: Engine, name: string): ImageRecord => {
  const image = findImage(engine, name)
  if (image !== undefined) return image
  throw notFound(
    `No such image: ${name.startsWith('sha256:') || name.length === 64 ? name : familiar(parseReference(name))}`,
  )
}

/** An image as `GET /images/json` lists it. */
export const imageSummary = (image: ImageRecord) => ({
  Containers: -1,
  Created: Math.floor(Date.parse(image.Created) / 1000),
  Id: image.Id,
  Labels: image.Config.Labels,
  ParentId: '',
  RepoDigests: image.RepoDigests,
  RepoTags: image.RepoTags,
  SharedSize: -1,
  Size: image.Size,
})

const matches = (image: ImageRecord, wanted: string): boolean => {
  const form = new RegExp(
    `^${wanted
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replace(/\*/g, '[^/]*')
      .replace(/\?/g, '[^/]')}$`,
  )
  return [...image.RepoTags, ...image.RepoDigests].some((name) => {
    const repository = name.includes('@') ? name.slice(0, name.indexOf('@')) : name.slice(0, name.lastIndexOf(':'))
    return form.test(name) || form.test(repository)
  })
}

/** `GET /images/json` */
export const listImages: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), ['before', 'dangling', 'label', 'reference', 'since', 'until'])
  return json(
    engine.records.images
      .filter(
        (image) =>
          labelled(filters, image.Config.Labels) &&
          anyOf(filters, 'reference', (wanted) => matches(image, wanted)) &&
          anyOf(filters, 'dangling', (wanted) => ['1', 'true'].includes(wanted) === (image.RepoTags.length === 0)),
      )
      .map(imageSummary),
  )
}

/** `GET /images/{name}/json` */
export const inspectImage: Handler = ({ engine, params }) => {
  const image = imageNamed(engine, params.name ?? '')
  return json({
    Id: image.Id,
    RepoTags: image.RepoTags,
    RepoDigests: image.RepoDigests,
    Parent: '',
    Comment: '',
    Created: image.Created,
    DockerVersion: '',
    Author: '',
    Config: image.Config,
    Architecture: image.Architecture,
    Os: 'linux',
    Size: image.Size,
    GraphDriver: { Name: 'overlay2', Data: null },
    RootFS: { Type: 'layers', Layers: image.Layers },
    Metadata: { LastTagTime: '0001-01-01T00:00:00Z' },
  })
}

/** Gives an image a tag, taking it from the image that had it. */
export const tagAs = (engine: Engine, image: ImageRecord, tag: string): void => {
  for (const other of engine.records.images) other.RepoTags = other.RepoTags.filter((name) => name !== tag)
  image.RepoTags.push(tag)
}

/** `POST /images/{name}/tag` */
export const tagImage: Handler = ({ engine, params, query }) => {
  const image = imageNamed(engine, params.name ?? '')
  const repository = query.get('repo') ?? ''
  const tag = query.get('tag') ?? ''
  const reference = parseReference(tag === '' ? repository : `${repository}:${tag}`)
  if (reference.digest !== undefined) throw badParameter('refusing to create a tag with a digest reference')
  tagAs(engine, image, familiar(reference))
  engine.save()
  engine.events.emit('image', 'tag', image.Id, { name: familiar(reference) })
  return { kind: 'text', status: 201, body: '' }
}

const usersOf = (engine: Engine, image: ImageRecord): readonly ContainerRecord[] =>
  engine.records.containers.filter(({ ImageId }) => ImageId === image.Id)

const drop = (engine: Engine, image: ImageRecord): readonly object[] => {
  engine.records.images.splice(engine.records.images.indexOf(image), 1)
  engine.events.emit('image', 'delete', image.Id, { name: image.Id })
  return [{ Deleted: image.Id }, ...image.Layers.map((Deleted) => ({ Deleted }))]
}

const untag = (engine: Engine, image: ImageRecord): readonly object[] => {
  engine.events.emit('image', 'untag', image.Id, { name: image.Id })
  return [...image.RepoTags, ...image.RepoDigests].map((Untagged) => ({ Untagged }))
}

const removeById = (engine: Engine, image: ImageRecord, force: boolean): readonly object[] => {
  const users = usersOf(engine, image)
  const running = users.find(({ State }) => State.Running)
  const short = shortImageId(image.Id)
  if (running !== undefined) {
    throw conflict(
      `conflict: unable to delete ${short} (cannot be forced) - image is being used by running container ${running.Id.slice(0, 12)}`,
    )
  }
  if (image.RepoTags.length > 1 && !force) {
    throw conflict(
      `conflict: unable to delete ${short} (must be forced) - image is referenced in multiple repositories`,
    )
  }
  if (users[0] !== undefined && !force) {
    throw conflict(
      `conflict: unable to delete ${short} (must be forced) - image is being used by stopped container ${users[0].Id.slice(0, 12)}`,
    )
  }
  return [...untag(engine, image), ...drop(engine, image)]
}

const removeByReference = (engine: Engine, image: ImageRecord, name: string, force: boolean): readonly object[] => {
  const reference = familiar(parseReference(name))
  const users = usersOf(engine, image)
  const isLast = image.RepoTags.length <= 1
  if (!isLast) {
    image.RepoTags = image.RepoTags.filter((tag) => tag !== reference)
    engine.events.emit('image', 'untag', image.Id, { name: image.Id })
    return [{ Untagged: reference }]
  }
  if (users[0] !== undefined && !force) {
    throw conflict(
      `conflict: unable to remove repository reference ${JSON.stringify(name)} (must force) - container ${users[0].Id.slice(0, 12)} is using its referenced image ${shortImageId(image.Id)}`,
    )
  }
  const answers = untag(engine, image)
  if (users.length === 0) return [...answers, ...drop(engine, image)]
  image.RepoTags = []
  image.RepoDigests = []
  return answers
}

/** `DELETE /images/{name}` */
export const removeImage: Handler = ({ engine, params, query }) => {
  const name = params.name ?? ''
  const image = imageNamed(engine, name)
  const force = ['1', 'true'].includes(query.get('force') ?? '')
  const byId = image.Id.startsWith(name.startsWith('sha256:') ? name : `sha256:${name}`)
  const answers = byId ? removeById(engine, image, force) : removeByReference(engine, image, name, force)
  engine.save()
  return json(answers)
}

/** `POST /images/prune`: removes unused images without a tag, or all unused ones with the filter `dangling=false`. */
export const pruneImages: Handler = ({ engine, query }) => {
  const filters = readFilters(query.get('filters'), ['dangling', 'label', 'until'])
  const all = (filters.dangling ?? []).some((value) => ['0', 'false'].includes(value))
  const idle = engine.records.images.filter(
    (image) =>
      (all || image.RepoTags.length === 0) &&
      labelled(filters, image.Config.Labels) &&
      usersOf(engine, image).length === 0,
  )
  const ImagesDeleted = idle.flatMap((image) => [...untag(engine, image), ...drop(engine, image)])
  engine.save()
  return json({
    ImagesDeleted: ImagesDeleted.length === 0 ? null : ImagesDeleted,
    SpaceReclaimed: idle.reduce((sum, { Size }) => sum + Size, 0),
  })
}
