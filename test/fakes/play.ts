import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { ExecOptions } from '../../lib/core/connection.ts'
import { ConnectError, problem, TaskError } from '../../lib/core/diagnostic.ts'
import type { Event, Stats } from '../../lib/core/event.ts'
import type { HostLock } from '../../lib/core/lock.ts'
import type { TaskModule } from '../../lib/core/module.ts'
import type { RunOptions } from '../../lib/core/options.ts'
import { flatten, join, type Script } from '../../lib/core/script.ts'
import type { Secret } from '../../lib/core/secret.ts'
import { type Ended, type Run, runPlaybook } from '../../lib/engine/run.ts'
import type { Services } from '../../lib/engine/services.ts'
import { validate } from '../../lib/engine/validate.ts'
import { loadInventory } from '../../lib/load/inventory.ts'
import { loadPlaybook } from '../../lib/load/playbook.ts'
import { createRegistry, registryOf } from '../../lib/load/registry.ts'
import { createTemplar } from '../../lib/load/template.ts'
import { root } from '../../lib/root.ts'
import { run as act, create, remove, s, sh, task, update } from '../../lib/task.ts'

/** A host that is a table of names and values, and remembers what was asked of it. */
export interface FakeHost {
  readonly values: Map<string, string>
  /** Round trips of questions. */
  asks: number
  questions: number
  /** Questions that came along with a change. */
  rode: number
  /** Milliseconds that each trip of questions takes. */
  delay?: number
  /** Milliseconds that each change takes. */
  takes?: number
  /** How many changes had been made at each question to Rocket.Chat. */
  readonly called: number[]
  /** False: nothing rides here. */
  carries?: boolean
  /** Scripts that were run to change something. */
  readonly applied: string[]
  unreachable?: boolean
  /** What became of its lock: `hold`, `guard`, `release`. */
  readonly lock: string[]
  /** Called after each applied script; what it throws is the script's failure. */
  afterApply?: (host: FakeHost, script: string) => void
}

export interface Played {
  readonly events: readonly Event[]
  readonly ended: Ended
  readonly stats: { readonly [host: string]: Readonly<Stats> }
  readonly hosts: ReadonlyMap<string, FakeHost>
  /** `host task status` of each finished task, in order. */
  readonly lines: readonly string[]
}

export interface PlayOptions {
  readonly inventory?: string
  readonly files?: { readonly [name: string]: string }
  readonly options?: Partial<RunOptions>
  readonly prepare?: (host: (name: string) => FakeHost) => void
  readonly modules?: { readonly [name: string]: TaskModule }
  readonly stopping?: AbortSignal
  readonly onEvent?: (event: Event) => void
  /** What earlier runs left and finished. */
  readonly earlier?: Pick<Run, 'left' | 'finished'>
}

const usual: RunOptions = {
  check: false,
  diff: false,
  tags: [],
  skipTags: [],
  limit: undefined,
  forks: 50,
  extraVars: [],
  startAtTask: undefined,
  forceHandlers: false,
  verbosity: 0,
  connection: { name: 'command line', values: {} },
  become: false,
}

/** `thing: { name, value }`: the value is in the table; `state: absent`: it is not. Script words: get, set, delete, run. */
const thing = task({
  summary: 'A value stands in the table of the host.',
  args: s.args({
    name: s.string('Its name.'),
    value: s.text('Its value.').optional(),
    state: s.choice(['present', 'absent'], 'Is it there?').default('present'),
  }),
  examples: ['thing: { name: a, value: b }'],
  returns: { value: 'the value that was found' },
  probe: ({ name }) => ({
    ask: [{ on: 'shell', script: sh`get ${name}` }],
    read: ([found]) => (found?.ok ? found.text : undefined),
  }),
  diff: ({ name, value = '', state }, found) => {
    const wanted = String(value)
    if (state === 'absent') return found === undefined ? [] : [remove(name, found, sh`delete ${name}`)]
    if (found === wanted) return []
    return [
      found === undefined
        ? create(name, wanted, sh`set ${name} ${value}`)
        : update(name, found, wanted, sh`set ${name} ${value}`),
    ]
  },
  apply: async ({ data }, io) => {
    await io.sh(data)
    // What was seen to be otherwise before is a change, whatever apply makes of it.
    return { changed: false }
  },
  result: (_args, found) => ({ values: { value: found ?? null } }),
})

/** `ready: NAME`: waits, in one look, until the value is in the table. */
const ready = task({
  summary: 'A value has come.',
  args: s.args({ name: s.string('Its name.') }, { freeForm: 'name' }),
  examples: ['ready: x'],
  onlyWaits: true,
  probe: ({ name }) => ({ ask: [{ on: 'shell', script: sh`get ${name}` }], read: ([found]) => found?.ok === true }),
  diff: ({ name }, there) => (there ? [] : [act(`wait for ${name}`, name)]),
  apply: async ({ data }, io) => {
    await io.sh(sh`await ${data}`)
    return { changed: false }
  },
})

/** `act: { word }`: an action without a state; `fail` fails. */
const action = task({
  summary: 'Something was done.',
  args: s.args({ word: s.string('What.') }, { freeForm: 'word' }),
  examples: ['act: x'],
  returns: { said: 'what it said' },
  skipInCheckMode: true,
  resumable: true,
  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ word }) => [act(word, word)],
  apply: async ({ data }, io) => {
    const asked = () => problem('asked-to', 'it was asked to fail')
    if (data === 'fail') throw new TaskError(asked(), { values: { rc: 7 } })
    if (data === 'fail and undo') throw new TaskError(asked(), { undone: true })
    await io.sh(sh`run ${data}`)
    return { values: { said: `did ${data}` } }
  },
})

const shipped = createRegistry(path.join(root, 'tasks'))
const borrowed = ['debug', 'assert', 'fail', 'set_fact', 'secret'] as const

/** Writes a playbook into a folder of its own, loads it, and runs it against hosts that are tables. */
export async function play(playbook: string, how: PlayOptions = {}): Promise<Played> {
  const folder = mkdtempSync(path.join(tmpdir(), 'play-'))
  try {
    return await inFolder(folder, playbook, how)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

async function inFolder(folder: string, playbook: string, how: PlayOptions): Promise<Played> {
  const write = (name: string, text: string) => writeFileSync(path.join(folder, name), text)
  write('play.yml', playbook)
  write('hosts.yml', how.inventory ?? 'all: { hosts: { a: } }\n')
  for (const [name, text] of Object.entries(how.files ?? {})) write(name, text)

  const loadedInventory = loadInventory([path.join(folder, 'hosts.yml')], { root: folder })
  const own = Object.fromEntries(
    borrowed.flatMap((name) => (shipped.has(name) ? [[name, shipped.get(name) as TaskModule]] : [])),
  )
  const registry = registryOf({
    ...own,
    thing: thing as TaskModule,
    act: action as TaskModule,
    ready: ready as TaskModule,
    ...how.modules,
  })
  const loadedPlaybook = loadPlaybook(path.join(folder, 'play.yml'), { root: folder, registry })
  const wrong = [...loadedInventory.diagnostics, ...loadedPlaybook.diagnostics].filter(
    (one) => one.severity === 'error',
  )
  if (wrong.length > 0) throw new TaskError(wrong)

  const hosts = new Map<string, FakeHost>()
  const host = (name: string): FakeHost => {
    const known = hosts.get(name) ?? {
      values: new Map(),
      asks: 0,
      questions: 0,
      rode: 0,
      called: [],
      applied: [],
      lock: [],
    }
    hosts.set(name, known)
    return known
  }
  how.prepare?.(host)
  const events: Event[] = []
  const stores = new Map<string, Map<string, Secret>>()
  const run: Run = {
    playbook: loadedPlaybook.playbook,
    inventory: loadedInventory.inventory,
    options: { ...usual, ...how.options },
    services: services(host, stores),
    templar: createTemplar(),
    emit: (event) => {
      events.push(event)
      how.onEvent?.(event)
    },
    prompted: {},
    signal: new AbortController().signal,
    stopping: how.stopping ?? new AbortController().signal,
    ...how.earlier,
  }
  const findings = (await validate(run)).filter((one) => one.severity === 'error')
  if (findings.length > 0) throw new TaskError(findings)
  const ended = await runPlaybook(run)
  const lines = events.flatMap((event) =>
    event.kind === 'task.done' ? [`${event.host} ${event.task} ${event.status}`] : [],
  )
  return { events, ended, stats: ended.stats, hosts, lines }
}

function services(host: (name: string) => FakeHost, stores: Map<string, Map<string, Secret>>): Services {
  const nothing = () => {
    throw new Error('not in this test')
  }
  return {
    connect: async (name) => {
      const fake = host(name)
      if (fake.unreachable) throw new ConnectError(problem('connection-refused', `${name} refuses`))
      return {
        traffic: { shell: 0, docker: 0, streams: 0, sent: 0, received: 0 },
        close: async () => undefined,
        put: nothing,
        dial: nothing,
        exec: async (script: Script, { rider }: ExecOptions = {}) => {
          const text = flatten(script)
          fake.applied.push(text)
          if (fake.takes !== undefined) await sleep(fake.takes)
          const [word, name = '', ...rest] = text.split(' ')
          if (word === 'set') fake.values.set(name, unquoted(rest.join(' ')))
          if (word === 'delete') fake.values.delete(name)
          fake.afterApply?.(fake, text)
          if (rider && fake.carries !== false) {
            const found = answersOf(fake, flatten(rider.script).split('\n'))
            fake.rode += found.length
            const stdout = Buffer.from(JSON.stringify(found))
            rider.taken(Promise.resolve({ code: 0, stdout, stderr: Buffer.from('') }))
          }
          return { code: 0, stdout: Buffer.from(''), stderr: Buffer.from('') }
        },
        fake,
      } as never
    },
    batch: async (connection, scripts) => {
      const { fake } = connection as unknown as { fake: FakeHost }
      fake.asks++
      if (fake.delay !== undefined) await sleep(fake.delay)
      fake.questions += scripts.length
      return answersOf(fake, scripts.map(flatten))
    },
    riding: async (scripts) => ({ script: join(scripts), read: ({ stdout }) => JSON.parse(stdout.toString()) }),
    docker: nothing,
    api: ({ host: name }) =>
      ({
        calls: 0,
        get: async () => {
          host(name).called.push(host(name).applied.length)
          return { ok: true, code: 200, text: '', errors: '' }
        },
        close: async () => undefined,
      }) as never,
    observe: nothing,
    http: nothing,
    answer: nothing,
    keep: nothing,
    source: nothing,
    store: (name) => {
      const store = stores.get(name) ?? new Map<string, Secret>()
      stores.set(name, store)
      return {
        get: async (key) => store.get(key),
        set: async (key, value) => {
          store.set(key, value)
        },
        delete: async (key) => {
          store.delete(key)
        },
        names: async () => [...store.keys()],
      }
    },
    lock: ({ host: name }) => recordingLock(host(name).lock),
  }
}

function answersOf({ values }: FakeHost, scripts: readonly string[]) {
  return scripts.map((script) => {
    const value = values.get(script.split(' ')[1] ?? '')
    return { code: value === undefined ? 1 : 0, stdout: value ?? '', stderr: '' }
  })
}

/** A lock that is always ours. */
function recordingLock(calls: string[]): HostLock {
  return {
    get held() {
      return calls.length > 0
    },
    hold: async () => void calls.push('hold'),
    guard: async (_become, send) => {
      calls.push('guard')
      return send(sh`:`)
    },
    release: async (reachable) => void calls.push(reachable ? 'release' : 'leave'),
  }
}

const unquoted = (text: string): string => text.replaceAll(/^'|'$/g, '')

/** The beginning of a play of all hosts, behind which its tasks stand. */
export const head = '- hosts: all\n  gather_facts: false\n  tasks:\n'

/** So many tasks, each of which wants a value. */
export const things = (count: number): string =>
  Array.from({ length: count }, (_, index) => `    - thing: { name: t${index}, value: v }\n`).join('')

/** Host `a` has the values of so many of those tasks already. */
export const filled = (count: number): PlayOptions => ({
  prepare: (host) => {
    for (let index = 0; index < count; index++) host('a').values.set(`t${index}`, 'v')
  },
})
