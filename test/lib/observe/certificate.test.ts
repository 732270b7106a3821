import { readFileSync } from 'node:fs'
import { createServer } from 'node:tls'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { SeenCertificate } from '../../../lib/observe/certificate.ts'
import { type Eyes, observe } from '../../../lib/observe/observe.ts'

const test = suite('lib/observe/certificate')
const eyes: Eyes = { signal: new AbortController().signal, rehearsal: false }
const file = (name: string): string => fileURLToPath(new URL(`../rocketchat/certificates/${name}`, import.meta.url))

/** What is seen of a server on the loopback interface that shows this certificate. */
async function look(name: string, more: { readonly [key: string]: unknown } = {}): Promise<SeenCertificate> {
  const server = createServer({ cert: readFileSync(file(name)), key: readFileSync(file('localhost.key.pem')) })
  server.on('tlsClientError', () => undefined)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as { port: number }
  try {
    const answer = await observe('certificate', { host: 'localhost', port, ...more }, eyes)
    assert.is(answer.ok, true, answer.errors)
    return answer.json as SeenCertificate
  } finally {
    server.close()
  }
}

test('a certificate of a trusted authority for the name is fine', async () => {
  const seen = await look('localhost.pem', { ca: file('authority.pem') })
  assert.is(seen.distrust, undefined)
  assert.ok(seen.from < Date.now() && seen.until > Date.now())
  assert.is(seen.subject, 'localhost')
})

test('what a browser would refuse is seen all the same, with the reason', async () => {
  assert.match((await look('localhost.pem')).distrust ?? '', /UNABLE_TO|SELF_SIGNED/)
  const expired = await look('expired.pem', { ca: file('authority.pem') })
  assert.match(expired.distrust ?? '', 'EXPIRED')
  assert.ok(expired.until < Date.now())
  const other = await look('other-name.pem', { ca: file('authority.pem') })
  assert.match(other.distrust ?? '', /ALTNAME|does not match/)
})

test('where nothing answers, or all is rehearsed, there is none', async () => {
  assert.is((await observe('certificate', { host: '127.0.0.1', port: 1 }, eyes)).ok, false)
  const rehearsed = await observe('certificate', { host: 'chat.example.org' }, { ...eyes, rehearsal: true })
  assert.match(rehearsed.errors, 'rehearsal')
})

test.run()
