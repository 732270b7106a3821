import { askEngine, pullImage, streamLine } from '../../lib/containers/engine.ts'
import { found } from '../../lib/containers/inspect.ts'
import { type ImageReference, imageName, imagePath, parseImage } from '../../lib/containers/reference.ts'
import {
  type Change,
  create,
  type Finding,
  type Io,
  NotYetError,
  problem,
  type Result,
  remove,
  run,
  type Source,
  s,
  TaskError,
  task,
  type Value,
} from '../../lib/task.ts'

interface Image {
  readonly Id: string
  readonly RepoTags?: readonly string[] | null
  readonly RepoDigests?: readonly string[] | null
}

type Data = 'pull' | 'load' | 'remove'

export default task({
  summary: 'An image is on the host, or is not.',
  args: s.args({
    name: s.string('Name of the image, with a tag or a digest if need be: "mongo:8.0.4", "…@sha256:…".'),
    tag: s.string('Tag, when the name has none.').default('latest'),
    source: s
      .choice(
        ['pull', 'load', 'local'],
        'Pull it from its registry, load it from an archive, or only make sure that it is there.',
      )
      .default('pull'),
    load_path: s
      .file(
        'Archive made with "docker save", beside the playbook (files/); it is sent to the host when the image is missing.',
      )
      .optional(),
    pull: s
      .object({ platform: s.string('Platform to pull, such as "linux/amd64".').optional() }, 'How to pull.')
      .optional(),
    force_source: s.boolean('Pull or load it even when an image of that name is there.').default(false),
    force_absent: s.boolean('Remove it even when containers use it.').default(false),
    state: s.choice(['present', 'absent'], 'Shall it be there?').default('present'),
    timeout: s.int('Seconds that pulling or loading may take.').default(3600),
  }),
  examples: [
    'docker_image: { name: mongo, tag: 8.0.4, source: pull }',
    `docker_image:
  name: registry.example.org/rocketchat/rocket.chat@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef`,
    `name: Bring the image to a host without access to a registry
docker_image:
  name: rocketchat/rocket.chat:8.0.1
  source: load
  load_path: images/rocketchat-8.0.1.tar`,
    'docker_image: { name: mongo:7.0, state: absent }',
  ],
  returns: { image: 'What the engine says of the image.' },

  validate: ({ name, source, load_path, state }): readonly Finding[] => {
    if (!/^[\w./:@-]+$/.test(name))
      return [{ path: ['name'], diagnostic: problem('wrong-argument', `"${name}" cannot be the name of an image`) }]
    if (state === 'present' && (source === 'load') !== (load_path !== undefined)) {
      return [
        {
          path: [source === 'load' ? 'source' : 'load_path'],
          diagnostic: problem('wrong-argument', 'source: load and load_path need each other', {
            mend: 'give both, or neither',
          }),
        },
      ]
    }
    return []
  },
  probe: ({ name, tag }) => {
    const image = referenceOf(name, tag)
    const tagged =
      image.digest !== undefined && image.tag !== undefined ? [imageName({ ...image, digest: undefined })] : []
    return {
      ask: [imageName(image), ...tagged].map((one) => ({ on: 'docker' as const, path: imagePath(one, '/json') })),
      read: (answers): Image | undefined => {
        const [exact, byTag] = answers.map((one) => found<Image>(one))
        // An archive keeps no digests of the registry: then only the id can prove that it is the same image.
        return exact ?? (byTag?.Id === image.digest ? byTag : undefined)
      },
    }
  },
  diff: ({ name, tag, source, state, force_source }, image): readonly Change<Data>[] => {
    const wanted = imageName(referenceOf(name, tag))
    const target = `image ${wanted}`
    if (state === 'absent') return image ? [remove(target, image.Id, 'remove')] : []
    if (image) return force_source && source !== 'local' ? [run(`${target}: ${source} it again`, source)] : []
    if (source === 'local') {
      throw new NotYetError(
        problem('image-missing', `the image ${wanted} is not on the host`, {
          mend: 'use source: pull, or source: load with an archive',
        }),
      )
    }
    return [create(target, source === 'pull' ? 'pulled' : 'loaded', source)]
  },
  apply: async ({ data, action }, io, { name, tag, load_path, pull, force_absent, timeout }) => {
    const image = referenceOf(name, tag)
    const path = imagePath(imageName(image), '/json')
    if (data === 'remove') {
      await askEngine(
        io,
        `remove the image ${imageName(image)}`,
        'DELETE',
        imagePath(imageName(image), force_absent ? '?force=1' : ''),
        { also: [404] },
      )
      return undefined
    }
    const before = action === 'run' ? found<Image>(await io.docker.request('GET', path)) : undefined
    if (data === 'pull') await pullImage(io, image, { platform: pull?.platform, timeout: timeout * 1000 })
    else if (load_path) await loadImage(io, load_path, imageName(image), timeout * 1000)
    if (action !== 'run') return undefined
    const after = found<Image>(await io.docker.request('GET', path))
    return { changed: before?.Id !== after?.Id, ...valuesOf(after) }
  },
  result: (_args, image) => valuesOf(image),
})

/** A tag or digest within the name wins over the argument. */
function referenceOf(name: string, tag: string): ImageReference {
  const image = parseImage(name)
  return image.tag === undefined && image.digest === undefined
    ? parseImage(`${name}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`)
    : image
}

function valuesOf(image: Image | undefined): Result {
  return { values: { image: (image ?? {}) as unknown as Value } }
}

async function loadImage(io: Io, archive: Source, name: string, timeout: number): Promise<void> {
  io.progress(`sending ${archive.path}`)
  const loaded: string[] = []
  const failures: string[] = []
  await askEngine(io, `load the archive ${archive.path}`, 'POST', '/images/load?quiet=1', {
    upload: () => archive.open(),
    headers: { 'content-type': 'application/x-tar' },
    timeout,
    onProgress: (line) => {
      const { stream, error } = streamLine(line)
      const [, what] = /^Loaded image(?: ID)?: (.*)/.exec(stream ?? '') ?? []
      if (what !== undefined) loaded.push(what.trim())
      if (error !== undefined) failures.push(error)
    },
  })
  if (failures[0] !== undefined)
    throw new TaskError(problem('image-not-loaded', `Docker could not load ${archive.path}: ${failures[0]}`))
  if (found(await io.docker.request('GET', imagePath(name, '/json'))) === undefined) {
    throw new TaskError(
      problem('image-not-in-archive', `${archive.path} does not hold the image ${name}`, {
        detail: loaded.length > 0 ? `it holds: ${loaded.join(', ')}` : 'the engine did not say what it holds',
        mend: `make the archive with: docker save ${name} -o FILE`,
      }),
    )
  }
}
