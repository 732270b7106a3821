import { existsSync, lstatSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, symlinkSync } from 'node:fs'
import { basename, join } from 'node:path'

/** What really happens when a unit is started or stopped. */
export interface Service {
  start(): Promise<void>
  stop(): Promise<void>
}

export type ActiveState = 'active' | 'inactive' | 'failed'

/** What systemd has loaded of a unit. */
export interface Unit {
  readonly name: string
  /** The unit file, as the machine names it. */
  readonly path: string
  readonly description: string
  readonly type: string
  readonly wantedBy: readonly string[]
  readonly requires: readonly string[]
}

/** The machine's units: unit files and links below its root say what is known and enabled, the rest is remembered here. */
export interface Units {
  find(name: string): Unit | undefined
  all(): readonly Unit[]
  state(name: string): ActiveState
  /** Seconds since the epoch when the unit last became active. */
  since(name: string): number | undefined
  enabled(name: string): 'enabled' | 'disabled' | 'static' | 'masked' | undefined
  /** Starts the unit and what it requires; false when it failed. */
  start(name: string): Promise<boolean>
  stop(name: string): Promise<void>
  /** Makes or removes the links of `[Install]`; gives the links made or removed. */
  enable(name: string): readonly { readonly link: string; readonly to: string }[]
  disable(name: string): readonly string[]
  mask(name: string, masked: boolean): void
  /** Reads the unit files again. */
  reload(): void
  /** True when a unit file is not as it was when the units were loaded. */
  stale(name: string): boolean
  readonly active: ReadonlyMap<string, number>
  /** Counts starts and stops. */
  readonly revision: number
}

const FOLDERS = ['etc/systemd/system', 'run/systemd/system', 'usr/lib/systemd/system']

export function openUnits(
  root: string,
  services: { readonly [unit: string]: Service },
  broken: () => readonly string[],
  saved: readonly (readonly [string, number])[] = [],
): Units {
  const active = new Map<string, number>(saved)
  const failed = new Set<string>()
  let revision = 0
  let loaded = load(root)

  const find = (name: string) => loaded.get(unitName(name))?.unit
  const service = (name: string) => services[name.replace(/\.service$/, '')]

  const start = async (given: string): Promise<boolean> => {
    const name = unitName(given)
    const unit = find(name)
    if (unit === undefined) return false
    if (active.has(name)) return true
    for (const required of unit.requires) if (find(required) && !(await start(required))) return false
    revision += 1
    try {
      if (broken().includes(name.replace(/\.service$/, ''))) throw new Error(`${name} is broken`)
      await service(name)?.start()
    } catch {
      failed.add(name)
      return false
    }
    failed.delete(name)
    if (unit.type !== 'oneshot') active.set(name, Math.floor(Date.now() / 1000))
    return true
  }

  const links = (name: string) => {
    const unit = find(name)
    return (unit?.wantedBy ?? []).map((target) => ({
      link: `/etc/systemd/system/${target}.wants/${unitName(name)}`,
      to: unit?.path ?? '',
    }))
  }

  return {
    find,
    all: () => [...loaded.values()].map(({ unit }) => unit),
    state: (name) => (active.has(unitName(name)) ? 'active' : failed.has(unitName(name)) ? 'failed' : 'inactive'),
    since: (name) => active.get(unitName(name)),
    enabled: (name) => {
      if (isMasked(root, unitName(name))) return 'masked'
      if (find(name) === undefined) return undefined
      const wanted = links(name)
      if (wanted.length === 0) return 'static'
      return wanted.some(({ link }) => exists(root + link)) ? 'enabled' : 'disabled'
    },
    start,
    stop: async (given) => {
      const name = unitName(given)
      failed.delete(name)
      if (!active.delete(name)) return
      revision += 1
      await service(name)?.stop()
    },
    enable: (name) =>
      links(name).filter(({ link, to }) => {
        if (exists(root + link)) return false
        mkdirSync(join(root, link, '..'), { recursive: true })
        symlinkSync(root + to, root + link)
        return true
      }),
    disable: (name) =>
      links(name)
        .map(({ link }) => link)
        .filter((link) => {
          const there = exists(root + link)
          rmSync(root + link, { force: true })
          return there
        }),
    mask: (name, masked) => {
      const link = join(root, 'etc/systemd/system', unitName(name))
      if (masked && !exists(link)) symlinkSync('/dev/null', link)
      if (!masked && isMasked(root, unitName(name))) rmSync(link)
    },
    reload: () => {
      loaded = load(root)
    },
    stale: (name) => {
      const now = load(root).get(unitName(name))
      return now?.text !== loaded.get(unitName(name))?.text
    },
    active,
    get revision() {
      return revision
    },
  }
}

/** `docker` is short for `docker.service`. */
export function unitName(name: string): string {
  return /\.(service|socket|timer|target|mount|path|slice)$/.test(name) ? name : `${name}.service`
}

function load(root: string): Map<string, { readonly unit: Unit; readonly text: string }> {
  const found = new Map<string, { readonly unit: Unit; readonly text: string }>()
  for (const folder of FOLDERS) {
    const full = join(root, folder)
    if (!existsSync(full)) continue
    for (const file of readdirSync(full)) {
      if (found.has(file) || unitName(file) !== file || isMasked(root, file)) continue
      const path = join(full, file)
      if (!existsSync(path)) continue
      const text = readFileSync(path, 'utf8')
      found.set(file, { unit: parse(file, `/${folder.replace(/^usr\//, '')}/${file}`, text), text })
    }
  }
  return found
}

function parse(name: string, path: string, text: string): Unit {
  const all = (key: string) =>
    [...text.matchAll(new RegExp(`^${key}\\s*=\\s*(.*)$`, 'gm'))].flatMap(([, value = '']) =>
      value.split(/\s+/).filter((word) => word !== ''),
    )
  return {
    name,
    path,
    description: /^Description\s*=\s*(.*)$/m.exec(text)?.[1] ?? name,
    type: all('Type')[0] ?? 'simple',
    wantedBy: all('WantedBy'),
    requires: all('Requires'),
  }
}

function isMasked(root: string, name: string): boolean {
  const link = join(root, 'etc/systemd/system', basename(name))
  return exists(link) && lstatSync(link).isSymbolicLink() && readlinkSync(link) === '/dev/null'
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined
}
