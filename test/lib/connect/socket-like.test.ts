import { Agent, createServer, request } from 'node:http'
import { type Duplex, duplexPair } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { socketLike } from '../../../lib/connect/socket-like.ts'

const test = suite('lib/connect/socket-like')

function pair(): { readonly near: Duplex; readonly far: Duplex } {
  const [mine, far] = duplexPair()
  const near = socketLike({ source: mine, sink: mine, close: () => mine.destroy(), failure: () => undefined })
  return { near, far }
}

test('a stream that is kept for later is gone when its far side has ended', async () => {
  const { near, far } = pair()
  let closed = false
  near.on('close', () => {
    closed = true
  })
  near.resume()
  far.end()
  for (let turns = 0; turns < 20 && !closed; turns++) await turn()
  assert.is(closed, true)
})

test('what is left to be read is not thrown away', async () => {
  const { near, far } = pair()
  near.pause()
  far.end('the last words')
  for (let turns = 0; turns < 20; turns++) await turn()
  assert.is(near.destroyed, false)
  let text = ''
  for await (const piece of near) text += piece
  assert.is(text, 'the last words')
})

test('an agent does not use a kept stream again that its server has ended', async () => {
  const server = createServer((_request, response) => response.end('here'))
  const ends: Duplex[] = []
  const agent = new Agent({ keepAlive: true })
  agent.createConnection = () => {
    const { near, far } = pair()
    ends.push(far)
    server.emit('connection', far)
    return near
  }
  const get = () =>
    new Promise<string>((resolve, reject) => {
      const asked = request({ agent, path: '/', timeout: 500 }, (response) => {
        let text = ''
        response.on('data', (piece) => {
          text += piece
        })
        response.on('end', () => resolve(text))
      })
      asked.on('error', reject)
      asked.end()
    })
  assert.is(await get(), 'here')
  await turn()
  ends[0]?.end()
  for (let turns = 0; turns < 20; turns++) await turn()
  assert.is(await get(), 'here')
  assert.is(ends.length, 2)
  agent.destroy()
})

test.run()
