import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../../lib/core/plain.ts'
import { Secret } from '../../../../lib/core/secret.ts'
import { shaCrypt } from '../../../../lib/load/filters/sha-crypt.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../../lib/load/template.ts'

const test = suite('lib/load/filters/password-hash')

const templar = createTemplar()
const scope = createScope(templar, [
  { name: 'vars', values: { hidden: new Secret('correct horse', 'hidden') }, literal: true },
])
const read = <Case>(name: string) => JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8')) as readonly Case[]

function answer(expression: string): Value {
  try {
    return templar.render(`{{ ${expression} }}`, scope)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return { refused: true }
  }
}

test('hashes as crypt(3) of the C library, for every length around the size of a digest', () => {
  for (const [password, setting, expected] of read<readonly [string, string, string]>('./sha-crypt.cases.json')) {
    const [, id, , salt = ''] = setting.split('$')
    const made = shaCrypt(id === '5' ? 'sha256' : 'sha512', password, salt, 1000)
    assert.is(`${setting}$${made}`, expected, `${setting} ${password.length}`)
  }
})

test('takes what Ansible with passlib takes, and refuses what it refuses', () => {
  for (const [expression, expected] of read<readonly [string, Value]>('./password-hash.cases.json'))
    assert.equal(answer(expression), expected, expression)
})

test('without rounds there are as many as with Ansible', () => {
  assert.is(
    answer("'secret' | password_hash('sha256', 'saltsalt')"),
    '$5$rounds=535000$saltsalt$VSmVlMm.XSbjLKI0G48ksoE0xc0243La2Jr.EPuau75',
  )
})

test('without a salt each password has one of its own, the same for a whole run', () => {
  const [one, again, other] = ['a', 'a', 'b'].map((word) => String(answer(`'${word}' | password_hash(rounds=1000)`)))
  assert.match(one ?? '', /^\$6\$rounds=1000\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/)
  assert.is(one, again)
  assert.is.not(one?.split('$')[3], other?.split('$')[3])
})

test('the hash of a secret is secret', () => {
  const hash = answer("hidden | password_hash('sha512', 'saltsalt', rounds=1000)")
  assert.instance(hash, Secret)
})

test('so many rounds that it would take minutes are refused', () => {
  assert.throws(
    () => templar.render("{{ 'x' | password_hash(rounds=999999999) }}", scope),
    /takes 1000 to 5000000 rounds/,
  )
})

test.run()
