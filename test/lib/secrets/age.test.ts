import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import {
  isArmored,
  isRecipient,
  lock,
  makeIdentity,
  recipientOf,
  seal,
  stanzasOf,
  unlock,
  unseal,
} from '../../../lib/secrets/age.ts'

const test = suite('lib/secrets/age')

const values = {
  short: 'x',
  empty: '',
  quotes: `it's "quoted" $HOME \`id\` \\ # {{ x }}`,
  lines: 'one\n  two\n\nthree\n',
  unicode: 'ünï 密 🔑',
  long: 'k'.repeat(200_000),
}

for (const [title, value] of Object.entries(values)) {
  test(`opens with each of the recipients, and with no other: ${title}`, async () => {
    const [anna, ben, carl] = await Promise.all([makeIdentity(), makeIdentity(), makeIdentity()])
    const armored = await seal(new Secret(value, 'x'), [anna.recipient, ben.recipient])
    assert.ok(isArmored(armored))
    assert.equal(stanzasOf(armored), ['X25519', 'X25519'])
    for (const { identity } of [anna, ben]) {
      const opened = await unseal(armored, [carl.identity, identity], 'label')
      assert.ok('secret' in opened)
      assert.is(opened.secret.reveal(), value)
      assert.is(opened.secret.label, 'label')
    }
    assert.equal(await unseal(armored, [carl.identity], 'x'), { fault: 'no-match' })
    assert.equal(await unseal(armored, [], 'x'), { fault: 'no-match' })
  })
}

test('a passphrase opens what it locked', async () => {
  const armored = await lock(new Secret('content', 'x'), new Secret('correct horse', 'p'), 4)
  assert.equal(stanzasOf(armored), ['scrypt'])
  const opened = await unlock(armored, new Secret('correct horse', 'p'), 'x')
  assert.is('secret' in opened && opened.secret.reveal(), 'content')
  assert.equal(await unlock(armored, new Secret('correct Horse', 'p'), 'x'), { fault: 'wrong-passphrase' })
  assert.equal(await unseal(armored, [(await makeIdentity()).identity], 'x'), { fault: 'no-match' })
})

test('knows recipients and identities from other texts', async () => {
  const { identity, recipient } = await makeIdentity()
  assert.is(await recipientOf(identity), recipient)
  assert.ok(await isRecipient(recipient))
  for (const wrong of ['', 'age1', recipient.slice(0, -1), `${recipient}x`, 'ssh-ed25519 AAAA', identity.reveal()]) {
    assert.not.ok(await isRecipient(wrong), wrong)
  }
  try {
    await recipientOf(new Secret('AGE-SECRET-KEY-1PLANTED', 'x'))
    assert.unreachable()
  } catch (error) {
    assert.not.match(String(error), 'PLANTED')
  }
  assert.is(stanzasOf('not armored'), undefined)
})

test('the same value is never encrypted to the same text', async () => {
  const { recipient } = await makeIdentity()
  const value = new Secret('same', 'x')
  assert.is.not(await seal(value, [recipient]), await seal(value, [recipient]))
})

test.run()
