import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../../lib/core/plain.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar } from '../../../../lib/load/template.ts'

const test = suite('lib/load/filters/network')

const templar = createTemplar()
const render = (text: string) => templar.render(text, createScope(templar, []))

const answers: readonly (readonly [string, Value])[] = [
  ["'192.0.2.5' | ipaddr", '192.0.2.5'],
  ["'192.0.2.256' | ipaddr", false],
  ["'example.org' | ipaddr", false],
  ["'192.0.2.5/24' | ipaddr('address')", '192.0.2.5'],
  ["'192.0.2.5/24' | ipaddr('network')", '192.0.2.0'],
  ["'192.0.2.5/24' | ipaddr('prefix')", 24],
  ["'192.0.2.5/24' | ipaddr('netmask')", '255.255.255.0'],
  ["'192.0.2.5/24' | ipaddr('broadcast')", '192.0.2.255'],
  ["'192.0.2.5/255.255.255.0' | ipaddr('prefix')", 24],
  ["'192.0.2.5/24' | ipaddr('network/prefix')", '192.0.2.0/24'],
  ["'192.0.2.5/24' | ipaddr('subnet')", '192.0.2.0/24'],
  ["'192.0.2.0/24' | ipaddr('net')", '192.0.2.0/24'],
  ["'192.0.2.5/24' | ipaddr('net')", null],
  ["'192.0.2.0/24' | ipaddr('address')", null],
  ["'192.0.2.5' | ipaddr('host/prefix')", '192.0.2.5/32'],
  ["'2001:DB8:0:0:0::1' | ipaddr", '2001:db8::1'],
  ['3221225985 | ipaddr', '192.0.2.1'],
  ["'2001:db8::1/64' | ipwrap", '[2001:db8::1]/64'],
  ["'192.0.2.5' | ipaddr('version')", 4],
  ["'2001:db8::1' | ipaddr('version')", 6],
  ["'2001:db8::1/64' | ipaddr('network')", '2001:db8::'],
  ["'2001:db8::1/64' | ipaddr('address')", '2001:db8::1'],
  ["'192.0.2.5' | ipv4", '192.0.2.5'],
  ["'192.0.2.5' | ipv6", false],
  ["'2001:db8::1' | ipv6", '2001:db8::1'],
  ["['192.0.2.5', 'x', '2001:db8::1'] | ipaddr", ['192.0.2.5', '2001:db8::1']],
  ["['192.0.2.5', 'x', '2001:db8::1'] | ipv4", ['192.0.2.5']],
  ["'2001:db8::1' | ipwrap", '[2001:db8::1]'],
  ["'192.0.2.5' | ipwrap", '192.0.2.5'],
]

test('answers basic questions about addresses', () => {
  for (const [expression, expected] of answers) assert.equal(render(`{{ ${expression} }}`), expected, expression)
})

test('refuses a question it has no answer to', () => {
  assert.throws(() => render("{{ '192.0.2.5' | ipaddr('revdns') }}"), /knows no question "revdns"/)
})

test.run()
