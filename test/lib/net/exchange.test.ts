import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { HttpRequest } from '../../../lib/core/http.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { answerOf } from '../../../lib/net/answer.ts'
import type { Way } from '../../../lib/net/open.ts'
import { chatServer } from '../../fakes/chat-server.ts'
import { type Web, web } from '../../fakes/web.ts'

const test = suite<{ open: Web[] }>('lib/net/exchange')
test.before.each((my) => {
  my.open = []
})
test.after.each(async (my) => {
  await Promise.all(my.open.map((one) => one.close()))
})

const way: Way = {
  dial: (target) =>
    new Promise((resolve, reject) => {
      const socket = connect(target as { port: number; host: string })
      socket.once('connect', () => resolve(socket))
      socket.once('error', reject)
    }),
  signal: new AbortController().signal,
}

const request = (url: string, more: Partial<HttpRequest> = {}): HttpRequest => ({
  url,
  method: 'GET',
  headers: {},
  timeout: 5000,
  redirects: 'safe',
  tls: { verify: true },
  decompress: true,
  ...more,
})

test('gives status, headers, cookies and body', async (my) => {
  const server = await web((_request, _body, response) => {
    response.setHeader('set-cookie', ['a=1; Path=/', 'b=2'])
    response.setHeader('x-one', 'two')
    response.statusCode = 404
    return 'not here'
  })
  my.open.push(server)
  const answer = await answerOf(request(`${server.url}/x?y=1`), way)
  assert.is(answer.status, 404)
  assert.is(answer.bytes.toString(), 'not here')
  assert.is(answer.headers['x-one'], 'two')
  assert.equal(answer.cookies, ['a=1; Path=/', 'b=2'])
  assert.not(answer.redirected)
  assert.equal(server.requests, ['GET /x?y=1'])
})

for (const [redirects, method, status, ends] of [
  ['safe', 'GET', 302, 'GET /end'],
  ['safe', 'POST', 302, undefined],
  ['urllib2', 'POST', 302, 'GET /end'],
  ['all', 'POST', 307, 'POST /end'],
  ['all', 'PUT', 301, 'PUT /end'],
  ['all', 'POST', 301, 'GET /end'],
  ['all', 'PUT', 303, 'GET /end'],
  ['none', 'GET', 302, undefined],
] as const) {
  test(`${redirects} and a ${status} after ${method}`, async (my) => {
    const server = await web((asked, _body, response) => {
      if (asked.url === '/end') return 'there'
      response.writeHead(status, { location: '/end' })
      return ''
    })
    my.open.push(server)
    const body = method === 'GET' ? undefined : 'text'
    const answer = await answerOf(request(`${server.url}/`, { redirects, method, body }), way)
    assert.is(answer.status, ends === undefined ? status : 200)
    assert.is(answer.redirected, ends !== undefined)
    assert.equal(server.requests.slice(1), ends === undefined ? [] : [ends])
    assert.is(server.last.body, ends?.startsWith('GET') ? '' : (body ?? ''))
  })
}

test('a loop of redirects ends', async (my) => {
  const server = await web((_asked, _body, response) => {
    response.writeHead(302, { location: '/again' })
    return ''
  })
  my.open.push(server)
  const error = await answerOf(request(server.url), way).catch((thrown) => thrown)
  assert.is(error.code, 'http-failed')
  assert.match(error.message, 'redirects more than')
})

test('a password is not sent to where a redirect leads', async (my) => {
  const other = await web(() => 'other')
  const first = await web((_asked, _body, response) => {
    response.writeHead(302, { location: other.url })
    return ''
  })
  my.open.push(other, first)
  const login = { user: 'me', password: new Secret('s3cret', 'password'), atOnce: true }
  await answerOf(request(first.url, { login, headers: { cookie: 'a=1', 'x-mine': '1' } }), way)
  assert.is(first.last.headers.authorization, `Basic ${Buffer.from('me:s3cret').toString('base64')}`)
  assert.is(other.last.headers.authorization, undefined)
  assert.is(other.last.headers.cookie, undefined)
  assert.is(other.last.headers['x-mine'], '1')
})

test('answers when it is asked for a password', async (my) => {
  const server = await web((asked, _body, response) => {
    if (asked.headers.authorization === undefined) {
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' })
      return ''
    }
    return asked.headers.authorization
  })
  my.open.push(server)
  const login = { user: 'me', password: 'pw', atOnce: false }
  const answer = await answerOf(request(server.url, { login }), way)
  assert.is(answer.bytes.toString(), 'Basic bWU6cHc=')
  assert.is(server.requests.length, 2)
})

test('answers a digest', async (my) => {
  const md5 = (text: string) => createHash('md5').update(text).digest('hex')
  const server = await web((asked, _body, response) => {
    const said = asked.headers.authorization ?? ''
    const word = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(said)?.[1] ?? ''
    const wanted = md5(`${md5('me:r:pw')}:n1:00000001:${word('cnonce')}:auth:${md5('GET:/a')}`)
    if (word('response') === wanted) return 'in'
    response.writeHead(401, { 'www-authenticate': 'Digest realm="r", nonce="n1", qop="auth", opaque="o"' })
    return ''
  })
  my.open.push(server)
  const answer = await answerOf(
    request(`${server.url}/a`, { login: { user: 'me', password: 'pw', atOnce: false } }),
    way,
  )
  assert.is(answer.bytes.toString(), 'in')
})

for (const [encoding, bytes] of [
  ['gzip', gzipSync('packed')],
  ['zstd', zstdCompressSync('packed')],
] as const) {
  test(`unpacks ${encoding}, or leaves it`, async (my) => {
    const server = await web((_asked, _body, response) => {
      response.setHeader('content-encoding', encoding)
      response.end(bytes)
      return undefined
    })
    my.open.push(server)
    assert.is((await answerOf(request(server.url), way)).bytes.toString(), 'packed')
    assert.equal((await answerOf(request(server.url, { decompress: false }), way)).bytes, bytes)
  })
}

test('a proxy gets the whole address, and its password', async (my) => {
  const proxy = await web((asked) => `for ${asked.url} ${asked.headers['proxy-authorization']}`)
  my.open.push(proxy)
  const through = proxy.url.replace('//', '//u:p%40@')
  const answer = await answerOf(request('http://far.example.org/x', { proxy: through }), way)
  assert.is(answer.bytes.toString(), `for http://far.example.org/x Basic ${Buffer.from('u:p@').toString('base64')}`)
})

test('a body streams', async (my) => {
  const server = await web((_asked, body) => body)
  my.open.push(server)
  const body = () => Readable.from([Buffer.from('one '), Buffer.from('two')])
  assert.is((await answerOf(request(server.url, { method: 'PUT', body }), way)).bytes.toString(), 'one two')
})

test('nothing that listens, silence, and what ends too early', async (my) => {
  const gone = await web(() => '')
  await gone.close()
  const refused = await answerOf(request(gone.url), way).catch((thrown) => thrown)
  assert.is(refused.code, 'http-failed')
  assert.match(refused.diagnostics[0].mend, 'nothing listens')
  const silent = await web(() => undefined)
  my.open.push(silent)
  const late = await answerOf(request(silent.url, { timeout: 50 }), way).catch((thrown) => thrown)
  assert.match(late.message, 'no answer within 0.05 s')
  const cut = await web((_asked, _body, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('few')
    setTimeout(() => response.destroy(), 10)
    return undefined
  })
  my.open.push(cut)
  assert.ok((await answerOf(request(cut.url), way).catch((thrown) => thrown)) instanceof Error)
})

test('a certificate must be trusted, by the usual authorities or the one that is given', async () => {
  const file = (name: string) =>
    readFileSync(fileURLToPath(new URL(`../rocketchat/certificates/${name}.pem`, import.meta.url)), 'utf8')
  const server = await chatServer(() => ({ body: { said: 1 } }), {
    key: file('localhost.key'),
    cert: file('localhost'),
  })
  try {
    const refused = await answerOf(request(server.url), way).catch((thrown) => thrown)
    assert.is(refused.code, 'http-failed')
    assert.match(refused.diagnostics[0].mend, 'ca_path')
    const trusted = await answerOf(request(server.url, { tls: { verify: true, ca: file('authority') } }), way)
    assert.is(trusted.status, 200)
    const blind = await answerOf(request(server.url, { tls: { verify: false } }), way)
    assert.is(blind.status, 200)
  } finally {
    await server.close()
  }
})

test.run()
