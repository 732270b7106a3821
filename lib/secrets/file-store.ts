import { readdir, readFile, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import type { Store } from '../core/store.ts'
import { exposure, privateFolder, replaceFile } from './private-file.ts'
import type { Sealing } from './vault.ts'

/** A value as it is kept: open, or encrypted (armored text of age). */
export type Kept = { readonly plain: Secret } | { readonly age: string }

/**
 * The secrets of one host in a JSON file of its own, `<folder>/<host>.json`, readable by its owner alone. Names are always
 * readable; with recipients each value is encrypted by itself, `{ "NAME": { "age": "-----BEGIN …" } }`, and one that does not
 * change keeps its text. Writing needs the recipients only, reading an identity.
 * @throws LoadError `secrets-readable-by-others`, `secrets-unreadable`, and what opening an encrypted value throws.
 */
export function createFileStore(folder: string, host: string, sealing?: Sealing): Store {
  const file = storeFile(folder, host)
  const opened = new Map<string, Promise<Secret>>()
  let known: Promise<ReadonlyMap<string, Kept>> | undefined
  let writing: Promise<unknown> = Promise.resolve()

  const all = (): Promise<ReadonlyMap<string, Kept>> => {
    known ??= readStore(file)
    return known
  }
  const change = (edit: (secrets: Map<string, Kept>) => void): Promise<void> => {
    const done = writing.then(async () => {
      const secrets = new Map(await all())
      edit(secrets)
      const sealed = await sealPlain(secrets, sealing)
      await writeStore(file, sealed)
      known = Promise.resolve(sealed)
    })
    writing = done.catch(() => undefined)
    return done
  }
  return {
    names: async () => [...(await all()).keys()],
    async get(name) {
      const kept = (await all()).get(name)
      if (kept === undefined || 'plain' in kept) return kept?.plain
      const known = opened.get(name) ?? (sealing ?? without(file)).open(kept.age, name)
      opened.set(name, known)
      return known
    },
    set: (name, value) =>
      change((secrets) => {
        secrets.set(name, { plain: value })
        opened.set(name, Promise.resolve(value))
      }),
    delete: (name) =>
      change((secrets) => {
        secrets.delete(name)
        opened.delete(name)
      }),
  }
}

/** Where the secrets of a host are kept. */
export function storeFile(folder: string, host: string): string {
  return path.join(folder, `${host.replaceAll(/[^\w.@-]/g, '_')}.json`)
}

/** Encrypts what is open among the values, when there are recipients. */
export async function sealPlain(
  secrets: ReadonlyMap<string, Kept>,
  sealing: Pick<Sealing, 'seal'> | undefined,
): Promise<ReadonlyMap<string, Kept>> {
  if (!sealing) return secrets
  const entries = [...secrets].map(async ([name, kept]): Promise<[string, Kept]> => {
    const age = 'plain' in kept ? await sealing.seal(kept.plain) : undefined
    return [name, age === undefined ? kept : { age }]
  })
  return new Map(await Promise.all(entries))
}

/** Reads a file of secrets without opening anything; empty when there is none. Throws as createFileStore does. */
export async function readStore(file: string): Promise<ReadonlyMap<string, Kept>> {
  const exposed = exposure(file, { folder: true })
  if (exposed) {
    throw new LoadError(
      problem('secrets-readable-by-others', `${file} holds secrets, and ${exposed.message}`, { mend: exposed.mend }),
    )
  }
  let text: string
  try {
    await stat(file)
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
    return new Map(entries.map(([name, value]) => [name, keptFrom(value, name)]))
  } catch {
    throw new LoadError(
      problem('secrets-unreadable', `${file} is not the JSON that was written there`, {
        mend: 'put back the last good copy of this file',
      }),
    )
  }
}

function keptFrom(value: unknown, name: string): Kept {
  if (typeof value === 'string') return { plain: new Secret(value, name) }
  const age = (value as { age?: unknown } | null)?.age
  if (typeof age !== 'string') throw new TypeError('not a kept value')
  return { age }
}

/** Writes a file of secrets whole, for its owner alone; what a crash in the middle of an earlier writing left is cleared away. */
export async function writeStore(file: string, secrets: ReadonlyMap<string, Kept>): Promise<void> {
  await privateFolder(path.dirname(file))
  const plain = Object.fromEntries(
    [...secrets].map(([name, kept]) => [name, 'plain' in kept ? kept.plain.reveal() : { age: kept.age }]),
  )
  await replaceFile(file, `${JSON.stringify(plain, null, 2)}\n`, 0o600)
  await clearLeftovers(file)
}

async function clearLeftovers(file: string): Promise<void> {
  const folder = path.dirname(file)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${path.basename(file)}.`)) continue
    const pid = Number(/\.(\d+)\.tmp$/.exec(name)?.[1])
    if (pid > 0 && !isAlive(pid)) await unlink(path.join(folder, name)).catch(() => undefined)
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

function without(file: string): Pick<Sealing, 'open'> {
  throw new LoadError(problem('no-identity', `${file} is encrypted, and nothing was given to open it with`))
}
