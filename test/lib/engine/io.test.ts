import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { FencedError, fenced } from '../../../lib/core/connection.ts'
import { problem, TaskError } from '../../../lib/core/diagnostic.ts'
import type { HostLock } from '../../../lib/core/lock.ts'
import type { Io } from '../../../lib/core/module.ts'
import { type Script, sh } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import type { HostState } from '../../../lib/engine/host-state.ts'
import { createIo } from '../../../lib/engine/io.ts'

const test = suite('lib/engine/io')

interface Worked {
  /** What was done, in order: `hold` and `guard` of the lock, and what reached the host. */
  readonly calls: string[]
  readonly error: unknown
}

/** Lets `work` have its way with a host whose lock is `ours`, `lost`, or lost between the look of the runner and that of the host. */
async function worked(
  work: (io: Io) => Promise<unknown>,
  {
    lock = 'ours',
    linked = true,
    onDisk,
  }: { lock?: 'ours' | 'lost' | 'lost meanwhile'; linked?: boolean; onDisk?: (calls: string[]) => Promise<void> } = {},
): Promise<Worked> {
  const calls: string[] = []
  const lost = new TaskError(problem('lock-lost', 'it is not ours'))
  const hold = async (how: string) => {
    calls.push(how)
    if (lock === 'lost') throw lost
  }
  const hostLock: HostLock = {
    held: false,
    hold: () => hold('hold'),
    async guard(_become, send) {
      await hold('guard')
      const sent = await send(sh`fence`)
      if (sent.code === fenced) throw lost
      return sent
    },
    release: async () => undefined,
  }
  const passes = (what: string, fence: Script | undefined) => {
    if (lock === 'lost meanwhile' && fence) return false
    calls.push(what)
    return true
  }
  const done = { code: 0, stdout: Buffer.from(''), stderr: Buffer.from('') }
  const host = {
    lock: hostLock,
    linked,
    answers: { changing: (work: () => Promise<unknown>) => work() },
    doing: () => undefined,
    connection: async () => ({
      exec: async (script: Script, { fence }: { fence?: Script }) =>
        passes(`sh ${script}`, fence) ? done : { ...done, code: fenced },
      put: async (path: string, _content: unknown, { fence }: { fence?: Script }) => {
        if (!passes(`put ${path}`, fence)) throw new FencedError(problem('not-ours', 'not written'))
      },
    }),
    docker: async () => ({
      request: async (method: string, path: string) => void calls.push(`${method} ${path}`),
      exec: async (container: string) => void calls.push(`exec ${container}`),
    }),
    api: () => ({ request: async (method: string, path: string) => void calls.push(`${method} ${path}`) }),
  } as unknown as HostState
  const forever = new AbortController().signal
  const io = createIo({
    host,
    become: undefined,
    store: {
      get: async () => undefined,
      set: async (name) => void calls.push(`store ${name}`),
      delete: async (name) => void calls.push(`unstore ${name}`),
    },
    environment: new Map(),
    timeout: 1000,
    signal: forever,
    stopping: forever,
    onDisk: onDisk?.(calls),
    questions: undefined,
    onOutput: () => undefined,
  })
  let error: unknown
  await work(io).catch((one: unknown) => {
    error = one
  })
  return { calls, error }
}

const codeOf = (error: unknown) => (error instanceof TaskError ? error.code : error)

const writes: readonly (readonly [string, 'hold' | 'guard', (io: Io) => Promise<unknown>])[] = [
  ['sh touch', 'guard', (io) => io.sh(sh`touch`)],
  ['put /a', 'guard', (io) => io.put('/a', 'x', { mode: 0o600 })],
  ['POST /containers', 'hold', (io) => io.docker.request('POST', '/containers')],
  ['DELETE /containers', 'hold', (io) => io.docker.request('DELETE', '/containers')],
  ['exec mongodb', 'hold', (io) => io.docker.exec('mongodb', ['true'])],
  ['POST /api', 'hold', (io) => io.api.request('POST', '/api')],
  ['store pass', 'hold', (io) => io.store.set('pass', new Secret('word', 'pass'))],
  ['unstore pass', 'hold', (io) => io.store.delete('pass')],
]

for (const [what, how, work] of writes) {
  test(`the lock comes before: ${what}`, async () => {
    assert.equal(await worked(work), { calls: [how, what], error: undefined })
    const { calls, error } = await worked(work, { lock: 'lost' })
    assert.equal([calls, codeOf(error)], [[how], 'lock-lost'])
  })
}

for (const [what, , work] of writes) {
  test(`that it is about to happen is on the disk before: ${what}`, async () => {
    const onDisk = (calls: string[]) =>
      new Promise<void>((done) => setTimeout(done, 5)).then(() => void calls.push('disk'))
    const { calls } = await worked(work, { onDisk })
    assert.equal(
      calls.filter((one) => one === 'disk' || one === what),
      ['disk', what],
    )
  })
}

for (const [what, how, work] of writes.filter(([, how]) => how === 'guard')) {
  test(`the host itself has the last word before: ${what}`, async () => {
    const { calls, error } = await worked(work, { lock: 'lost meanwhile' })
    assert.equal([calls, codeOf(error)], [[how], 'lock-lost'])
  })
}

const looks: readonly (readonly [string, (io: Io) => Promise<unknown>])[] = [
  ['sh ls', (io) => io.sh(sh`ls`, { looks: true })],
  ['GET /containers', (io) => io.docker.request('GET', '/containers')],
  ['GET /api', (io) => io.api.request('GET', '/api')],
]

for (const [what, work] of looks) {
  test(`looking needs no lock: ${what}`, async () => {
    assert.equal(await worked(work, { lock: 'lost' }), { calls: [what], error: undefined })
  })
}

test('a host without a link has no place for a lock', async () => {
  for (const [what, , work] of writes.slice(5)) {
    assert.equal((await worked(work, { linked: false })).calls, [what])
  }
})

test.run()
