import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, request as plain } from 'node:http'
import { request as secured } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect, type PeerCertificate } from 'node:tls'
import type { Event } from '../../../lib/core/event.ts'
import { root } from '../../../lib/root.ts'
import { command, outcomeOf, until } from '../machine/command.ts'
import { demand, startEngine } from '../machine/engine.ts'
import { buildDoubles, caddyRelease } from '../machine/images.ts'
import { freePort } from '../machine/registry.ts'

export const name = 'chat.example.org'

export interface Run {
  readonly code: number
  readonly changed: readonly string[]
  /** Codes and messages of what failed. */
  readonly complaints: string
  readonly output: string
}

export interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

/** This machine with its engine as the host of the proxy; behind it stands the double of Rocket.Chat in a container. */
export interface Stage {
  readonly folder: string
  /** Address of this machine in the network of the containers. */
  readonly gateway: string
  readonly ports: { readonly http: number; readonly https: number }
  /** Runs the plays of the proxy with these variables. */
  run(vars: { readonly [name: string]: unknown }, words?: readonly string[]): Promise<Run>
  /** A file beside the inventory. */
  write(file: string, text: string): void
  /** The certificate that is shown, with whether who trusts `ca` believes it; undefined when none is. */
  shown(ca?: string, version?: 'TLSv1.1'): Promise<(PeerCertificate & { readonly trusted: boolean }) | undefined>
  /** Asks the proxy over http or https. */
  get(scheme: 'http' | 'https', path: string, headers?: { readonly [name: string]: string }): Promise<Got>
  /** When the container of the proxy was started last. */
  started(): Promise<string>
  stop(): Promise<void>
}

/** Makes the stage. Throws when this machine has a proxy of its own under the names that are used. */
export async function openStage(): Promise<Stage> {
  await demand()
  const folder = mkdtempSync(join(tmpdir(), 'e2e-tls-'))
  const endings: (() => Promise<unknown>)[] = [async () => rmSync(folder, { recursive: true })]
  const stop = async () => {
    for (const end of endings.splice(0).toReversed()) await end()
  }
  try {
    const engine = await startEngine(folder)
    endings.push(engine.stop)
    for (const words of [
      ['container', 'caddy'],
      ['volume', 'rocketchat_caddy'],
    ])
      if ((await outcomeOf('docker', [words[0] ?? '', 'inspect', words[1] ?? ''])).code === 0)
        throw new Error(`this machine has a ${words[0]} ${words[1]} already: the test would take it`)
    const network = `ametys-e2e-tls-${process.pid}`
    const images = {
      caddy: `ametys-e2e-tls/caddy:${caddyRelease}`,
      mongodb: 'ametys-e2e-tls/mongo:8.0.17',
      rocketchat: 'ametys-e2e-tls/rocket.chat:8.6.1',
    }
    await buildDoubles(images, { mongodb: '8.0.17', rocketchat: '8.6.1' })
    endings.push(() => outcomeOf('docker', ['rmi', '--force', ...Object.values(images)]))
    await command('docker', ['network', 'create', network])
    endings.push(() => outcomeOf('docker', ['network', 'rm', network]))
    const gateway = (
      await command('docker', ['network', 'inspect', network, '--format', '{{(index .IPAM.Config 0).Gateway}}'])
    ).trim()
    endings.push(() => outcomeOf('docker', ['volume', 'rm', 'rocketchat_caddy']))
    endings.push(() => outcomeOf('docker', ['rm', '--force', '--volumes', 'caddy', `${network}-chat`]))
    const chat = `
      import { startRocketChat } from '/double/lib/sandbox/rocketchat/server.ts'
      import { emptyDatabase } from '/double/lib/sandbox/rocketchat/database.ts'
      const env = { ROOT_URL: 'https://${name}' }
      await startRocketChat({ version: '8.6.1', env, database: emptyDatabase(), host: '0.0.0.0', port: 3000 })`
    await command('docker', [
      ...['run', '--detach', '--name', `${network}-chat`, '--network', network, '--network-alias', 'rocketchat'],
      ...['--entrypoint', 'node', images.rocketchat, '--input-type=module', '-e', chat],
    ])
    const [http = 0, https = 0] = await Promise.all([freePort('0.0.0.0'), freePort('0.0.0.0')])
    const inventory = join(folder, 'inventory')
    mkdirSync(inventory)
    const hosts = {
      [name]: {
        ansible_connection: 'local',
        ansible_lock_folder: join(folder, 'lock'),
        rocketchat_folder: join(folder, 'opt'),
        rocketchat_network: network,
        rocketchat_url: `https://${name}:${https}`,
        rocketchat_http_port: http,
        rocketchat_https_port: https,
        caddy_image: images.caddy,
        caddy_version: caddyRelease,
        ametys_cms_url: 'http://cms.example.org',
        ametys_spaces_url: 'http://spaces.example.org',
        rocketchat_acme_timeout: 30,
      },
    }
    mkdirSync(join(folder, 'lock'))
    writeFileSync(join(inventory, 'hosts.yml'), JSON.stringify({ all: { children: { rocketchat: { hosts } } } }))
    const get: Stage['get'] = (scheme, path, headers = {}) =>
      ask(scheme, scheme === 'http' ? http : https, path, headers)
    return {
      folder,
      gateway,
      ports: { http, https },
      run: (vars, words = []) => run(inventory, vars, words),
      write: (file, text) => writeFileSync(join(inventory, file), text),
      shown: (ca, version) => shown(https, ca, version),
      get,
      started: async () => (await command('docker', ['inspect', 'caddy', '--format', '{{.State.StartedAt}}'])).trim(),
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

/** Asks again and again until `stop` is called, which tells how often and what went wrong. */
export function keepAsking(stage: Stage): {
  stop(): Promise<{ readonly answers: number; readonly wrong: readonly string[] }>
} {
  let going = true
  let answers = 0
  const wrong: string[] = []
  const asking = (async () => {
    while (going) {
      const got = await stage.get('https', '/api/info').catch((error: unknown) => String(error))
      if (typeof got !== 'string' && got.status === 200) answers++
      else wrong.push(typeof got === 'string' ? got : `status ${got.status}`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  })()
  return {
    stop: async () => {
      going = false
      await asking
      return { answers, wrong }
    },
  }
}

/** Waits until the double of Rocket.Chat answers through the proxy. */
export const answering = (stage: Stage) =>
  until('an answer through the proxy', 30, async () => {
    const { status } = await stage.get('https', '/api/info').catch(() => ({ status: 0 }))
    return status === 200 || undefined
  })

function ask(
  scheme: 'http' | 'https',
  port: number,
  path: string,
  headers: { readonly [name: string]: string },
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const asked = (scheme === 'http' ? plain : secured)(
      {
        ...{ host: '127.0.0.1', port, path, agent: false, timeout: 5000 },
        ...{ servername: name, rejectUnauthorized: false, headers: { host: name, ...headers } },
      },
      async (response) => {
        const text = Buffer.concat(await response.toArray()).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      },
    )
    asked.on('upgrade', (response, socket) => {
      socket.destroy()
      resolve({ status: response.statusCode ?? 0, headers: response.headers, text: '' })
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer within 5 s')))
    asked.on('error', reject)
    asked.end()
  })
}

function shown(port: number, ca: string | undefined, version: 'TLSv1.1' | undefined): ReturnType<Stage['shown']> {
  return new Promise((resolve) => {
    const socket = connect(
      {
        ...{ host: '127.0.0.1', port, servername: name, rejectUnauthorized: false },
        ...(ca !== undefined && { ca }),
        ...(version && { minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' }),
      },
      () => {
        resolve({ ...socket.getPeerCertificate(), trusted: socket.authorized })
        socket.destroy()
      },
    )
    socket.on('error', () => resolve(undefined))
  })
}

function run(inventory: string, vars: { readonly [name: string]: unknown }, more: readonly string[]): Promise<Run> {
  const file = join(root, 'playbooks/tls.yml')
  const words = [
    'zx',
    'playbooks/run.ts',
    file,
    '-i',
    inventory,
    '--output',
    'json',
    '-e',
    JSON.stringify(vars),
    ...more,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn('npx', words, { cwd: root, stdio: ['ignore', 'pipe', 'pipe'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), 120_000)
    let output = ''
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
      })
    child.once('error', reject)
    child.once('close', (code) => {
      clearTimeout(timer)
      const events = output.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as Event] : []))
      const end = events.find((event) => event.kind === 'run.end')
      const diagnostics = events.flatMap((event) =>
        event.kind === 'task.done' && event.status === 'failed'
          ? (event.diagnostics ?? [])
          : event.kind === 'diagnostic'
            ? [event.diagnostic]
            : [],
      )
      resolve({
        code: code ?? -1,
        changed: end?.changed[name] ?? [],
        complaints: diagnostics
          .map(({ code: one, message, detail = '', mend = '' }) => `${one}: ${message}\n${detail}\n${mend}`)
          .join('\n'),
        output,
      })
    })
  })
}
