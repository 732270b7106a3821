import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ConnectError, problem } from '../../../lib/core/diagnostic.ts'
import { unlocked } from '../../../lib/core/lock.ts'
import { HostState } from '../../../lib/engine/host-state.ts'
import type { Services } from '../../../lib/engine/services.ts'

const test = suite('lib/engine/host-state')

const refused = new ConnectError(problem('connection-refused', 'nobody listens'))

/** A host whose link takes a moment to open, and cannot be opened the first `failures` times. */
function host(failures = 0) {
  const counted = { connections: 0, ways: 0 }
  const services = {
    store: () => ({ names: async () => [], get: async () => undefined }),
    lock: () => unlocked,
    connect: async () => {
      await new Promise((resolve) => setTimeout(resolve, 5))
      if (counted.connections++ < failures) throw refused
      return { traffic: {}, close: async () => undefined }
    },
    docker: () => {
      counted.ways++
      return { request: async () => undefined, close: () => undefined }
    },
  } as unknown as Services
  const of = { name: 'a', groups: [], layers: [] }
  return { counted, state: new HostState(of, services, () => undefined, new AbortController().signal) }
}

test('those who ask the engine while the link is being opened share one way to it', async () => {
  const { counted, state } = host()
  const [one, two] = await Promise.all([state.docker(undefined), state.docker(undefined)])
  assert.is(one, two)
  assert.is(await state.docker(undefined), one)
  assert.not(one === (await state.docker({ user: 'operator' })), 'another account has a way of its own')
  assert.equal(counted, { connections: 1, ways: 2 })
})

test('a way to the engine that could not be opened is tried anew', async () => {
  const { counted, state } = host(1)
  const tried = await Promise.allSettled([state.docker(undefined), state.docker(undefined)])
  assert.equal(
    tried.map(({ status }) => status),
    ['rejected', 'rejected'],
  )
  await state.docker(undefined)
  assert.equal(counted, { connections: 2, ways: 1 })
})

test.run()
