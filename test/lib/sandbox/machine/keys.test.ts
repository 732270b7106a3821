import { statSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { keyPair } from '../../../../lib/sandbox/machine/keys.ts'
import { temporaryFolder } from './fixture.ts'

const test = suite('lib/sandbox/machine/keys')

test('a key pair is made once, for its owner only', () => {
  const { folder, remove } = temporaryFolder()
  const made = keyPair(join(folder, 'keys'), 'host')
  assert.is(statSync(made.file).mode & 0o777, 0o600)
  assert.is(statSync(join(folder, 'keys')).mode & 0o777, 0o700)
  assert.match(made.publicKey, /^ssh-ed25519 [A-Za-z0-9+/=]+$/)
  assert.equal(keyPair(join(folder, 'keys'), 'host'), made)
  remove()
})

test('every key can be read', () => {
  const { folder, remove } = temporaryFolder()
  for (let index = 0; index < 300; index += 1) {
    const parsed = ssh2.utils.parseKey(keyPair(folder, `key${index}`).key)
    if (parsed instanceof Error) throw parsed
  }
  remove()
})

test.run()
