import { existsSync, readFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createServer as createSecured } from 'node:https'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import type { SecureContext } from 'node:tls'
import { plainProgram } from '../docker/plain-program.ts'
import type { ExecRequest, ExecResult, Program, ProgramContext, RunningProgram } from '../docker/program.ts'
import { certificatesFor, ProvisionError } from './caddy-certificates.ts'
import { answer, upgrade } from './caddy-proxy.ts'
import { type CaddyConfig, CaddyfileError, readCaddyfile } from './caddyfile.ts'

const START_MS = 500
const CONFIG = '/etc/caddy/Caddyfile'

/** A configuration with what it needs to be served. */
interface Ready {
  readonly config: CaddyConfig
  readonly certificates: ReadonlyMap<string, SecureContext>
}

/**
 * What runs in containers of a Caddy image: it reads its Caddyfile, forwards to other containers, sends browsers from http to
 * https and shows certificates from files or of its own authority. An authority outside of the rehearsal cannot be reached.
 */
export const caddyProgram: Program = {
  start: async (context) => {
    const [program, verb] = context.argv
    if (!/^(?:.*\/)?caddy$/.test(program ?? '') || verb !== 'run') return plainProgram.start(context)
    const first = ready(context, configOf(context.argv))
    if (typeof first === 'string') {
      say(context, { level: 'error', msg: first })
      context.exit(1)
      return { ports: {}, stop: async () => 1 }
    }
    return run(context, first)
  },
}

async function run(context: ProgramContext, first: Ready): Promise<RunningProgram> {
  const ports: Record<number, number> = {}
  const servers = new Map<number, { readonly secured: boolean; readonly server: Server }>()
  let current = first
  /** Listens where the configuration says, and nowhere else. */
  const listen = async () => {
    const wanted = portsOf(current.config)
    for (const [port, { secured, server }] of servers) {
      if (wanted.get(port) === secured) continue
      delete ports[port]
      servers.delete(port)
      await closed(server)
    }
    for (const [port, secured] of wanted) {
      if (servers.has(port)) continue
      const server = serverFor(context, secured, () => current)
      servers.set(port, { secured, server })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      ports[port] = (server.address() as AddressInfo).port
    }
    tryAuthorities(context, current.config)
  }
  const begun = (async () => {
    await wait(START_MS * context.pace)
    await listen()
    say(context, { level: 'info', msg: 'serving initial configuration' })
  })()
  return {
    ports,
    stop: async () => {
      await begun
      for (const { server } of servers.values()) await closed(server)
      return 0
    },
    exec: async (request) => {
      await begun
      return execute(context, request, async (next) => {
        current = next
        await listen()
      })
    },
  }
}

/** Ports to listen on; true for those with https. Where there is https, http is there to lead to it. */
function portsOf({ sites, httpPort }: CaddyConfig): ReadonlyMap<number, boolean> {
  const ports = new Map(sites.map(({ port, scheme }) => [port, scheme === 'https']))
  if (sites.some(({ scheme }) => scheme === 'https') && !ports.has(httpPort)) ports.set(httpPort, false)
  return ports
}

function serverFor(context: ProgramContext, secured: boolean, current: () => Ready): Server {
  const listener: RequestListener = (request, response) => answer(context, current().config, secured, request, response)
  const server = secured
    ? createSecured(
        {
          minVersion: 'TLSv1.2',
          ALPNProtocols: ['http/1.1'],
          // Without one the handshake fails with an alert.
          SNICallback: (name, give) => give(null, current().certificates.get(name.toLowerCase())),
        },
        listener,
      )
    : createServer(listener)
  server.on('upgrade', (request, socket) => upgrade(context, current().config, secured, request, socket))
  server.on('tlsClientError', () => undefined)
  return server
}

async function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

/** No authority of the world outside is there in a rehearsal, and Caddy says so for each name. */
function tryAuthorities(context: ProgramContext, { sites }: CaddyConfig): void {
  for (const { host, scheme, source } of sites) {
    if (scheme !== 'https' || source.kind !== 'acme') continue
    const { hostname } = new URL(source.directory)
    const error = `[${host}] Obtain: [${host}] creating new order: provisioning client: performing request: Get "${source.directory}": dial tcp: lookup ${hostname}: no such host`
    say(context, { level: 'error', logger: 'tls.obtain', msg: 'will retry', error, attempt: 1, retrying_in: 60 })
  }
}

async function execute(
  context: ProgramContext,
  { cmd }: ExecRequest,
  use: (next: Ready) => Promise<void>,
): Promise<ExecResult | undefined> {
  const [program = '', verb = ''] = cmd
  if (!/^(?:.*\/)?caddy$/.test(program)) return undefined
  if (verb === 'version') return { code: 0, stdout: `${context.env.CADDY_VERSION ?? 'v2'}\n` }
  if (verb !== 'validate' && verb !== 'reload')
    return { code: 1, stderr: `Error: the sandbox's caddy knows run, validate, reload and version, not "${verb}"\n` }
  const next = ready(context, configOf(cmd))
  if (typeof next === 'string') {
    const sent = verb === 'reload' && next.startsWith('loading ') ? `sending configuration to instance: ${next}` : next
    return { code: 1, stderr: `Error: ${sent}\n` }
  }
  if (verb === 'reload') await use(next)
  return { code: 0, stdout: verb === 'validate' ? 'Valid configuration\n' : '' }
}

function configOf(words: readonly string[]): string {
  const at = words.findIndex((word) => word === '--config' || word === '-c')
  return at === -1 ? CONFIG : (words[at + 1] ?? CONFIG)
}

/** The configuration in a file, or what is wrong with it in Caddy's words. */
function ready(context: ProgramContext, file: string): Ready | string {
  const path = context.path(file)
  if (!existsSync(path)) return `reading config file: open ${file}: no such file or directory`
  try {
    const config = readCaddyfile(readFileSync(path, 'utf8'), file)
    return { config, certificates: certificatesFor(context, config) }
  } catch (error) {
    if (error instanceof CaddyfileError) return `adapting config using caddyfile: ${error.message}`
    if (error instanceof ProvisionError) return error.message
    throw error
  }
}

function say(context: ProgramContext, line: { readonly [key: string]: unknown }): void {
  context.log(JSON.stringify({ ts: Date.now() / 1000, ...line }), 'stderr')
}
