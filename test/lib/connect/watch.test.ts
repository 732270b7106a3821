import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Hop } from '../../../lib/connect/route.ts'
import { socketLike } from '../../../lib/connect/socket-like.ts'
import { type Link, watch } from '../../../lib/connect/ssh-transport.ts'

const test = suite('lib/connect/watch')

/** A link that only has what is watched. */
function silentLink() {
  let destroyed = false
  const stream = new PassThrough()
  const client = { once: () => undefined, destroy: () => (destroyed = true) } as unknown as Link['client']
  const hop = { name: 'web1', aliveInterval: 20 } as Hop
  const link: Link = { hop, client, bytes: { bytesRead: 0, bytesWritten: 0 }, lost: undefined }
  watch(link, stream)
  return { link, stream, destroyed: () => destroyed }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

test('gives up a link on which nothing is heard', async () => {
  const { link, destroyed } = silentLink()
  await pause(40)
  assert.is(link.lost, undefined)
  await pause(100)
  assert.match(link.lost?.message ?? '', /nothing was heard from web1 for \d+ ms/)
  assert.ok(destroyed())
})

test('takes anything that arrives as a sign of life', async () => {
  const { link, stream, destroyed } = silentLink()
  const timer = setInterval(() => stream.write('x'), 15)
  await pause(150)
  clearInterval(timer)
  assert.is(link.lost, undefined)
  assert.not.ok(destroyed())
})

test('a stream in place of a socket holds back the writer and the reader', async () => {
  const source = new PassThrough({ highWaterMark: 10 })
  const sink = new PassThrough({ highWaterMark: 10 })
  let closed = false
  const socket = socketLike({ source, sink, close: () => (closed = true), failure: () => undefined })
  const written = new Promise((resolve) => socket.write('x'.repeat(100), resolve))
  assert.is(await Promise.race([written.then(() => 'written'), pause(20).then(() => 'held')]), 'held')
  sink.resume()
  await written
  source.write('y'.repeat(100_000))
  await pause(5)
  assert.ok(socket.readableLength <= socket.readableHighWaterMark + 100_000)
  assert.ok(source.isPaused())
  socket.resume()
  source.end()
  await new Promise((resolve) => socket.once('end', resolve))
  socket.destroy()
  assert.ok(closed)
})

test('a stream in place of a socket fails with the link', async () => {
  const source = new PassThrough()
  let failure: Error | undefined
  const socket = socketLike({ source, sink: new PassThrough(), close: () => undefined, failure: () => failure })
  const broken = new Promise<Error>((resolve) => socket.once('error', resolve))
  failure = new Error('the cable is out')
  source.destroy()
  assert.is(await broken, failure)
})

test.run()
