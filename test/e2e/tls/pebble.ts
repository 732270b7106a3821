import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { until } from '../machine/command.ts'
import { freePort } from '../machine/registry.ts'
import type { Chains } from './chains.ts'

/** An authority over ACME on this machine, with the name service that it believes. */
export interface Authority {
  /** Address of the directory. */
  readonly directory: string
  /** The root under which it issues at the moment. */
  root(): Promise<string>
  stop(): Promise<void>
}

export interface AuthorityOptions {
  readonly folder: string
  /** An address of this machine that containers reach. */
  readonly address: string
  readonly chains: Chains
  /** The one name that there is. */
  readonly name: string
  /** Where it looks for who answers a challenge. */
  readonly httpPort: number
  readonly tlsPort: number
  /** Seconds for which its certificates hold. */
  readonly validity: number
}

/** Starts Pebble and its name service. Both end with `stop`. */
export async function startAuthority(options: AuthorityOptions): Promise<Authority> {
  const { folder, address, chains, name, httpPort, tlsPort, validity } = options
  const [port, management, dns, records] = await Promise.all(Array.from({ length: 4 }, () => freePort(address)))
  const at = (file: string) => join(folder, `${port}-${file}`)
  writeFileSync(at('chain.pem'), chains.server.chain)
  writeFileSync(at('key.pem'), chains.server.key)
  writeFileSync(
    at('config.json'),
    JSON.stringify({
      pebble: {
        listenAddress: `${address}:${port}`,
        managementListenAddress: `${address}:${management}`,
        certificate: at('chain.pem'),
        privateKey: at('key.pem'),
        httpPort,
        tlsPort,
        certificateValidityPeriod: validity,
      },
    }),
  )
  const log = openSync(at('log'), 'w')
  const children: ChildProcess[] = []
  const run = (program: string, args: readonly string[]) => {
    // It refuses a twentieth of all nonces and waits before it looks, unless told otherwise.
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_WFE_NONCEREJECT: '0' }
    children.push(spawn(program, args, { stdio: ['ignore', log, log], env }))
  }
  const stop = async () => {
    for (const child of children) {
      if (child.exitCode !== null) continue
      const ended = once(child, 'exit')
      child.kill()
      await ended
    }
  }
  try {
    run('pebble-challtestsrv', [
      ...['-http01', '', '-https01', '', '-tlsalpn01', '', '-defaultIPv4', '', '-defaultIPv6', ''],
      ...['-dns01', `${address}:${dns}`, '-management', `${address}:${records}`],
    ])
    run('pebble', ['-config', at('config.json'), '-strict', '-dnsserver', `${address}:${dns}`])
    await until('the name service of the authority', 20, async () => {
      const body = JSON.stringify({ host: name, addresses: [address] })
      const answer = await fetch(`http://${address}:${records}/add-a`, { method: 'POST', body }).catch(() => undefined)
      return answer?.ok || undefined
    })
    const ready = () => readFileSync(at('log'), 'utf8').includes('ACME directory available at') || undefined
    await until(`the authority (see ${at('log')})`, 20, async () => ready())
  } catch (error) {
    await stop()
    throw error
  }
  return {
    directory: `https://${address}:${port}/dir`,
    root: async () => {
      const { Agent, fetch: secured } = await import('undici')
      const dispatcher = new Agent({ connect: { ca: chains.root } })
      const answer = await secured(`https://${address}:${management}/roots/0`, { dispatcher })
      return answer.text()
    },
    stop,
  }
}
