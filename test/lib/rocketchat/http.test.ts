import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { createHttp, type Endpoint } from '../../../lib/rocketchat/http.ts'
import { type ChatServer, chatServer } from '../../fakes/chat-server.ts'

const test = suite('lib/rocketchat/http')

// The certificates hold from 2000 to 2100, the expired one until 2001; the key is worth nothing elsewhere.
const file = (name: string) => fileURLToPath(new URL(`certificates/${name}.pem`, import.meta.url))
const read = (name: string) => readFileSync(file(name), 'utf8')
const secured = (certificate: string) => chatServer(() => ({}), { key: read('localhost.key'), cert: read(certificate) })

async function get(endpoint: Endpoint) {
  const http = createHttp(endpoint)
  try {
    return await http.send({
      method: 'GET',
      path: '/api/info',
      headers: {},
      signal: new AbortController().signal,
      timeout: 5000,
    })
  } finally {
    await http.close()
  }
}

async function served(server: ChatServer, work: (url: string) => Promise<void>) {
  try {
    await work(server.url)
  } finally {
    await server.close()
  }
}

async function mendOf(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
  } catch (error) {
    assert.instance(error, ToolError)
    assert.is((error as ToolError).code, 'api-unreachable')
    return String((error as ToolError).diagnostics[0]?.mend)
  }
  throw new Error('should not have been trusted')
}

test('a certificate of a private authority is trusted when the authority is given', async () =>
  served(await secured('localhost'), async (url) => {
    assert.is((await get({ url, ca: read('authority') })).status, 200)
  }))

test('an authority that is given comes besides the usual ones', async () => {
  const usual = getCACertificates()
  setDefaultCACertificates([read('authority')])
  try {
    await served(await secured('localhost'), async (url) => {
      assert.is((await get({ url, ca: read('other-name') })).status, 200)
    })
  } finally {
    setDefaultCACertificates(usual)
  }
})

test('and not without it, which says what to do', async () =>
  served(await secured('localhost'), async (url) => {
    assert.match(await mendOf(() => get({ url })), /rocketchat_ca_file/)
  }))

test('an expired certificate is refused', async () =>
  served(await secured('expired'), async (url) => {
    assert.match(await mendOf(() => get({ url, ca: read('authority') })), /expired/)
  }))

test('a certificate for another name is refused', async () =>
  served(await secured('other-name'), async (url) => {
    assert.match(await mendOf(() => get({ url, ca: read('authority') })), /another name/)
  }))

test('the way through the link is used when there is one, also for https', async () =>
  served(await secured('localhost'), async (url) => {
    const port = Number(new URL(url).port)
    let dialled = 0
    const dial = async (): Promise<Duplex> => {
      dialled++
      return connect(port, '127.0.0.1')
    }
    assert.is((await get({ url: `https://localhost:${port}`, dial, ca: read('authority') })).status, 200)
    assert.match(await mendOf(() => get({ url: `https://localhost:${port}`, dial })), /rocketchat_ca_file/)
    assert.is(dialled, 2)
  }))

test('a link that cannot reach the chat is told as that', async () => {
  const dial = () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' }))
  assert.match(await mendOf(() => get({ url: 'http://127.0.0.1:3000', dial })), /nothing listens/)
})

test('a proxy is asked for a tunnel, and the certificate is still that of the chat', async () => {
  const tunnels: string[] = []
  const proxy = createServer().on('connect', (request, client) => {
    tunnels.push(request.url ?? '')
    const onward = connect(Number((request.url ?? '').split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n')
      onward.pipe(client).pipe(onward)
    })
    for (const [one, other] of [
      [client, onward],
      [onward, client],
    ] as const)
      one.on('error', () => other.destroy()).on('close', () => other.destroy())
  })
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  const address = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`
  try {
    await served(await secured('localhost'), async (url) => {
      assert.is((await get({ url, proxy: address, ca: read('authority') })).status, 200)
      assert.equal(tunnels, [new URL(url).host])
    })
  } finally {
    await new Promise((resolve) => proxy.close(resolve))
  }
})

test.run()
