import { existsSync, readFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { plainProgram } from '../docker/plain-program.ts'
import type { ExecRequest, ExecResult, Program, ProgramContext, RunningProgram } from '../docker/program.ts'

const START_MS = 500
const CONFIG = '/etc/caddy/Caddyfile'

/**
 * What runs in containers of a Caddy image. It looks at its configuration as far as the shape goes (blocks open and close),
 * listens on 80 and answers 308 to the encrypted address; it has no certificates.
 */
export const caddyProgram: Program = {
  start: async (context) => {
    const [program, verb] = context.argv
    if (!/^(?:.*\/)?caddy$/.test(program ?? '') || verb !== 'run') return plainProgram.start(context)
    const trouble = troubleIn(context, configOf(context.argv))
    if (trouble !== undefined) {
      context.log(JSON.stringify({ level: 'error', ts: Date.now() / 1000, msg: trouble }), 'stderr')
      context.exit(1)
      return { ports: {}, stop: async () => 1 }
    }
    return run(context)
  },
}

async function run(context: ProgramContext): Promise<RunningProgram> {
  const ports: Record<number, number> = {}
  const server = createServer((request, response) => {
    response.writeHead(308, { Location: `https://${request.headers.host ?? ''}${request.url ?? ''}`, Server: 'Caddy' })
    response.end()
  })
  const begun = begin(server, context, ports)
  return {
    ports,
    stop: async () => {
      await begun
      server.closeAllConnections()
      await new Promise<void>((resolve) => server.close(() => resolve()))
      return 0
    },
    exec: async (request) => execute(context, request),
  }
}

async function begin(server: Server, context: ProgramContext, ports: Record<number, number>): Promise<void> {
  await wait(START_MS * context.pace)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ports[80] = (server.address() as AddressInfo).port
  context.log(JSON.stringify({ level: 'info', ts: Date.now() / 1000, msg: 'serving initial configuration' }), 'stderr')
}

function execute(context: ProgramContext, { cmd }: ExecRequest): ExecResult | undefined {
  const [program = '', verb = ''] = cmd
  if (!/^(?:.*\/)?caddy$/.test(program)) return undefined
  if (verb === 'version') return { code: 0, stdout: `${context.env.CADDY_VERSION ?? 'v2'}\n` }
  if (verb === 'validate' || verb === 'reload') {
    const trouble = troubleIn(context, configOf(cmd))
    if (trouble !== undefined) return { code: 1, stderr: `Error: ${trouble}\n` }
    return { code: 0, stdout: verb === 'validate' ? 'Valid configuration\n' : '' }
  }
  return { code: 1, stderr: `Error: the sandbox's caddy knows run, validate, reload and version, not "${verb}"\n` }
}

function configOf(words: readonly string[]): string {
  const at = words.findIndex((word) => word === '--config' || word === '-c')
  return at === -1 ? CONFIG : (words[at + 1] ?? CONFIG)
}

/** What is wrong with the shape of a Caddyfile. */
function troubleIn(context: ProgramContext, file: string): string | undefined {
  const path = context.path(file)
  if (!existsSync(path)) return `reading config file: open ${file}: no such file or directory`
  let depth = 0
  for (const [index, line] of readFileSync(path, 'utf8').split('\n').entries()) {
    const bare = line.replace(/(^|\s)#.*$/, '').trim()
    if (/^}/.test(bare)) depth -= 1
    if (depth < 0) return `adapting config using caddyfile: ${file}:${index + 1}: unexpected '}'`
    if (/\{$/.test(bare)) depth += 1
  }
  return depth === 0 ? undefined : `adapting config using caddyfile: ${file}: unexpected EOF, expected a closing '}'`
}
