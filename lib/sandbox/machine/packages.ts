import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { type Accounts, freeId } from './accounts.ts'
import { CATALOGUE, type Package } from './catalogue.ts'
import type { Units } from './units.ts'

/** A package that `/var/lib/dpkg/status` lists. */
export interface Installed {
  readonly name: string
  readonly version: string
  readonly architecture: string
  /** `install ok installed`, `deinstall ok config-files`, `hold ok installed` … */
  readonly status: string
  readonly summary: string
}

/** The machine's packages; `/var/lib/dpkg/status` below its root is the record. */
export interface Packages {
  installed(): readonly Installed[]
  get(name: string): Installed | undefined
  /** True when the lists of what can be had have been fetched. */
  readonly listed: boolean
  fetchLists(): void
  available(name: string): Package | undefined
  /** What has to be installed for these, in order, dependencies first. */
  missing(names: readonly string[]): readonly string[]
  install(name: string): Promise<void>
  remove(name: string, purge: boolean): Promise<void>
  hold(name: string, held: boolean): void
  /** Who holds the lock, when it is held. */
  lock: { readonly pid: number; readonly process: string } | undefined
}

interface Surroundings {
  readonly root: string
  readonly architecture: string
  readonly accounts: Accounts
  readonly units: Units
  /** Text of the program for a command which the sandbox answers. */
  readonly command: (name: string) => string
}

const LISTS = 'var/lib/apt/lists/mirror.example.org_debian_dists_bookworm_InRelease'

export function openPackages({ root, architecture, accounts, units, command }: Surroundings): Packages {
  const file = join(root, 'var/lib/dpkg/status')
  const architectureOf = (one: Package) => one.architecture ?? architecture
  const read = (): Installed[] =>
    (existsSync(file) ? readFileSync(file, 'utf8') : '')
      .split('\n\n')
      .filter((stanza) => stanza.trim() !== '')
      .map((stanza) => {
        const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? ''
        return {
          name: field('Package'),
          version: field('Version'),
          architecture: field('Architecture'),
          status: field('Status'),
          summary: field('Description'),
        }
      })
  const write = (all: readonly Installed[]) => {
    const stanza = ({ name, status, architecture: arch, version, summary }: Installed) =>
      [
        `Package: ${name}`,
        `Status: ${status}`,
        'Priority: optional',
        `Section: ${CATALOGUE[name]?.section ?? 'misc'}`,
        'Maintainer: Debian Developers <packages@example.org>',
        `Architecture: ${arch}`,
        `Version: ${version}`,
        ...(CATALOGUE[name]?.depends ? [`Depends: ${CATALOGUE[name].depends.join(', ')}`] : []),
        `Description: ${summary}`,
      ].join('\n')
    put(root, '/var/lib/dpkg/status', `${[...all].sort(byName).map(stanza).join('\n\n')}\n`)
  }
  const get = (name: string) => read().find((one) => one.name === name)
  const isThere = (name: string) => get(name)?.status.endsWith(' installed') === true
  const record = (name: string, change: Partial<Installed>) => {
    const one = CATALOGUE[name]
    const fresh: Installed = {
      name,
      version: one?.version ?? '',
      architecture: one ? architectureOf(one) : architecture,
      status: '',
      summary: one?.summary ?? '',
    }
    const before = read()
    const old = before.find((entry) => entry.name === name) ?? fresh
    write([...before.filter((entry) => entry.name !== name), { ...old, ...change }])
  }
  const missing = (names: readonly string[]): string[] => {
    const order: string[] = []
    const visit = (name: string) => {
      if (isThere(name) || order.includes(name)) return
      for (const needed of CATALOGUE[name]?.depends ?? []) visit(needed)
      order.push(name)
    }
    for (const name of names) visit(name)
    return order
  }
  return {
    lock: undefined,
    installed: read,
    get,
    get listed() {
      return existsSync(join(root, LISTS))
    },
    fetchLists: () => {
      put(root, `/${LISTS}`, 'Origin: Debian\nSuite: stable\nCodename: bookworm\n')
      put(root, '/var/cache/apt/pkgcache.bin', Object.keys(CATALOGUE).join('\n'))
    },
    available: (name) => {
      const one = CATALOGUE[name]
      return one?.origin === undefined || isListed(root, one.origin) ? one : undefined
    },
    missing,
    install: async (name) => {
      const one = CATALOGUE[name]
      if (one === undefined) throw new RangeError(`no package ${name}`)
      unpack(root, one, command)
      for (const group of one.groups ?? []) addGroup(accounts, group)
      for (const user of one.users ?? []) addUser(accounts, root, user)
      record(name, { status: 'install ok installed', version: one.version, architecture: architectureOf(one) })
      units.reload()
      for (const unit of Object.keys(one.units ?? {})) units.enable(unit)
      if (!mayStart(root)) return
      for (const unit of Object.keys(one.units ?? {})) await units.start(unit)
    },
    remove: async (name, purge) => {
      const one = CATALOGUE[name]
      for (const unit of Object.keys(one?.units ?? {})) {
        await units.stop(unit)
        units.disable(unit)
        rmSync(join(root, 'usr/lib/systemd/system', unit), { force: true })
      }
      for (const program of programsOf(one)) rmSync(root + program, { force: true })
      for (const path of purge ? Object.keys(one?.files ?? {}) : []) rmSync(root + path, { force: true })
      units.reload()
      if (purge) write(read().filter((entry) => entry.name !== name))
      else record(name, { status: 'deinstall ok config-files' })
    },
    hold: (name, held) => record(name, { status: `${held ? 'hold' : 'install'} ok installed` }),
  }
}

/** Writes the packages that a fresh server has; nothing is started. */
export function preinstall(
  packages: Packages,
  { root, units, accounts, command }: Omit<Surroundings, 'architecture'>,
): void {
  const stanzas = Object.entries(CATALOGUE).filter(([, one]) => one.preinstalled)
  for (const [, one] of stanzas) unpack(root, one, command)
  units.reload()
  for (const [name, one] of stanzas) {
    packages.hold(name, false)
    for (const group of one.groups ?? []) addGroup(accounts, group)
    for (const unit of Object.keys(one.units ?? {})) units.enable(unit)
  }
}

/** Whether a list of apt names the server of a repository. */
function isListed(root: string, origin: string): boolean {
  const folder = join(root, 'etc/apt/sources.list.d')
  return readdirSync(folder).some((name) => readFileSync(join(folder, name), 'utf8').includes(`//${origin}/`))
}

/** Debian's packages ask this script whether they may start services; 101 says no. */
function mayStart(root: string): boolean {
  const file = join(root, 'usr/sbin/policy-rc.d')
  return !existsSync(file) || !/^\s*exit 101\b/m.test(readFileSync(file, 'utf8'))
}

function unpack(root: string, one: Package, command: (name: string) => string): void {
  for (const name of one.commands ?? []) put(root, programPath(name), command(name), 0o755)
  for (const path of one.programs ?? []) put(root, path, unimitated(path), 0o755)
  for (const [path, text] of Object.entries(one.files ?? {})) if (!existsSync(root + path)) put(root, path, text)
  for (const [name, text] of Object.entries(one.units ?? {})) put(root, `/usr/lib/systemd/system/${name}`, text)
}

/** A program that is there, but that the sandbox does not imitate: it says so instead of pretending. */
function unimitated(path: string): string {
  const name = basename(path)
  return `#!/bin/sh\necho "${name}: the sandbox has no working copy of this program" >&2\nexit 126\n`
}

function programsOf(one: Package | undefined): readonly string[] {
  return [...(one?.commands ?? []).map(programPath), ...(one?.programs ?? [])]
}

/** Where a command which the sandbox answers lies on the machine. */
export function programPath(name: string): string {
  return `/usr/${SUPERUSER.has(name) ? 'sbin' : 'bin'}/${name}`
}

const SUPERUSER = new Set(
  'useradd groupadd groupmod usermod userdel groupdel chpasswd reboot shutdown poweroff sysctl runuser update-ca-certificates'.split(
    ' ',
  ),
)

function addGroup(accounts: Accounts, name: string): void {
  if (accounts.group(name)) return
  const all = accounts.groups()
  accounts.saveGroups([
    ...all,
    {
      name,
      gid: freeId(
        all.map(({ gid }) => gid),
        true,
      ),
      members: [],
    },
  ])
}

function addUser(accounts: Accounts, root: string, user: { name: string; home: string; shell: string }): void {
  if (accounts.user(user.name)) return
  addGroup(accounts, user.name)
  const all = accounts.users()
  const gid = accounts.group(user.name)?.gid ?? 0
  accounts.saveUsers([
    ...all,
    {
      ...user,
      uid: freeId(
        all.map(({ uid }) => uid),
        true,
      ),
      gid,
      comment: '',
    },
  ])
  mkdirSync(root + user.home, { recursive: true })
}

function put(root: string, path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(root + path), { recursive: true })
  writeFileSync(root + path, text)
  chmodSync(root + path, mode)
}

function byName(a: Installed, b: Installed): number {
  return a.name < b.name ? -1 : 1
}
