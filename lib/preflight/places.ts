import { type ImageReference, parseImage } from '../containers/reference.ts'

/** A host name and a TCP port. */
export interface Address {
  readonly host: string
  readonly port: number
}

/** Where the registry of an image answers; the library of Docker has another address than its name says. */
export function registryOf(image: string): Address {
  const [first = '', ...rest] = parseImage(image).repository.split('/')
  const named = rest.length > 0 && (/[.:]/.test(first) || first === 'localhost')
  if (!named || first === 'docker.io' || first === 'index.docker.io') return { host: 'registry-1.docker.io', port: 443 }
  return addressOf(first, 443)
}

/** Reads `proxy.example.org:3128`, `http://user@proxy.example.org:3128/` and bare names. */
export function addressOf(text: string, usualPort: number): Address {
  const url = URL.canParse(text) && text.includes('://') ? new URL(text) : undefined
  if (url) return { host: url.hostname, port: Number(url.port) || (url.protocol === 'https:' ? 443 : usualPort) }
  const colon = text.lastIndexOf(':')
  return colon < 0
    ? { host: text, port: usualPort }
    : { host: text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}

/** Addresses without repetition. */
export function distinct(all: readonly Address[]): readonly Address[] {
  return [...new Map(all.map((one) => [`${one.host}:${one.port}`, one])).values()]
}

/** Whether the name of an image says exactly which one is meant: a digest, or a tag that is not `latest`. */
export function isPinned({ tag, digest }: ImageReference): boolean {
  return digest !== undefined || (tag !== undefined && tag !== 'latest')
}
