import { connect, createServer } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem, TaskError } from '../../../lib/core/diagnostic.ts'
import { type Eyes, observe } from '../../../lib/observe/observe.ts'
import type { Trouble } from '../../../lib/observe/streams.ts'
import { startRocketChat } from '../../../lib/sandbox/rocketchat/server.ts'
import { authority } from '../../fakes/certificates.ts'
import { publicSite } from '../../fakes/public-site.ts'

const test = suite('lib/observe (tls, websocket, upload)')
const plain: Eyes = { signal: new AbortController().signal, rehearsal: false }
const looks = ['tls', 'websocket', 'upload'] as const
const input = { size: 1000, trust: false }
const { intermediate, leaf } = authority()
const { pem, key } = leaf({ names: ['localhost'] })

test('each looks through the link with the eyes of the host, in a rehearsal too', async () => {
  const site = await publicSite({ tls: { cert: pem + intermediate.pem, key } })
  try {
    const asked: string[] = []
    const dial: Eyes['dial'] = async (host, port) => {
      asked.push(`${host}:${port}`)
      return connect(site.port, '127.0.0.1')
    }
    const eyes = { ...plain, dial, rehearsal: true }
    const seen = await Promise.all(
      looks.map(async (name) => (await observe(name, { ...input, url: 'https://localhost/x' }, eyes)).json),
    )
    const [tls, socket, upload] = seen as [
      { chain: string[]; distrust: string },
      { session: string },
      { status: number },
    ]
    assert.is(tls.chain.length, 2)
    assert.match(tls.distrust, /UNABLE_TO/)
    assert.is(socket.session, 's1')
    assert.is(upload.status, 401)
    assert.equal([...new Set(asked)], ['localhost:443'])
  } finally {
    await site.close()
  }
})

test('the handshakes with each version go side by side with the one that shows the certificate', async () => {
  const site = await publicSite({ tls: { cert: pem + intermediate.pem, key } })
  try {
    const { promise: allCame, resolve } = Promise.withResolvers<void>()
    let came = 0
    // Nobody gets through before all five have come.
    const dial: Eyes['dial'] = async () => {
      if (++came === 5) resolve()
      await allCame
      return connect(site.port, '127.0.0.1')
    }
    const { json } = await observe('tls', { ...input, url: 'https://localhost/x', timeout: 5000 }, { ...plain, dial })
    const { chain, versions } = json as { readonly chain?: readonly string[]; readonly versions?: object }
    assert.equal([chain?.length, Object.keys(versions ?? {}).length], [2, 4], JSON.stringify(json))
  } finally {
    await site.close()
  }
})

for (const name of looks) {
  test(`${name} sees nothing in a rehearsal without a link`, async () => {
    const { json } = await observe(name, { url: 'https://chat.example.org' }, { ...plain, rehearsal: true })
    assert.is((json as { code: string }).code, 'REHEARSAL')
  })

  test(`${name} gives up on who says nothing, and says who refuses`, async () => {
    const silent = createServer((socket) => socket.on('error', () => undefined).resume())
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const { port } = silent.address() as { port: number }
    const url = `${name === 'tls' ? 'https' : 'http'}://localhost:${port}`
    const { code, message } = (await observe(name, { ...input, url, timeout: 60 }, plain)).json as Trouble
    assert.equal([code, message], ['LATE', 'no answer within 0.06 s'])
    await new Promise((resolve) => silent.close(resolve))
    assert.is(((await observe(name, { ...input, url }, plain)).json as { code: string }).code, 'ECONNREFUSED')
  })

  test(`${name} tells what the link does not carry`, async () => {
    const dial = () => Promise.reject(new TaskError(problem('forwarding-refused', 'x')))
    const code = await observe(name, { ...input, url: 'https://localhost' }, { ...plain, dial }).catch(
      (error) => error.code,
    )
    assert.is(code, 'forwarding-refused')
  })
}

test('an upload that takes too long says how far it came', async () => {
  const slow = createServer((socket) => socket.on('error', () => undefined).pause())
  await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve))
  const { port } = slow.address() as { port: number }
  const url = `http://localhost:${port}`
  const { json } = await observe('upload', { url, size: 100_000_000, timeout: 150 }, plain)
  const { code, sent = 0, size = 0 } = json as Trouble & { sent?: number; size?: number }
  assert.is(code, 'LATE')
  assert.ok(sent > 0 && sent < size, `${sent} of ${size}`)
  slow.close()
})

test('a server that refuses early and hangs up behind a proxy is heard when it is listened to', async () => {
  // As a proxy does: it passes on what was answered before the body, and says 502 when it could not get rid of the body.
  const proxy = createServer((socket) => {
    let got = 0
    const say = (status: string) => socket.end(`HTTP/1.1 ${status}\r\nContent-Length: 0\r\n\r\n`)
    const early = setTimeout(() => say('401 Unauthorized'), 200)
    socket
      .on('error', () => undefined)
      .on('data', (bytes) => {
        got += bytes.length
        if (got < 1_000_000) return
        clearTimeout(early)
        say('502 Bad Gateway')
        socket.removeAllListeners('data').resume()
      })
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const { port } = proxy.address() as { port: number }
  const { json } = await observe('upload', { url: `http://localhost:${port}`, size: 20_000_000 }, plain)
  assert.is((json as { status: number }).status, 401)
  proxy.close()
})

test('the double of Rocket.Chat is greeted and refuses uploads of strangers, and nothing is written', async () => {
  const double = await startRocketChat({ version: '8.6.1' })
  try {
    const { json } = await observe('websocket', { url: `${double.url}/websocket` }, plain)
    assert.match((json as { session: string }).session, /^\w{17}$/)
    const upload = await observe('upload', { url: `${double.url}/api/v1/rooms.media/proof`, size: 60_000_000 }, plain)
    assert.is((upload.json as { status: number }).status, 401)
    assert.is(double.writes, 0)
  } finally {
    await double.stop()
  }
})

test.run()
