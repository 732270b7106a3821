import { type Call, type Handler, json, type Output, type Reply } from './call.ts'
import type { Engine } from './engine.ts'
import { type ImageSpec, imageFromSpec } from './image-spec.ts'
import { tagAs } from './images.ts'
import { familiar, type ImageReference, parseReference } from './reference.ts'
import { badParameter, notFound, Refusal, systemError } from './refusal.ts'

const credentials = (header: string | string[] | undefined) => {
  if (typeof header !== 'string') return undefined
  try {
    const found: unknown = JSON.parse(Buffer.from(header, 'base64url').toString('utf8'))
    if (typeof found !== 'object' || found === null || !('username' in found) || !('password' in found))
      return undefined
    return { username: String(found.username), password: String(found.password) }
  } catch {
    throw badParameter('invalid X-Registry-Auth header: must be a valid base64url-encoded JSON object')
  }
}

const registryHost = (repository: string): string => {
  const first = repository.split('/')[0] ?? ''
  return repository.includes('/') && /[.:]/.test(first) ? first : 'registry-1.docker.io'
}

/** Asks the registry. Throws what the engine answers when the image cannot be had; `'broken'` is left to the caller. */
const ask = async (call: Call, reference: ImageReference): Promise<ImageSpec | 'broken'> => {
  const name = familiar(reference)
  const answer = await call.engine.settings.registry(name, credentials(call.headers['x-registry-auth']))
  const host = registryHost(reference.repository)
  switch (answer) {
    case undefined:
    case 'no-tag':
      throw notFound(`manifest for ${name} not found: manifest unknown: manifest unknown`)
    case 'no-repository':
      throw notFound(
        `pull access denied for ${reference.repository}, repository does not exist or may require 'docker login': denied: requested access to the resource is denied`,
      )
    case 'unreachable':
      throw systemError(`Get "https://${host}/v2/": dial tcp: lookup ${host}: no such host`)
    case 'throttled':
      throw new Refusal(
        429,
        'toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit',
      )
    default:
      return answer
  }
}

const line = (message: object): string => `${JSON.stringify(message)}\r\n`

const progress = (out: Output, layers: readonly string[], size: number): void => {
  const ids = layers.map((layer) => layer.slice(7, 19))
  for (const id of ids) out.write(line({ status: 'Pulling fs layer', progressDetail: {}, id }))
  for (const id of ids) {
    for (const part of [0.5, 1]) {
      const current = Math.round((size / ids.length) * part)
      const total = Math.round(size / ids.length)
      out.write(
        line({ status: 'Downloading', progressDetail: { current, total }, progress: `${current}B/${total}B`, id }),
      )
    }
    out.write(line({ status: 'Download complete', progressDetail: {}, id }))
    out.write(line({ status: 'Pull complete', progressDetail: {}, id }))
  }
}

/** Stores the image of a description under a reference; tells whether it was new here. */
const keep = (engine: Engine, reference: ImageReference, spec: ImageSpec): boolean => {
  const made = imageFromSpec(reference.repository, spec)
  const known = engine.records.images.find(({ Id }) => Id === made.Id)
  const image = known ?? made
  if (known === undefined) engine.records.images.push(image)
  for (const digest of made.RepoDigests) if (!image.RepoDigests.includes(digest)) image.RepoDigests.push(digest)
  const name = familiar(reference)
  const isNew = known === undefined || (reference.digest === undefined && !image.RepoTags.includes(name))
  if (reference.digest === undefined && isNew) tagAs(engine, image, name)
  engine.save()
  engine.events.emit('image', 'pull', name, { name })
  return isNew
}

/** `POST /images/create?fromImage=…&tag=…`: a pull. Importing a file system (`fromSrc`) is not part of the double. */
export const pullImage: Handler = async (call): Promise<Reply> => {
  const from = call.query.get('fromImage') ?? ''
  const tag = call.query.get('tag') ?? ''
  if (call.query.has('fromSrc')) throw new Refusal(501, 'the sandbox engine does not import file systems')
  if (from === '') throw badParameter('invalid reference format')
  const reference = parseReference(tag === '' ? from : `${from}${tag.startsWith('sha256:') ? '@' : ':'}${tag}`)
  if (reference.tag === undefined && reference.digest === undefined) {
    // The real engine fetches every tag of the repository here, which nobody wants.
    throw new Refusal(501, `the sandbox engine does not pull all tags of "${from}": name one`)
  }
  const spec = await ask(call, reference)
  return {
    kind: 'stream',
    type: 'application/json',
    run: async (out) => {
      const shown = familiar(reference)
      out.write(line({ status: `Pulling from ${reference.repository}`, id: reference.digest ?? reference.tag }))
      if (spec === 'broken') {
        const message = 'unexpected EOF'
        out.write(line({ errorDetail: { message }, error: message }))
        return
      }
      const image = imageFromSpec(reference.repository, spec)
      if (reference.digest !== undefined && !image.RepoDigests.includes(shown)) {
        const message = `manifest for ${shown} not found: manifest unknown: manifest unknown`
        out.write(line({ errorDetail: { message }, error: message }))
        return
      }
      const known = call.engine.records.images.some(({ Id }) => Id === image.Id)
      if (!known) progress(out, image.Layers, image.Size)
      const isNew = keep(call.engine, reference, spec)
      out.write(line({ status: `Digest: ${image.RepoDigests[0]?.split('@')[1]}` }))
      out.write(
        line({
          status: isNew ? `Status: Downloaded newer image for ${shown}` : `Status: Image is up to date for ${shown}`,
        }),
      )
    },
  }
}

/** `GET /distribution/{name}/json`: what the registry holds, without pulling it. */
export const distribution: Handler = async (call) => {
  const reference = parseReference(call.params.name ?? '')
  const spec = await ask(call, reference)
  if (spec === 'broken') throw systemError('unexpected EOF')
  const image = imageFromSpec(reference.repository, spec)
  return json({
    Descriptor: {
      mediaType: 'application/vnd.docker.distribution.manifest.v2+json',
      digest: image.RepoDigests[0]?.split('@')[1],
      size: 1024,
    },
    Platforms: [{ architecture: image.Architecture, os: 'linux' }],
  })
}
