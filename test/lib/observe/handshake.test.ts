import { type AddressInfo, connect, createServer as createTcp, type Server } from 'node:net'
import { createServer } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { handshake, type SeenHandshake } from '../../../lib/observe/handshake.ts'
import { authority } from '../../fakes/certificates.ts'

const test = suite('lib/observe/handshake')
const signal = new AbortController().signal

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

test('tells whose certificate is shown for a name, trusted or not', async () => {
  const { intermediate, leaf } = authority()
  const { pem, key } = leaf()
  const server = createServer({
    SNICallback: (name, give) => (name === 'chat.example.org' ? give(null) : give(new Error('nothing for that name'))),
    cert: pem + intermediate.pem,
    key,
  })
  const port = await listening(server)
  try {
    const eyes = { signal, rehearsal: false }
    const good = await handshake({ host: '127.0.0.1', port, name: 'chat.example.org' }, eyes)
    const seen = good.json as SeenHandshake
    assert.ok(good.ok)
    assert.equal(seen.names, ['chat.example.org'])
    assert.is(seen.issuer, 'Example Intermediate')
    assert.is(seen.protocol, 'TLSv1.3')
    assert.match(seen.fingerprint, /^[0-9a-f]{64}$/)
    const other = await handshake({ host: '127.0.0.1', port, name: 'other.example.org' }, eyes)
    assert.not.ok(other.ok)
    assert.ok(other.errors.length > 0)
    const dial = async () => connect(port, '127.0.0.1')
    assert.ok((await handshake({ host: 'x', port: 1, name: 'chat.example.org' }, { signal, rehearsal: true, dial })).ok)
  } finally {
    server.close()
  }
})

test('gives up on who says nothing, on who is not there, and on the world outside of a rehearsal', async () => {
  const silent = createTcp((socket) => socket.on('error', () => undefined).resume())
  const port = await listening(silent)
  const look = { host: '127.0.0.1', port, name: 'chat.example.org', timeout: 50 }
  assert.is((await handshake(look, { signal, rehearsal: false })).errors, 'no answer in time')
  await new Promise((resolve) => silent.close(resolve))
  assert.match((await handshake(look, { signal, rehearsal: false })).errors, /ECONNREFUSED/)
  assert.match((await handshake(look, { signal, rehearsal: true })).errors, /rehearsal/)
})

test.run()
