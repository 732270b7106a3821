import { readFileSync } from 'node:fs'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { reveal } from '../core/secret.ts'
import { fingerprint } from './known-hosts.ts'
import type { Hop, KeySource } from './route.ts'
import { keyType } from './wire.ts'

/** A key as the SSH library holds it; only what is needed to choose among keys. */
export interface ParsedKey {
  isPrivateKey(): boolean
  getPublicSSH(): Buffer
}

/** One way to prove who we are; `label` names it in errors. */
export type Attempt<Key> =
  | { readonly method: 'publickey'; readonly via: 'key'; readonly key: Key; readonly label: string }
  | { readonly method: 'publickey'; readonly via: 'agent'; readonly keys: readonly Buffer[]; readonly label: string }
  | { readonly method: 'password' | 'keyboard-interactive' | 'none'; readonly label: string }

export interface Identities<Key> {
  readonly attempts: readonly Attempt<Key>[]
  /** Keys that were passed over, and why. */
  readonly notes: readonly string[]
}

/** The library's way to read a key: the key, or why it cannot be read. */
export type ParseKey<Key extends ParsedKey> = (text: string, passphrase?: string) => Key | Error

/**
 * What to offer a server, in order: keys that were asked for or configured, the agent's, the account's default keys, the
 * password, and the same password to keyboard-interactive questions. `agentKeys` is what the agent holds.
 * Throws ConnectError `key-unreadable`, `key-passphrase-missing` or `key-passphrase-wrong` for a key that was asked for;
 * other keys are passed over with a note. A key that needs a passphrase is used through the agent when it is there.
 */
export function identities<Key extends ParsedKey>(
  hop: Hop,
  agentKeys: readonly Buffer[],
  parse: ParseKey<Key>,
): Identities<Key> {
  const notes: string[] = []
  const early: Attempt<Key>[] = []
  const late: Attempt<Key>[] = []
  const named: Buffer[] = []
  for (const source of hop.keys) {
    const found = load(source, agentKeys, parse)
    if (typeof found === 'string') notes.push(found)
    else if (found !== undefined) {
      if (named.some((one) => one.equals(found.id))) continue
      named.push(found.id)
      const into = source.origin === 'default' ? late : early
      into.push(found.attempt)
    }
  }
  const others = hop.identitiesOnly ? [] : agentKeys.filter((key) => !named.some((one) => one.equals(key)))
  const agent: Attempt<Key>[] =
    others.length === 0
      ? []
      : [{ method: 'publickey', via: 'agent', keys: others, label: `${others.length} keys of the agent` }]
  const password: Attempt<Key>[] =
    hop.password === undefined
      ? []
      : [
          { method: 'password', label: 'the password' },
          { method: 'keyboard-interactive', label: 'the password, as the answer to a question' },
        ]
  return { attempts: [...early, ...agent, ...late, ...password, { method: 'none', label: 'no proof at all' }], notes }
}

interface Found<Key> {
  readonly id: Buffer
  readonly attempt: Attempt<Key>
}

/** One key as an attempt; a note when it is passed over; undefined when a default key is simply not there. */
function load<Key extends ParsedKey>(
  source: KeySource,
  agentKeys: readonly Buffer[],
  parse: ParseKey<Key>,
): Found<Key> | string | undefined {
  const name = source.path ?? 'the key in the inventory'
  const pass = (code: string, message: string, mend: string, cause?: unknown) => {
    if (source.origin !== 'asked') return message
    throw new ConnectError(problem(code, message, { mend }), { cause })
  }
  let text: string
  try {
    text = source.path === undefined ? reveal(source.text ?? '') : readFileSync(source.path, 'utf8')
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT'
    const inAgent = missing && source.origin !== 'default' ? publicHalf(source, agentKeys) : undefined
    if (inAgent !== undefined) return inAgent
    if (missing && source.origin === 'default') return undefined
    const why = missing ? 'is not there' : `cannot be read: ${(cause as Error).message}`
    return pass('key-unreadable', `the key file ${name} ${why}`, 'correct ansible_ssh_private_key_file', cause)
  }
  const passphrase = source.passphrase === undefined ? undefined : reveal(source.passphrase)
  const key = parse(text, passphrase)
  if (key instanceof Error) {
    const half = publicHalf(source, agentKeys, text)
    if (half !== undefined && isEncrypted(text)) return half
    if (isEncrypted(text) && passphrase === undefined) {
      return pass(
        'key-passphrase-missing',
        `the key ${name} is encrypted and no passphrase was given`,
        'set ansible_ssh_private_key_passphrase (in the vault), or load the key into an agent with ssh-add',
      )
    }
    if (isEncrypted(text)) {
      return pass(
        'key-passphrase-wrong',
        `the passphrase given for the key ${name} does not open it`,
        `correct ansible_ssh_private_key_passphrase; \`ssh-keygen -yf FILE\` tries one`,
      )
    }
    return pass(
      'key-unreadable',
      `the key ${name} is of a kind this program cannot read: ${key.message}`,
      'rewrite it into the form of OpenSSH with `ssh-keygen -p -f FILE`; keys on hardware work through the agent',
    )
  }
  const id = key.getPublicSSH()
  const label = `${name} (${fingerprint(id)})`
  if (key.isPrivateKey()) return { id, attempt: { method: 'publickey', via: 'key', key, label } }
  if (agentKeys.some((one) => one.equals(id))) return throughAgent(id, name)
  return pass(
    'key-unreadable',
    `${name} is a public key, and the agent does not hold its private half`,
    'name the private key file, without .pub',
  )
}

function throughAgent(id: Buffer, name: string): Found<never> {
  const label = `${name} through the agent (${fingerprint(id)})`
  return { id, attempt: { method: 'publickey', via: 'agent', keys: [id], label } }
}

/** The same key in the agent, found by the public half that is in the file itself or in a `.pub` file beside it. */
function publicHalf({ path }: KeySource, agentKeys: readonly Buffer[], text = ''): Found<never> | undefined {
  const inside = publicPart(text)
  const beside = path === undefined ? '' : textOf(`${path}.pub`)
  const id = inside ?? Buffer.from(beside.split(/\s+/)[1] ?? '', 'base64')
  return agentKeys.some((one) => one.equals(id)) ? throughAgent(id, path ?? 'the key in the inventory') : undefined
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

const openSshMagic = 'openssh-key-v1\0'

/** OpenSSH's own format keeps the public key in clear (PROTOCOL.key in its sources). */
function publicPart(text: string): Buffer | undefined {
  const body = openSshBody(text)
  if (body === undefined) return undefined
  try {
    let rest = body.subarray(openSshMagic.length)
    const next = () => {
      const length = rest.readUInt32BE()
      const one = rest.subarray(4, 4 + length)
      rest = rest.subarray(4 + length)
      return one
    }
    next()
    next()
    next()
    rest = rest.subarray(4)
    const key = next()
    return keyType(key) === '' ? undefined : key
  } catch {
    return undefined
  }
}

function openSshBody(text: string): Buffer | undefined {
  const [, base64] = /-----BEGIN OPENSSH PRIVATE KEY-----([\s\S]+?)-----END/.exec(text) ?? []
  const body = Buffer.from(base64 ?? '', 'base64')
  return body.subarray(0, openSshMagic.length).toString('latin1') === openSshMagic ? body : undefined
}

function isEncrypted(text: string): boolean {
  const body = openSshBody(text)
  if (body === undefined) return /^Proc-Type: 4,ENCRYPTED|BEGIN ENCRYPTED PRIVATE KEY|^Encryption: aes/m.test(text)
  const length = body.readUInt32BE(openSshMagic.length)
  const start = openSshMagic.length + 4
  return body.subarray(start, start + length).toString() !== 'none'
}
