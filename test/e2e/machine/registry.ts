import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, writeFileSync } from 'node:fs'
import net, { type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { until } from './command.ts'

export interface Registry {
  /** Host and port, as images are named. */
  readonly name: string
  stop(): Promise<void>
}

/** Starts a registry on an address of this machine; what is pushed lies in `folder`, where another one finds it. */
export async function startRegistry(folder: string, host: string): Promise<Registry> {
  const port = await freePort(host)
  const name = `${host}:${port}`
  const config = join(folder, `registry-${port}.yml`)
  writeFileSync(
    config,
    [
      'version: 0.1',
      'log: { level: error, accesslog: { disabled: true } }',
      `storage: { filesystem: { rootdirectory: ${join(folder, 'registry')} } }`,
      `http: { addr: "${name}" }`,
    ].join('\n'),
  )
  const log = join(folder, `registry-${port}.log`)
  const out = openSync(log, 'w')
  const server = spawn('docker-registry', ['serve', config], { stdio: ['ignore', out, out] })
  const ended = once(server, 'exit')
  await until(`the registry on ${name} (see ${log})`, 20, async () => {
    const answer = await fetch(`http://${name}/v2/`).catch(() => undefined)
    return answer?.ok || undefined
  })
  return {
    name,
    stop: async () => {
      server.kill()
      await ended
    },
  }
}

/** A port of an address that nothing listens on. */
export async function freePort(host: string): Promise<number> {
  const probe = net.createServer().listen(0, host)
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
