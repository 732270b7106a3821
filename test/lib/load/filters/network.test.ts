import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../../lib/core/plain.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../../lib/load/template.ts'

const test = suite('lib/load/filters/network')

const templar = createTemplar()
const render = (text: string) => templar.render(text, createScope(templar, []))

/** Recorded with ansible.utils 2.8 and netaddr 0.8: expression, and result or `{ refused: true }`. */
const recorded = JSON.parse(
  readFileSync(new URL('./network.cases.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, Value])[]

function answer(expression: string): Value {
  try {
    return render(`{{ ${expression} }}`)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return { refused: true }
  }
}

test('answers as ansible.utils does', () => {
  for (const [expression, expected] of recorded) assert.equal(answer(expression), expected, expression)
})

test('takes names of address questions, networks and numbers, and refuses others with their names', () => {
  assert.is(answer("'192.0.2.5' | ipaddr('v6')"), '::ffff:192.0.2.5/128')
  assert.throws(() => render("{{ '192.0.2.5' | ipaddr('nonsense') }}"), /knows no question "nonsense"/)
  assert.throws(() => render("{{ 'x' | ipmath(1) }}"), /"x" is no address/)
  assert.throws(() => render("{{ '10.0.0.0/8' | usable_range }}"), /16777216 addresses/)
})

test('an address is written in full, not as 10.1', () => {
  for (const short of ['10.1', '1.2.3', '0x7f.1', '010.0.0.1', 'fe80::1%eth0'])
    assert.is(answer(`'${short}' | ipaddr`), false)
})

test.run()
