import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem, TaskError } from '../../../lib/core/diagnostic.ts'
import type { SeenPage } from '../../../lib/observe/http.ts'
import { type Eyes, observe } from '../../../lib/observe/observe.ts'
import { chatServer, type Said } from '../../fakes/chat-server.ts'

const test = suite('lib/observe/http')
const plain: Eyes = { signal: new AbortController().signal, rehearsal: false }
const file = (name: string) => fileURLToPath(new URL(`../rocketchat/certificates/${name}.pem`, import.meta.url))
const secured = (name: string) => ({
  key: readFileSync(file('localhost.key'), 'utf8'),
  cert: readFileSync(file(name), 'utf8'),
})

async function look(input: { readonly [key: string]: unknown }, eyes = plain): Promise<SeenPage> {
  return (await observe('http', input, eyes)).json as SeenPage
}

async function at(
  said: Said,
  work: (url: string) => Promise<void>,
  tls?: { readonly key: string; readonly cert: string },
) {
  const server = await chatServer(() => said, tls)
  try {
    await work(server.url)
    for (const { headers } of server.arrived)
      assert.equal([headers.origin, headers['x-auth-token'], headers.cookie], [undefined, undefined, undefined])
  } finally {
    await server.close()
  }
}

const codeOf = (page: SeenPage) => ('code' in page ? page.code : page.status)

test('sees status, kind and text of a page', () =>
  at({ body: { success: true } }, async (url) => {
    assert.equal(await look({ url }), { status: 200, contentType: 'application/json', text: '{"success":true}' })
  }))

test('does not follow a redirect', () =>
  at({ status: 302, headers: { location: 'http://127.0.0.1:1/' }, body: '' }, async (url) => {
    assert.is(codeOf(await look({ url })), 302)
  }))

test('reads no more than the beginning of a long page', () =>
  at({ body: 'x'.repeat(1_000_000) }, async (url) => {
    const page = await look({ url })
    assert.is('text' in page ? page.text.length : 0, 65_536)
  }))

test('says what refuses, and what says nothing', async () => {
  let gone = ''
  await at({}, async (url) => {
    gone = url
  })
  assert.is(codeOf(await look({ url: gone })), 'ECONNREFUSED')
  await at({ hang: true }, async (url) => {
    assert.is(codeOf(await look({ url, timeout: 50 })), 'LATE')
  })
})

test('trusts the certificate of a private authority only when that is given', () =>
  at(
    {},
    async (url) => {
      assert.is(codeOf(await look({ url })), 'UNABLE_TO_VERIFY_LEAF_SIGNATURE')
      assert.is(codeOf(await look({ url, ca: file('authority') })), 200)
      assert.is(codeOf(await look({ url, ca: file('no-such') })), 'ENOENT')
    },
    secured('localhost'),
  ))

test('sees an expired certificate and one for another name', async () => {
  for (const [name, code] of [
    ['expired', 'CERT_HAS_EXPIRED'],
    ['other-name', 'ERR_TLS_CERT_ALTNAME_INVALID'],
  ] as const)
    await at({}, async (url) => assert.is(codeOf(await look({ url, ca: file('authority') })), code), secured(name))
})

test('looks through the link with the eyes of the host, also at https', async () => {
  for (const tls of [undefined, secured('localhost')]) {
    await at(
      {},
      async (url) => {
        const port = Number(new URL(url).port)
        const asked: string[] = []
        const dial: Eyes['dial'] = async (host, number) => {
          asked.push(`${host}:${number}`)
          return connect(port, '127.0.0.1')
        }
        const scheme = tls ? 'https' : 'http'
        assert.is(
          codeOf(await look({ url: `${scheme}://localhost/x`, ca: file('authority') }, { ...plain, dial })),
          200,
        )
        assert.equal(asked, [`localhost:${tls ? 443 : 80}`])
      },
      tls,
    )
  }
})

test('tells what the host heard, what never opens, and what the link does not carry', async () => {
  const from = (dial: NonNullable<Eyes['dial']>) =>
    look({ url: 'https://cms.example.org', timeout: 30 }, { ...plain, dial })
  const refused = await from(() =>
    Promise.reject(new TaskError(problem('dial-refused', 'x', { detail: 'Connection refused' }))),
  )
  assert.equal(refused, { code: 'dial-refused', message: 'Connection refused' })
  assert.is(codeOf(await from(() => new Promise(() => undefined))), 'LATE')
  const forbidden = await from(() => Promise.reject(new TaskError(problem('forwarding-refused', 'x')))).catch(
    (error) => error.code,
  )
  assert.is(forbidden, 'forwarding-refused')
})

test('a run that is stopped is not answered', async () => {
  await at({ hang: true }, async (url) => {
    const cut = new AbortController()
    setTimeout(() => cut.abort(new Error('stopped')), 20)
    const said = await look({ url }, { ...plain, signal: cut.signal }).catch((error) => String(error))
    assert.match(String(said), 'stopped')
  })
})

test('looks at nothing in a rehearsal', async () => {
  assert.is(codeOf(await look({ url: 'https://chat.example.org' }, { ...plain, rehearsal: true })), 'REHEARSAL')
})

test.run()
