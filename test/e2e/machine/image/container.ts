import { lookup, reverse } from 'node:dns/promises'
import { hostname, networkInterfaces } from 'node:os'
import type { ContainerView } from '../../../../lib/sandbox/docker/container-view.ts'
import type { ProgramContext, RunningProgram } from '../../../../lib/sandbox/docker/program.ts'

export interface Surroundings {
  /** Command line as the engine would tell it, the image's entrypoint included. */
  readonly argv: readonly string[]
  /** Name and tag of the image; the programs read their release from it. */
  readonly image: string
}

/** The container as a program sees it, and a way to find out which names lead to it. */
export interface Inside {
  readonly context: ProgramContext
  readonly learn: (hosts: readonly string[]) => Promise<void>
}

/**
 * A real container as the programs of the rehearsal see theirs: this process's environment, files, output and end. Its names are
 * those that the network's DNS leads back to this container's addresses: what it answers for them, and what was learnt since.
 */
export async function surroundings({ argv, image }: Surroundings): Promise<Inside> {
  const env = Object.fromEntries(Object.entries(process.env).map(([name, value]) => [name, value ?? '']))
  const addresses = ownAddresses()
  const names: string[] = (await Promise.all(addresses.map((one) => reverse(one).catch(() => [])))).flat()
  const networks = { own: { IPAddress: addresses[0] ?? '', DNSNames: names } }
  const context: ProgramContext = {
    id: hostname(),
    name: hostname(),
    image,
    argv,
    env,
    // Of the whole view these are the parts that the programs look at.
    container: {
      Config: { Hostname: hostname(), Labels: {}, User: '', WorkingDir: process.cwd(), Tty: false },
      NetworkSettings: { Networks: networks },
    } as unknown as ContainerView,
    mounts: {},
    path: (inContainer) => inContainer,
    peers: () => [],
    peer: () => undefined,
    resolve: (_host, port) => port,
    log: (line, stream = 'stdout') => void process[stream].write(`${line}\n`),
    exit: (code) => process.exit(code),
    pace: Number(env.DOUBLE_PACE ?? 1),
  }
  return { context, learn: (hosts) => learn(names, addresses, hosts) }
}

/** Adds those of the names that lead to this container; the others are left alone. */
async function learn(names: string[], addresses: readonly string[], hosts: readonly string[]): Promise<void> {
  const fresh = [...new Set(hosts)].filter((host) => !names.includes(host))
  await Promise.all(
    fresh.map(async (host) => {
      const found = await lookup(host, { all: true }).catch(() => [])
      if (found.some(({ address }) => addresses.includes(address))) names.push(host)
    }),
  )
}

/** Ends the process as the engine asks for it, with the program's own exit code. */
export function endOnSignals(program: RunningProgram, before: () => Promise<void> = async () => undefined): void {
  let ending = false
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, async () => {
      if (ending) return
      ending = true
      const code = await program.stop(signal)
      await before()
      process.exit(code)
    })
  }
}

function ownAddresses(): readonly string[] {
  return Object.values(networkInterfaces())
    .flatMap((found) => found ?? [])
    .filter(({ internal, family }) => !internal && family === 'IPv4')
    .map(({ address }) => address)
}
