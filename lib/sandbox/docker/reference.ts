import { badParameter } from './refusal.ts'

/** An image reference in the short form that users see (`mongo`, `rocketchat/rocket.chat`, `registry.example.org/x`). */
export interface ImageReference {
  readonly repository: string
  readonly tag: string | undefined
  readonly digest: string | undefined
}

const domain = /^(?:localhost|[^/]*[.:][^/]*)$/
const path = /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*$/
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const digestForm = /^sha256:[0-9a-f]{64}$/

/** Splits a reference. Throws 400 with the engine's words when it is none. */
export const parseReference = (text: string): ImageReference => {
  const at = text.indexOf('@')
  const digest = at < 0 ? undefined : text.slice(at + 1)
  const named = at < 0 ? text : text.slice(0, at)
  const colon = named.lastIndexOf(':')
  const tag = colon > named.lastIndexOf('/') ? named.slice(colon + 1) : undefined
  const whole = tag === undefined ? named : named.slice(0, colon)
  if ((digest !== undefined && !digestForm.test(digest)) || (tag !== undefined && !tagForm.test(tag))) {
    throw badParameter('invalid reference format')
  }
  const slash = whole.indexOf('/')
  const host = slash > 0 && domain.test(whole.slice(0, slash)) ? whole.slice(0, slash) : undefined
  const bare = host === undefined ? whole : whole.slice(slash + 1)
  if (/^[0-9a-f]{64}$/.test(whole)) {
    throw badParameter(`invalid repository name (${whole}), cannot specify 64-byte hexadecimal strings`)
  }
  if (!path.test(bare)) {
    if (!path.test(bare.toLowerCase())) throw badParameter('invalid reference format')
    const shown = host === undefined && !bare.includes('/') ? `library/${bare}` : bare
    throw badParameter(`invalid reference format: repository name (${shown}) must be lowercase`)
  }
  const hub = host === 'docker.io' || host === 'index.docker.io'
  const repository = host === undefined || hub ? bare.replace(/^library\/(?=[^/]+$)/, '') : `${host}/${bare}`
  return { repository, tag, digest }
}

/** `repository:tag` or `repository@digest`; the tag is `latest` when neither is given. */
export const familiar = ({ repository, tag, digest }: ImageReference): string =>
  digest === undefined ? `${repository}:${tag ?? 'latest'}` : `${repository}@${digest}`
