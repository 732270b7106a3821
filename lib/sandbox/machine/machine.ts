import { mkdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Duplex, PassThrough } from 'node:stream'
import type { Host, Listener } from './host.ts'
import { type KeyPair, keyPair } from './keys.ts'
import { places } from './layout.ts'
import { showListeners } from './listeners.ts'
import { openHost } from './open-host.ts'
import { type Running, runCommand } from './process.ts'
import { DEBIAN_12, type Faults, type Spec } from './spec.ts'
import { startSsh } from './ssh.ts'
import type { Service } from './units.ts'
import { countWrites } from './writes.ts'

export interface MachineOptions {
  /** The machine's own folder; made when missing. */
  readonly folder: string
  readonly name: string
  /** The key that may log in. */
  readonly clientKey: KeyPair
  readonly spec?: Partial<Spec>
  /** Looked at again and again: what is set later acts from then on. */
  readonly faults?: Faults
  /** What starting and stopping a unit does, by its name without `.service`. */
  readonly services?: { readonly [unit: string]: Service }
  /** The real loopback port behind a published port of a container. */
  readonly resolvePort?: (hostIp: string, port: number) => number | undefined
  /** Takes a connection to the Docker engine. */
  readonly dockerSocket?: (stream: Duplex) => void
  readonly listeners?: () => readonly Listener[]
}

export interface MachineDouble {
  readonly name: string
  readonly folder: string
  /** The folder that plays `/`. */
  readonly root: string
  readonly faults: Faults
  readonly host: Host
  readonly ssh: {
    readonly port: number
    readonly user: string
    readonly keyFile: string
    /** A line in `known_hosts` form. */
    readonly knownHosts: string
  }
  /** Commands that arrived since the start. */
  readonly commands: number
  /** Commands that changed anything on the machine since the start. */
  readonly writes: number
  /** Breaks the links and starts the enabled units anew. */
  reboot(): Promise<void>
  /** Ends everything; the next start in the same folder goes on from here. */
  stop(): Promise<void>
}

/**
 * Starts the double of a server: an SSH server whose commands act on a folder that plays `/`. Throws when this machine
 * has no POSIX shell, or when the folder's path holds a colon, which could not stand in `PATH`.
 */
export async function startMachine(options: MachineOptions): Promise<MachineDouble> {
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const folder = realpathSync(options.folder)
  if (folder.includes(':')) throw new Error(`a sandbox cannot live in a folder with ":" in its path: ${folder}`)
  const at = places(folder)
  mkdirSync(at.calls, { recursive: true, mode: 0o700 })
  const faults: Faults = options.faults ?? {}
  const spec: Spec = { ...DEBIAN_12, hostname: options.name, ...options.spec }
  const services = options.services ?? {}
  const opened = openHost(at, {
    spec,
    faults,
    services,
    listeners: options.listeners ?? (() => []),
    onReboot: () => void reboot(),
  })
  const { host } = opened
  await opened.resume()

  const writes = countWrites(host)
  const running = new Set<Running>()
  let down = false
  const run = (command: string, user: string): Running | undefined => {
    if (down) return undefined
    showFault(folder, faults)
    showListeners(host)
    writeFileSync(join(at.root, 'proc/uptime'), uptime(host.bootedAt()))
    writes.begins()
    const started = runCommand(host, at.calls, command, user)
    running.add(started)
    void started.ended.then(() => {
      running.delete(started)
      writes.ends(started.user())
      opened.save()
      if (running.size === 0) opened.tidy()
    })
    return started
  }
  const hostKey = keyPair(join(folder, 'keys'), 'host')
  writeFileSync(join(at.root, 'etc/ssh/ssh_host_ed25519_key.pub'), `${hostKey.publicKey} root@${options.name}\n`)
  const server = await startSsh({
    hostKey,
    otherHostKey: () => keyPair(join(folder, 'keys'), 'other-host'),
    clientKey: options.clientKey,
    faults,
    mayLogIn: (user) => user === spec.user,
    run,
    dial: async (name, port) => {
      const here = isLoopback(name) || name === options.name
      if (!here) return isOutside(name, faults) ? new PassThrough() : undefined
      const real = port === 22 ? server.port : options.resolvePort?.(name, port)
      return real === undefined ? undefined : openPort(real)
    },
    dialSocket: (path, user) => (mayUseDocker(path, user, host) ? options.dockerSocket : undefined),
  })
  let stopped = false
  let turn: Promise<void> = Promise.resolve()
  const reboot = () => {
    turn = turn.then(async () => {
      if (stopped) return
      down = true
      server.cut()
      await endAll(running)
      await opened.boot()
      down = false
    })
    return turn
  }
  return {
    name: options.name,
    folder,
    root: at.root,
    faults,
    host,
    ssh: {
      port: server.port,
      user: spec.user,
      keyFile: options.clientKey.file,
      knownHosts: `[127.0.0.1]:${server.port} ${hostKey.publicKey}`,
    },
    get commands() {
      return server.commands()
    },
    get writes() {
      return writes.count
    },
    reboot,
    stop: async () => {
      await turn
      stopped = true
      down = true
      await server.stop()
      await endAll(running)
      opened.save()
      for (const service of Object.values(services)) await service.stop()
      opened.tidy()
      rmSync(at.calls, { recursive: true, force: true })
    },
  }
}

/** Ends what runs, and waits until the traces of it have been looked at. */
async function endAll(running: Set<Running>): Promise<void> {
  const left = [...running]
  for (const one of left) one.dispose()
  await Promise.all(left.map(({ ended }) => ended))
}

/** As `/proc/uptime` has it: seconds since the start, and seconds that all processors were idle. */
function uptime(bootedAt: number): string {
  const seconds = (Date.now() - bootedAt) / 1000
  return `${seconds.toFixed(2)} ${seconds.toFixed(2)}\n`
}

/** Tells the tools of the machine why they cannot write. */
function showFault(folder: string, { writing = 'normal' }: Faults): void {
  const file = join(folder, 'writing')
  if (writing === 'normal') rmSync(file, { force: true })
  else writeFileSync(file, writing === 'full' ? 'No space left on device\n' : 'Read-only file system\n')
}

function mayUseDocker(path: string, user: string, host: Host): boolean {
  if (!/^(\/var)?\/run\/docker\.sock$/.test(path) || host.units.state('docker') !== 'active') return false
  return user === 'root' || host.accounts.group('docker')?.members.includes(user) === true
}

/** The world beyond the machine takes every connection and says nothing, as far as the machine can reach it. */
function isOutside(name: string, { unreachable = [] }: Faults): boolean {
  return !unreachable.includes(name) && !unreachable.includes('*')
}

function isLoopback(name: string): boolean {
  return name === 'localhost' || name === '::1' || name.startsWith('127.')
}

function openPort(port: number): Promise<Duplex | undefined> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(socket))
    socket.once('error', () => resolve(undefined))
  })
}
