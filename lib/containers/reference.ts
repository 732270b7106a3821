/** An image's name in its parts: `registry.example.org:5000/a/b:1.2@sha256:…`. */
export interface ImageReference {
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

/** Takes the name of an image apart. A bare image id (`sha256:…`, or 64 hex digits) has no repository. */
export function parseImage(name: string): ImageReference {
  if (/^(sha256:)?[0-9a-f]{64}$/.test(name))
    return { repository: '', tag: undefined, digest: name.startsWith('sha256:') ? name : `sha256:${name}` }
  const [named = '', digest] = name.split('@', 2)
  const colon = named.lastIndexOf(':')
  const hasTag = colon > named.lastIndexOf('/')
  return {
    repository: hasTag ? named.slice(0, colon) : named,
    tag: hasTag ? named.slice(colon + 1) : undefined,
    digest,
  }
}

/** The name under which the engine knows the image: with its digest when there is one, otherwise with a tag. */
export function imageName({ repository, tag, digest }: ImageReference): string {
  if (repository === '') return digest ?? ''
  return digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`
}

/** Path of the Engine API about an image; the slashes of its name are part of the path. */
export function imagePath(name: string, rest = ''): string {
  return `/images/${encodeURI(name).replaceAll('?', '%3F').replaceAll('#', '%23')}${rest}`
}
