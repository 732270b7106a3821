import path from 'node:path'
import { LoadError, problem } from './core/diagnostic.ts'
import type { Target } from './core/host.ts'
import type { Inventory, InventoryHost } from './core/inventory.ts'
import type { Sandbox } from './sandbox/sandbox.ts'

/** The rehearsal machines of a run; they start when the first of them is reached, and only then is their code loaded. */
export interface Sandboxes {
  /** Folder of the state of the rehearsal machines. */
  readonly folder: string
  has(host: string): boolean
  /** How a host with `ansible_connection: sandbox` is really reached. */
  target(host: string): Promise<Target>
  /** Clears what an earlier run left. Throws LoadError `no-sandbox` for an inventory of real hosts. */
  reset(): Promise<void>
  stop(): Promise<void>
}

/** Milliseconds that what ran on the machines gets to be as it was when they were left. */
const recovery = 10_000

export function createSandboxes(inventory: Inventory): Sandboxes {
  const folder = path.join(inventory.folder, '.sandbox')
  const names = [...inventory.hosts.values()].filter(isSandbox).map((host) => host.name)
  let started: Promise<Sandbox> | undefined
  const start = async (): Promise<Sandbox> => {
    const { startSandbox } = await import('./sandbox/sandbox.ts')
    const sandbox = await startSandbox({ folder, hosts: names })
    await Promise.all(sandbox.hosts.map((host) => host.recovered(recovery)))
    return sandbox
  }
  return {
    folder,
    has: (host) => names.includes(host),
    async target(host) {
      started ??= start()
      const { ssh } = (await started).host(host)
      return {
        via: 'ssh',
        address: '127.0.0.1',
        port: ssh.port,
        user: 'root',
        keyFile: ssh.keyFile,
        knownHosts: ssh.knownHosts,
        hostKeys: 'strict',
        connectTimeout: 30_000,
      }
    },
    async reset() {
      if (names.length === 0) {
        throw new LoadError(
          problem('no-sandbox', `the inventory ${inventory.name} has real hosts: there is nothing to reset`, {
            mend: '--reset clears rehearsal machines only, as in --inventory sandbox',
          }),
        )
      }
      const { resetSandbox } = await import('./sandbox/sandbox.ts')
      resetSandbox(folder)
    },
    async stop() {
      await (await started)?.stop()
    },
  }
}

/** The connection is read as it is written: machines of a rehearsal are named in the inventory before anything is rendered. */
function isSandbox(host: InventoryHost): boolean {
  const layer = host.layers.findLast((one) => 'ansible_connection' in one.values)
  return layer?.values.ansible_connection === 'sandbox'
}
