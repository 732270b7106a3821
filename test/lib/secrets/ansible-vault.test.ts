import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import { type Envelope, openEnvelope, readEnvelope } from '../../../lib/secrets/ansible-vault.ts'
import { vaultTexts } from '../../fakes/ansible-vault.ts'

const test = suite('lib/secrets/ansible-vault')

const envelopeOf = (text: string): Envelope => {
  const read = readEnvelope(text)
  if ('fault' in read) throw new Error(read.fault)
  return read
}

for (const [name, { text, password, plain, id }] of Object.entries(vaultTexts)) {
  test(`reads what ansible-vault of ansible-core 2.14 wrote: ${name}`, async () => {
    const envelope = envelopeOf(text)
    assert.is(envelope.id, id)
    const secret = await openEnvelope(envelope, new Secret(password, 'password'), 'name')
    assert.ok(secret instanceof Secret)
    assert.is(secret.reveal(), plain)
    assert.is(`${secret}`, '<secret name>')
  })
}

const { text, password } = vaultTexts.inline

test('indented, with the line breaks of Windows', async () => {
  const indented = text.replaceAll('\n', '\r\n      ')
  assert.ok(await openEnvelope(envelopeOf(indented), new Secret(password, 'password'), 'x'))
})

test('a wrong password and a changed text open nothing', async () => {
  assert.is(await openEnvelope(envelopeOf(text), new Secret('another', 'password'), 'x'), undefined)
  const envelope = envelopeOf(text)
  for (const part of ['salt', 'mac', 'ciphertext'] as const) {
    const changed = Buffer.from(envelope[part])
    changed[0] = (changed[0] ?? 0) ^ 1
    assert.is(await openEnvelope({ ...envelope, [part]: changed }, new Secret(password, 'password'), 'x'), undefined)
  }
})

const unreadable = (wrong: string) => readEnvelope(wrong)

test('says what it cannot read', () => {
  assert.equal(unreadable('plain text'), { fault: 'not-vault' })
  assert.equal(unreadable(''), { fault: 'not-vault' })
  assert.equal(unreadable('$ANSIBLE_VAULT;1.0;AES\n6162'), { fault: 'version', found: '1.0' })
  assert.equal(unreadable(text.replace('1.1', '2.0')), { fault: 'version', found: '2.0' })
  assert.equal(unreadable(text.replace('AES256', 'AES')), { fault: 'cipher', found: 'AES' })
  assert.equal(unreadable('$ANSIBLE_VAULT'), { fault: 'not-vault' })
  assert.equal(unreadable('$ANSIBLE_VAULT;1.1;AES256'), { fault: 'damaged' })
  assert.equal(unreadable(text.slice(0, -20)), { fault: 'damaged' })
  assert.equal(unreadable(`${text.trim()}zz`), { fault: 'damaged' })
  assert.equal(unreadable(text.split('\n').slice(0, 3).join('\n')), { fault: 'damaged' })
})

test.run()
