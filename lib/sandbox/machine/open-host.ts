import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openAccounts } from './accounts.ts'
import type { Host, Listener } from './host.ts'
import { commandText, type Places, writeFiles, writePrograms } from './layout.ts'
import { type Ownership, openOwners } from './owners.ts'
import { openPackages, preinstall } from './packages.ts'
import type { Faults, Spec } from './spec.ts'
import { openUnits, type Service } from './units.ts'

/** The parts of a machine that its commands work on, and their life. */
export interface OpenedHost {
  readonly host: Host
  /** Starts what ran when the machine was left, or what is enabled on a fresh one. */
  resume(): Promise<void>
  /** Starts the enabled units anew, as a restart does. */
  boot(): Promise<void>
  /** Keeps what files cannot hold. */
  save(): void
  /** Removes the private copies of scripts; only while no script runs. */
  tidy(): void
}

export interface HostOptions {
  readonly spec: Spec
  readonly faults: Faults
  readonly services: { readonly [unit: string]: Service }
  readonly listeners: () => readonly Listener[]
  readonly onReboot: () => void
}

interface Saved {
  readonly owners: readonly (readonly [string, Ownership])[]
  readonly active: readonly string[]
  readonly bootedAt: number
}

/** How long after its answer `reboot` takes the link away. */
const REBOOT_DELAY_MS = 20

/** `/run/lock` lies in memory. */
function emptyLocks(root: string): void {
  const folder = join(root, 'run/lock')
  for (const name of existsSync(folder) ? readdirSync(folder) : []) rmSync(join(folder, name), { recursive: true })
}

/** Opens the machine in a folder, or makes a fresh one there. */
export function openHost(at: Places, { spec, faults, services, listeners, onReboot }: HostOptions): OpenedHost {
  const { folder, root } = at
  const file = join(folder, 'state.json')
  const saved = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Saved) : undefined
  if (saved === undefined) writeFiles(root, spec)
  writePrograms(at)
  const accounts = openAccounts(root)
  const owners = openOwners(folder, saved?.owners)
  const units = openUnits(root, services, () => faults.brokenUnits ?? [])
  const command = (name: string) => commandText(at, name)
  const packages = openPackages({ root, architecture: spec.architecture, accounts, units, command })
  if (saved === undefined) {
    preinstall(packages, { root, units, accounts, command })
    if (spec.user !== 'root') owners.set(join(root, 'home', spec.user), { uid: 1000, gid: 1000 })
  }
  let bootedAt = saved?.bootedAt ?? Date.now()
  const host: Host = {
    root,
    folder,
    get writing() {
      return faults.writing ?? 'normal'
    },
    spec,
    faults,
    accounts,
    owners,
    units,
    packages,
    tools: at.tools,
    bootedAt: () => bootedAt,
    listeners: () => [
      { address: '0.0.0.0', port: 22, process: 'sshd' },
      { address: '[::]', port: 22, process: 'sshd' },
      ...Object.entries(faults.listening ?? {}).map(([port, process]) => ({
        address: '0.0.0.0',
        port: Number(port),
        process,
      })),
      ...listeners(),
    ],
    reboot: () => {
      setTimeout(onReboot, REBOOT_DELAY_MS)
    },
    scratchFile: (content) => {
      const path = join(folder, 'scratch', randomUUID())
      mkdirSync(join(folder, 'scratch'), { recursive: true, mode: 0o700 })
      writeFileSync(path, content, { mode: 0o600 })
      return path
    },
  }
  const save = () => {
    const state: Saved = { owners: [...owners.records], active: [...units.active.keys()], bootedAt }
    writeFileSync(`${file}.new`, JSON.stringify(state), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }
  const startEnabled = async () => {
    for (const { name } of units.all()) if (units.enabled(name) === 'enabled') await units.start(name)
  }
  return {
    host,
    save,
    tidy: () => rmSync(join(folder, 'scratch'), { recursive: true, force: true }),
    resume: async () => {
      if (saved === undefined) await startEnabled()
      for (const name of saved?.active ?? []) await units.start(name)
      save()
    },
    boot: async () => {
      for (const name of [...units.active.keys()]) await units.stop(name)
      packages.lock = undefined
      emptyLocks(root)
      bootedAt = Date.now()
      writeFileSync(join(root, 'proc/sys/kernel/random/boot_id'), `${randomUUID()}\n`)
      await startEnabled()
      save()
    },
  }
}
