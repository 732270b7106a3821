import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../../lib/core/plain.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../../lib/load/template.ts'

const test = suite('lib/load/filters/json-yaml')

const templar = createTemplar({
  parseYaml: (text) => text.split('---\n').map((part) => ({ read: part })),
})

function apply(filter: string, value: Value): Value {
  return templar.render(
    `{{ value | ${filter} }}`,
    createScope(templar, [{ name: 'v', values: { value }, literal: true }]),
  )
}

/** Recorded with ansible-core 2.14 and libyaml: filter, value and text. */
const recorded = JSON.parse(
  readFileSync(new URL('./json-yaml.cases.json', import.meta.url), 'utf8'),
) as readonly (readonly [string, Value, string])[]

test('writes JSON and YAML to the byte as Ansible does', () => {
  for (const [filter, value, expected] of recorded) assert.is(apply(filter, value), expected, filter)
})

test('reads JSON, and YAML by the function given in', () => {
  assert.equal(apply('from_json', '{"a": [1, null, true]}'), { a: [1, null, true] })
  assert.equal(apply('from_yaml', 'a: 1'), { read: 'a: 1' })
  assert.equal(apply('from_yaml_all', 'a---\nb'), [{ read: 'a' }, { read: 'b' }])
  assert.equal(apply('from_yaml', { a: 1 }), { a: 1 })
  assert.throws(() => apply('from_yaml', 'a---\nb'), /more than one document/)
  assert.throws(() => createTemplar().render("{{ 'a' | from_yaml }}", createScope(templar, [])), /cannot be read here/)
})

test('says where a text is no JSON', () => {
  try {
    apply('from_json', '{"a": }')
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof TemplateError)
    assert.is(error.code, 'template-format')
  }
})

test.run()
