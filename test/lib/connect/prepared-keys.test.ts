import { createSecretKey, KeyObject } from 'node:crypto'
import { once } from 'node:events'
import ssh2, { type CipherAlgorithm, type Client } from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { prepareKeys } from '../../../lib/connect/prepared-keys.ts'
import { type FakeServer, fakeServer, testKey } from '../../fakes/ssh-server.ts'

const test = suite<{ server: FakeServer }>('lib/connect/prepared-keys')
const hostKey = testKey()
const userKey = testKey()

test.before.each(async (my) => {
  my.server = await fakeServer({ hostKeys: [hostKey.private], keys: [userKey.blob] })
})
test.after.each((my) => my.server.close())

async function connected(port: number, cipher: CipherAlgorithm): Promise<Client> {
  const client = new ssh2.Client()
  client.on('handshake', () => prepareKeys(client))
  const ready = once(client, 'ready')
  // The server may hang up faster than it takes our goodbye.
  ready.then(() => client.on('error', () => undefined))
  client.connect({
    host: '127.0.0.1',
    port,
    username: 'ops',
    privateKey: userKey.private,
    algorithms: { cipher: [cipher] },
  })
  await ready
  return client
}

/** The keys in both directions, as the library has them. */
function keysOf(client: Client): readonly unknown[] {
  const { _cipher, _decipher } = (client as unknown as { _protocol: Record<string, Record<string, unknown>> })._protocol
  return [_cipher?._encKey, _decipher?._decipherKey]
}

const said = (client: Client, command: string) =>
  new Promise<string>((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error)
      let text = ''
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString()
      })
      channel.on('close', () => resolve(text))
    })
  })

for (const cipher of ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com'] as const) {
  test(`${cipher}: keys are ready before the login, and again after they were changed`, async ({ server }) => {
    const client = await connected(server.port, cipher)
    const first = keysOf(client)
    assert.ok(first.every((key) => key instanceof KeyObject))
    assert.is(await said(client, 'echo one'), 'one\n')
    const changed = new Promise<void>((resolve) => {
      client.once('handshake', () => resolve())
    })
    ;(client as unknown as { _protocol: { rekey(): void } })._protocol.rekey()
    await changed
    assert.is(await said(client, 'echo two'), 'two\n')
    const next = keysOf(client)
    assert.ok(next.every((key, index) => key instanceof KeyObject && !key.equals(first[index] as KeyObject)))
    client.end()
    await once(client, 'close')
  })
}

test('another cipher stays as it is, and so does what is no link', async ({ server }) => {
  const client = await connected(server.port, 'aes256-ctr')
  assert.equal(keysOf(client), [undefined, undefined])
  assert.is(await said(client, 'echo one'), 'one\n')
  client.end()
  await once(client, 'close')
  prepareKeys({})
  const made = { _protocol: { _cipher: { _encKey: createSecretKey(Buffer.alloc(16)) } } }
  prepareKeys(made)
  assert.ok(made._protocol._cipher._encKey instanceof KeyObject)
})

test.run()
