import { createServer } from 'node:net'
import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem, TaskError } from '../../../lib/core/diagnostic.ts'
import { type Eyes, observe } from '../../../lib/observe/observe.ts'

const test = suite('lib/observe/observe')
const eyes: Eyes = { signal: new AbortController().signal, rehearsal: false }

test('the clock is that of this machine', async () => {
  const { json } = await observe('clock', {}, eyes)
  assert.ok(Math.abs((json as { seconds: number }).seconds - Date.now() / 1000) < 5)
})

test('names are looked up; in a rehearsal all lead to this machine', async () => {
  const { json } = await observe('addresses', { name: 'localhost' }, eyes)
  assert.ok((json as { addresses: string[] }).addresses.some((one) => one === '127.0.0.1' || one === '::1'))
  const rehearsed = await observe('addresses', { name: 'chat.example.org' }, { ...eyes, rehearsal: true })
  assert.equal(rehearsed.json, { addresses: ['127.0.0.1'] })
  assert.is((await observe('addresses', { name: `${'x'.repeat(70)}.example.org` }, eyes)).ok, false)
})

test('a port is tried from this machine', async () => {
  const server = createServer((socket) => socket.end())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  assert.is((await observe('port', { host: '127.0.0.1', port }, eyes)).ok, true)
  await new Promise((resolve) => server.close(resolve))
  const gone = await observe('port', { host: '127.0.0.1', port }, eyes)
  assert.is(gone.ok, false)
  assert.match(gone.errors, 'ECONNREFUSED')
})

test('a port is tried from the host: what refuses, what says nothing, what the link does not carry', async () => {
  const from = (dial: NonNullable<Eyes['dial']>) =>
    observe('port', { host: 'registry.example.org', port: 443, timeout: 20 }, { ...eyes, dial })
  assert.is((await from(async () => new PassThrough())).ok, true)
  const refused = await from(async () => {
    throw new TaskError(problem('dial-refused', 'nothing answers there', { detail: 'Connection refused' }))
  })
  assert.equal([refused.ok, refused.errors], [false, 'Connection refused'])
  const silent = await from(() => new Promise(() => undefined))
  assert.equal([silent.ok, silent.errors], [false, 'no answer within 0.02 s'])
  const forbidden = await from(async () => {
    throw new TaskError(problem('forwarding-refused', 'not for us'))
  }).catch((error) => error.code)
  assert.is(forbidden, 'forwarding-refused')
})

test('an unknown observer is refused', async () => {
  const code = await observe('nothing', {}, eyes).catch((error) => error.code)
  assert.is(code, 'unknown-observer')
})

test.run()
