import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'
import type { Store } from '../core/store.ts'

/**
 * The secrets of one host in a JSON file of its own, `<folder>/<host>.json`, readable by its owner alone.
 * @throws LoadError `secrets-readable-by-others`, `secrets-unreadable`.
 */
export function createFileStore(folder: string, host: string): Store {
  const file = path.join(folder, `${host.replaceAll(/[^\w.@-]/g, '_')}.json`)
  let known: Promise<Map<string, Secret>> | undefined
  let writing: Promise<unknown> = Promise.resolve()

  const all = (): Promise<Map<string, Secret>> => {
    known ??= read(file)
    return known
  }
  const change = (edit: (secrets: Map<string, Secret>) => void): Promise<void> => {
    const done = writing.then(async () => {
      const secrets = new Map(await all())
      edit(secrets)
      await write(file, secrets)
      known = Promise.resolve(secrets)
    })
    writing = done.catch(() => undefined)
    return done
  }
  return {
    get: async (name) => (await all()).get(name),
    names: async () => [...(await all()).keys()],
    set: (name, value) => change((secrets) => secrets.set(name, value)),
    delete: (name) => change((secrets) => secrets.delete(name)),
  }
}

async function read(file: string): Promise<Map<string, Secret>> {
  let text: string
  try {
    const { mode } = await stat(file)
    if ((mode & 0o077) !== 0) {
      throw new LoadError(
        problem('secrets-readable-by-others', `${file} holds secrets, and others may read or change it`, {
          mend: `chmod 600 ${file}`,
        }),
      )
    }
    text = await readFile(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map()
    throw error
  }
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
    return new Map(entries.map(([name, value]) => [name, new Secret(String(value), name)]))
  } catch {
    throw new LoadError(
      problem('secrets-unreadable', `${file} is not the JSON that was written there`, {
        mend: 'put back the last good copy of this file',
      }),
    )
  }
}

/** Temporary file beside it, 0600 from the start, flushed to the disk, then renamed: a crash leaves the old or the new file. */
async function write(file: string, secrets: ReadonlyMap<string, Secret>): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
  const temporary = `${file}.${process.pid}.tmp`
  const handle = await open(temporary, 'w', 0o600)
  try {
    const plain = Object.fromEntries([...secrets].map(([name, value]) => [name, value.reveal()]))
    await handle.writeFile(`${JSON.stringify(plain, null, 2)}\n`)
    await handle.sync()
  } catch (error) {
    await unlink(temporary)
    throw error
  } finally {
    await handle.close()
  }
  await rename(temporary, file)
}
