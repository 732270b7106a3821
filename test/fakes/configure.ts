import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { parseCommandLine } from '../../lib/command-line.ts'
import { type Diagnostic, ToolError } from '../../lib/core/diagnostic.ts'
import type { Event, ShownChange } from '../../lib/core/event.ts'
import { runPlaybookFile } from '../../lib/play.ts'
import { root } from '../../lib/root.ts'
import { runFlags } from '../../lib/run-flags.ts'
import { type Database, emptyDatabase } from '../../lib/sandbox/rocketchat/database.ts'
import { type RocketChatDouble, type SeenRequest, startRocketChat } from '../../lib/sandbox/rocketchat/server.ts'

/** What one run of a playbook told. */
export interface Told {
  readonly code: number
  readonly events: readonly Event[]
  /** Everything that was found wrong, before or during the run. */
  readonly diagnostics: readonly Diagnostic[]
  /** `task status` of each finished task, in order. */
  readonly tasks: readonly string[]
  /** The changes that were planned, with what they would change. */
  readonly changes: readonly ShownChange[]
  /** What the run asked the double, and how often it wrote. */
  readonly requests: readonly SeenRequest[]
  readonly writes: number
}

/** A workplace with one inventory host whose chat is a double that is reached directly, without SSH. */
export interface Workplace {
  readonly folder: string
  readonly database: Database
  readonly server: RocketChatDouble
  /** Runs `playbooks/configure.yml`, or another playbook, with these words after the entry. */
  run(words?: readonly string[], playbook?: string): Promise<Told>
  /** Moves the clock of the server. */
  later(minutes: number): void
  /** Writes the variables of the host anew. */
  variables(values: { readonly [name: string]: unknown }): void
  /** Stops the server and starts it again on the same volume, at the same address, perhaps as another release. */
  restart(version?: string): Promise<void>
  close(): Promise<void>
}

export const admin = { name: 'ametys-chat', password: 'Correct-horse-battery-7', email: 'chat-admin@example.org' }

/** The environment that our installation starts Rocket.Chat with, as far as it matters here. */
export const adminEnv = {
  ADMIN_USERNAME: admin.name,
  ADMIN_NAME: 'Chat administration',
  ADMIN_PASS: admin.password,
  ADMIN_EMAIL: admin.email,
  ADMIN_EMAIL_VERIFIED: 'true',
}

export interface WorkplaceOptions {
  readonly version: string
  readonly env?: { readonly [name: string]: string }
  readonly variables?: { readonly [name: string]: unknown }
  readonly database?: Database
}

/** Makes a workplace in a temporary folder; `close` ends and removes everything. */
export async function workplace({
  version,
  env = adminEnv,
  variables = {},
  database = emptyDatabase(),
}: WorkplaceOptions): Promise<Workplace> {
  const folder = mkdtempSync(path.join(tmpdir(), 'configure-'))
  let time = Date.parse('2026-11-22T09:00:00.000Z')
  let release = version
  const start = (port?: number) =>
    startRocketChat({
      version: release,
      env,
      database,
      egress: true,
      now: () => time,
      ...(port !== undefined && { port }),
    })
  let server = await start()

  const write = (name: string, value: unknown) =>
    writeFileSync(path.join(folder, name), `${JSON.stringify(value, null, 2)}\n`)
  const describe = (more: { readonly [name: string]: unknown }) =>
    write('hosts.yml', {
      all: {
        children: {
          rocketchat: {
            hosts: {
              'chat.example.org': {
                rocketchat_url: server.url,
                rocketchat_version: release.replace(/-.*/, ''),
                rocketchat_api_via: 'direct',
                rocketchat_admin_password: admin.password,
                rocketchat_admin_email: admin.email,
                ametys_cms_url: 'http://cms.example.org',
                ametys_spaces_url: 'http://spaces.example.org/spaces',
                ...variables,
                ...more,
              },
            },
          },
        },
      },
    })
  describe({})

  return {
    folder,
    database,
    get server() {
      return server
    },
    async run(words = [], playbook = path.join(root, 'playbooks/configure.yml')) {
      const events: Event[] = []
      const [before, seen] = [server.writes, server.requests.length]
      const parsed = parseCommandLine(['--inventory', path.join(folder, 'hosts.yml'), ...words], {
        name: 'test',
        summary: '',
        examples: [],
        flags: runFlags,
      })
      if (!('options' in parsed)) throw new ToolError(parsed.diagnostics)
      const idle = new AbortController().signal
      const diagnostics: Diagnostic[] = []
      const code = await runPlaybookFile(playbook, {
        options: parsed.options,
        operands: [],
        emit: (event) => events.push(event),
        print: () => undefined,
        disclose: () => undefined,
        stopping: idle,
        signal: idle,
        env: {},
      }).catch((error: unknown) => {
        if (!(error instanceof ToolError)) throw error
        diagnostics.push(...error.diagnostics)
        return 2
      })
      for (const event of events) {
        if (event.kind === 'diagnostic') diagnostics.push(event.diagnostic)
        if (event.kind === 'task.done') diagnostics.push(...(event.diagnostics ?? []))
      }
      return {
        code,
        events,
        diagnostics,
        tasks: events.flatMap((event) => (event.kind === 'task.done' ? [`${event.task} ${event.status}`] : [])),
        changes: events.flatMap((event) => (event.kind === 'task.planned' ? event.changes : [])),
        requests: server.requests.slice(seen),
        writes: server.writes - before,
      }
    },
    later: (minutes) => {
      time += minutes * 60_000
    },
    variables: describe,
    async restart(next) {
      const { port } = server
      await server.stop()
      release = next ?? release
      server = await start(port)
      describe({})
    },
    async close() {
      await server.stop()
      rmSync(folder, { recursive: true })
    },
  }
}
