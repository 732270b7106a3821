import { randomBytes } from 'node:crypto'
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { NetworkRecord, Records } from './records.ts'

/** A new 64-digit id, as the engine gives to containers, networks and execs. */
export const newId = (): string => randomBytes(32).toString('hex')

/** Writes a file so that a reader sees the old text or the new one, never a part; only the owner may read it. */
export const writeWhole = (path: string, text: string): void => {
  const draft = `${path}.${randomBytes(4).toString('hex')}.new`
  writeFileSync(draft, text, { mode: 0o600 })
  renameSync(draft, path)
}

const builtIn = (name: string, driver: string, subnet: string, gateway: string): NetworkRecord => ({
  Id: newId(),
  Name: name,
  Created: new Date().toISOString(),
  Driver: driver,
  Internal: false,
  Attachable: false,
  EnableIPv6: false,
  Options: name === 'bridge' ? { 'com.docker.network.bridge.default_bridge': 'true' } : {},
  Labels: {},
  Subnet: subnet,
  Gateway: gateway,
})

const fresh = (): Records => ({
  images: [],
  containers: [],
  networks: [
    builtIn('bridge', 'bridge', '172.17.0.0/16', '172.17.0.1'),
    builtIn('host', 'host', '', ''),
    builtIn('none', 'null', '', ''),
  ],
  volumes: [],
})

/** The engine's records in a folder, and the way to keep what changed. The folder is made if it is missing, for its owner only. */
export const openStore = (folder: string): { readonly records: Records; readonly save: () => void } => {
  mkdirSync(folder, { recursive: true })
  chmodSync(folder, 0o700)
  const file = join(folder, 'engine.json')
  let records: Records
  try {
    // Only this module writes the file, so its shape is known.
    records = JSON.parse(readFileSync(file, 'utf8')) as Records
  } catch (problem) {
    if (!(problem instanceof Error && 'code' in problem && problem.code === 'ENOENT')) {
      throw new Error(
        `sandbox-state-unreadable: ${file} cannot be read as the state of the sandbox engine; remove the folder to start afresh`,
        { cause: problem },
      )
    }
    records = fresh()
    writeWhole(file, JSON.stringify(records))
  }
  return { records, save: () => writeWhole(file, JSON.stringify(records)) }
}
