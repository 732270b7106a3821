import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { quote } from '../core/script.ts'
import { stateOf } from './hold.ts'
import type { HostDouble } from './host-double.ts'
import { startSandbox } from './sandbox.ts'

export interface ServeOptions {
  readonly folder: string
  readonly hosts: readonly string[]
  readonly print: (text: string) => void
  /** Ends it. */
  readonly stopping: AbortSignal
}

/** How often a look is taken whether Rocket.Chat answers by now. */
const LOOK_MS = 200

/** Starts the machines, says how to reach them and what comes up on them, and keeps them until it is told to stop. */
export async function serveSandbox({ folder, hosts, print, stopping }: ServeOptions): Promise<void> {
  const sandbox = await startSandbox({ folder, hosts })
  try {
    const knownHosts = join(folder, 'known_hosts')
    writeFileSync(knownHosts, sandbox.hosts.map(({ ssh }) => `${ssh.knownHosts}\n`).join(''), { mode: 0o600 })
    for (const host of sandbox.hosts) print(introduction(host, knownHosts))
    print('\nCtrl-C ends it; what is on the machines stays.\n')
    const announced = new Map<HostDouble, string>()
    while (!stopping.aborted) {
      for (const host of sandbox.hosts) {
        const url = host.rocketchat()?.url ?? ''
        if (url !== (announced.get(host) ?? ''))
          print(url === '' ? gone(host) : `Rocket.Chat of ${host.name}: ${url}\n`)
        announced.set(host, url)
      }
      await wait(LOOK_MS, undefined, { signal: stopping }).catch(() => undefined)
    }
  } finally {
    await sandbox.stop()
  }
}

function introduction({ name, ssh, machine }: HostDouble, knownHosts: string): string {
  const words = [
    ...['ssh', '-p', String(ssh.port), '-i', ssh.keyFile, '-o', `UserKnownHostsFile=${knownHosts}`],
    ...['-o', 'IdentitiesOnly=yes', `${ssh.user}@127.0.0.1`],
  ]
  return `${name}\n  a command  ${words.map(quote).join(' ')} 'systemctl status docker'\n  its files  ${machine.root}\n`
}

function gone({ name }: HostDouble): string {
  return `Rocket.Chat of ${name} has stopped\n`
}

/** What there is of a sandbox, in words. */
export function describeSandbox(folder: string, hosts: readonly string[]): string {
  const state = stateOf(folder)
  const machines = `machines: ${hosts.join(', ')}\nstate:    ${folder}\n`
  if (state === 'absent') return `${machines}Nothing is there yet: a rehearsal makes it.\n`
  if (state === 'idle')
    return `${machines}Nobody uses it now. --serve starts the machines again, --reset throws them away.\n`
  return `${machines}In use by process ${state.pid} since ${state.since}.\n`
}
