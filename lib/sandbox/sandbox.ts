import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { hold } from './hold.ts'
import { type HostDouble, startHost } from './host-double.ts'
import { keyPair } from './machine/keys.ts'
import type { Faults, Spec } from './machine/spec.ts'

export { resetSandbox } from './hold.ts'

export interface SandboxOptions {
  /** Where the state lives; made when missing, for its owner only. */
  readonly folder: string
  /** Names of the machines. */
  readonly hosts: readonly string[]
  /** What a machine is, where it differs from a fresh Debian 12. */
  readonly spec?: (host: string) => Partial<Spec>
  /** What goes wrong on a machine; looked at again and again. */
  readonly faults?: (host: string) => Faults
  /** Factor for the times that servers take to start and for health checks; 1 is real time. */
  readonly pace?: number
}

export interface Sandbox {
  /** The machine of that name; throws when there is none. */
  host(name: string): HostDouble
  readonly hosts: readonly HostDouble[]
  /** Ends everything; the next start goes on from here. */
  stop(): Promise<void>
}

/** Fast enough for a rehearsal, slow enough that waiting is exercised. */
const PACE = 0.01

/**
 * Starts machines to rehearse on: SSH servers, Docker engines and Rocket.Chat servers inside this process, on the loopback
 * interface only. What is in `folder` from an earlier start goes on. Throws LoadError `sandbox-busy`, `not-a-sandbox`.
 */
export async function startSandbox(options: SandboxOptions): Promise<Sandbox> {
  const release = hold(options.folder)
  const folder = realpathSync(options.folder)
  const started: HostDouble[] = []
  const stop = async () => {
    await Promise.all(started.map((host) => host.stop()))
    release()
  }
  try {
    const clientKey = keyPair(join(folder, 'keys'), 'client')
    for (const name of options.hosts) {
      started.push(
        await startHost({
          folder: join(folder, 'hosts', folderName(name)),
          name,
          clientKey,
          spec: options.spec?.(name) ?? {},
          faults: options.faults?.(name) ?? {},
          pace: options.pace ?? PACE,
        }),
      )
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    hosts: started,
    stop,
    host: (name) => {
      const found = started.find((host) => host.name === name)
      if (found === undefined) throw new RangeError(`there is no machine "${name}" in the sandbox`)
      return found
    },
  }
}

/** A host's name may hold anything; its folder's may not. */
function folderName(name: string): string {
  return encodeURIComponent(name).replace(/^\./, '%2E').replaceAll('*', '%2A')
}
