import type { Container } from '../containers/inspect.ts'
import { type Login, question, readReply } from '../mongodb/mongosh.ts'
import { type Answer, type Diagnostic, type Query, raw, type Script } from '../task.ts'

/** A container as far as its status tells; `undefined` where there is none of that name. */
export interface SeenContainer {
  readonly name: string
  readonly image: string
  readonly running: boolean
  /** `healthy`, `starting`, `unhealthy`; undefined when nothing checks it. */
  readonly health: string | undefined
  /** Milliseconds since 1970. */
  readonly startedAt: number
  /** When it last ended, and how. */
  readonly exitCode: number
  readonly restarts: number
  /** What its last health check said. */
  readonly said: string
}

/** The database as the shell in its container sees it. */
export interface SeenDatabase {
  readonly version: string
  readonly primary: boolean
  readonly set: string | null
}

/** The machine as it sees itself. */
export interface SeenMachine {
  readonly system: string
  /** Milliseconds since 1970 by its own clock. */
  readonly now: number
  readonly uptimeSeconds: number
  readonly disk: { readonly path: string; readonly freeGiB: number; readonly sizeGiB: number }
  readonly memory: { readonly availableMiB: number; readonly totalMiB: number }
}

/** A read-only script about the machine; each part follows a line `==NAME`. */
export const machineScript: Script = raw(`PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
bound() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
echo ==now; date +%s
echo ==system; grep '^PRETTY_NAME=' /etc/os-release
echo ==uptime; cat /proc/uptime 2>/dev/null
echo ==memory; grep -E '^(MemTotal|MemAvailable):' /proc/meminfo
folder=/var/lib/docker
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
echo ==disk; echo "$folder"; bound 5 df -Pk "$folder"
:`)

export function readMachine(answer: Answer | undefined): SeenMachine {
  const parts = new Map<string, string[]>()
  let current: string[] = []
  for (const line of (answer?.text ?? '').split('\n')) {
    const name = /^==([a-z]+)$/.exec(line)?.[1]
    if (name !== undefined) {
      current = []
      parts.set(name, current)
    } else if (line.trim() !== '') current.push(line)
  }
  const part = (name: string) => parts.get(name) ?? []
  const memory = (name: string) =>
    Math.floor(Number(/\d+/.exec(part('memory').find((line) => line.startsWith(name)) ?? '')?.[0] ?? 0) / 1024)
  const [path = '/', ...table] = part('disk')
  const [, size = 0, , free = 0] = (table.at(-1) ?? '').trim().split(/\s+/).map(Number)
  return {
    system: (part('system')[0] ?? '').replace(/^PRETTY_NAME=/, '').replaceAll('"', ''),
    now: Number(part('now')[0] ?? 0) * 1000,
    uptimeSeconds: Math.floor(Number((part('uptime')[0] ?? '0').split(' ')[0])),
    disk: { path, freeGiB: free / 2 ** 20, sizeGiB: size / 2 ** 20 },
    memory: { availableMiB: memory('MemAvailable'), totalMiB: memory('MemTotal') },
  }
}

export function readContainer(answer: Answer | undefined): SeenContainer | undefined {
  if (answer?.ok !== true) return undefined
  const found = answer.json as Container & {
    readonly RestartCount?: number
    readonly State: { readonly StartedAt?: string }
  }
  const { State, Config, Name, RestartCount = 0 } = found
  return {
    name: Name.replace(/^\//, ''),
    image: Config.Image,
    running: State.Running && State.Restarting !== true,
    health: State.Health?.Status,
    startedAt: Date.parse(State.StartedAt ?? ''),
    exitCode: State.ExitCode ?? 0,
    restarts: RestartCount,
    said: State.Health?.Log?.at(-1)?.Output.trim() ?? '',
  }
}

/** Needs no account: whoever is in the container may say `hello`. */
export function databaseQuery(container: string): Query {
  return question(
    loginOf(container),
    'const h = db.hello(); return { version: db.version(), primary: h.isWritablePrimary === true, set: h.setName || null };',
  )
}

/** What the database said, or why it could not. */
export function readDatabase(
  answer: Answer | undefined,
  container: string,
): SeenDatabase | { readonly trouble: string } {
  if (answer === undefined || answer.unavailable)
    return { trouble: messageOf(answer?.unavailable) ?? 'it was not asked' }
  const reply = readReply<SeenDatabase>(answer, loginOf(container))
  return reply.ok ? reply.value : { trouble: reply.message }
}

function loginOf(container: string): Login {
  return { container, port: 27_017 }
}

function messageOf(diagnostic: Diagnostic | undefined): string | undefined {
  return diagnostic?.message
}
