import { createHash, createHmac } from 'node:crypto'
import { anyMatches } from './pattern.ts'
import { keyType } from './wire.ts'

/** One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
export interface KnownKey {
  readonly marker: 'cert-authority' | 'revoked' | undefined
  /** Patterns, or one hashed name. */
  readonly names: readonly string[]
  readonly type: string
  readonly key: Buffer
  readonly file: string
  readonly line: number
}

/** Reads text in known_hosts form; like OpenSSH it passes over lines that it cannot read. */
export function parseKnownHosts(text: string, file: string): KnownKey[] {
  return text.split(/\r?\n/).flatMap((line, index) => {
    const words = line.trim().split(/\s+/)
    const marker = words[0]?.startsWith('@') ? words.shift()?.slice(1) : undefined
    const [names, type, base64] = words
    if (names === undefined || names.startsWith('#') || type === undefined || base64 === undefined) return []
    if (marker !== undefined && marker !== 'cert-authority' && marker !== 'revoked') return []
    const key = Buffer.from(base64, 'base64')
    if (!isKeyOf(type, key)) return []
    return [{ marker, names: names.split(','), type, key, file, line: index + 1 }]
  })
}

function isKeyOf(type: string, key: Buffer): boolean {
  try {
    return keyType(key) === type
  } catch {
    return false
  }
}

/** The name under which a host on that port is known: `host`, or `[host]:port` when the port is not 22. */
export function knownName(host: string, port: number): string {
  return port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`
}

/** Is the line about that name? `name` as `knownName` makes it. */
export function isAbout({ names }: KnownKey, name: string): boolean {
  const [first = ''] = names
  if (!first.startsWith('|1|')) return anyMatches(names, name)
  const [, , salt = '', hash = ''] = first.split('|')
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash
}

/** The lines of a list that are about a name; found at once where they name it outright, and looked for once per list and name. */
export function keysAbout(list: readonly KnownKey[], name: string): readonly KnownKey[] {
  const index = indexes.get(list) ?? indexOf(list)
  indexes.set(list, index)
  const known = index.found.get(name)
  if (known) return known
  const numbers = [
    ...(index.byName.get(name) ?? []),
    ...index.others.filter((number) => isAbout(list[number] as KnownKey, name)),
  ]
  const found = [...new Set(numbers)].sort((a, b) => a - b).map((number) => list[number] as KnownKey)
  index.found.set(name, found)
  return found
}

/** Numbers of the lines that name hosts outright, by name, and of those whose names are patterns or hashed. */
interface Index {
  readonly byName: ReadonlyMap<string, readonly number[]>
  readonly others: readonly number[]
  readonly found: Map<string, readonly KnownKey[]>
}

const indexes = new WeakMap<readonly KnownKey[], Index>()

function indexOf(list: readonly KnownKey[]): Index {
  const byName = new Map<string, number[]>()
  const others: number[] = []
  for (const [number, { names }] of list.entries()) {
    if (names.some((name) => /[*?!|]/.test(name))) others.push(number)
    else for (const name of names) byName.set(name.toLowerCase(), [...(byName.get(name.toLowerCase()) ?? []), number])
  }
  return { byName, others, found: new Map() }
}

/** A key's fingerprint as `ssh-keygen -l` shows it. */
export function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`
}

/** The line that makes a key known. */
export function knownHostsLine(name: string, key: Buffer): string {
  return `${name} ${keyType(key)} ${key.toString('base64')}`
}
