import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import { byteLength, derive, revealAll, same, sha256 } from '../../../lib/core/text.ts'

const test = suite('lib/core/text')
const secret = new Secret('hunter2', 'password')

test('a text made of plain texts is plain', () => {
  assert.is(
    derive(['a', 'b'], (a, b) => `${a}=${b}`),
    'a=b',
  )
})

test('a text made of a secret is a secret with its label', () => {
  const made = derive(['PASSWORD', secret], (name, value) => `${name}=${value}`)
  assert.instance(made, Secret)
  assert.is(String(made), '<secret password>')
  assert.is((made as Secret).reveal(), 'PASSWORD=hunter2')
})

test('secrets are compared by what they hold', () => {
  assert.ok(same(secret, 'hunter2'))
  assert.not(same(secret, '<secret password>'))
  assert.is(sha256(secret), sha256('hunter2'))
  assert.is(byteLength(new Secret('é', 'x')), 2)
})

test('revealAll reveals at any depth and leaves other things alone', () => {
  const buffer = Buffer.from('x')
  assert.equal(revealAll({ Env: [secret, 'A=b'], deep: { n: 1, none: null } }), {
    Env: ['hunter2', 'A=b'],
    deep: { n: 1, none: null },
  })
  assert.is(revealAll(buffer), buffer)
})

test.run()
