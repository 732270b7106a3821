import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../lib/core/plain.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { Unknown } from '../../../lib/core/unknown.ts'
import type { FilterDefinition } from '../../../lib/load/filters/definition.ts'
import { filterFamilies } from '../../../lib/load/filters/index.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../lib/load/template.ts'

const test = suite('lib/load/template: unknown values')

const unknown = new Unknown('the command is run')
const templar = createTemplar()
const scope = createScope(templar, [
  {
    name: 'vars',
    values: {
      reg: unknown,
      part: { known: 1, later: unknown },
      list: [1, unknown],
      pw: new Secret('hidden', 'pw'),
      derived: 'x {{ reg.stdout }}',
      plain: 'visible',
    },
  },
])
const render = (text: string) => templar.render(text, scope)

const unknownTexts: readonly string[] = [
  '{{ reg }}',
  'x{{ reg }}y',
  '{{ reg.stdout }}',
  '{{ reg.stdout_lines[0].name }}',
  '{{ reg.stdout | trim | upper }}',
  '{{ reg.stdout.split(",") }}',
  '{{ reg.rc == 0 }}',
  '{{ reg is changed }}',
  '{{ [reg] | select("changed") }}',
  '{{ [part] | selectattr("later", "changed") }}',
  '{{ reg.stdout is defined }}',
  '{{ 1 + reg }}',
  "{{ 'a' ~ reg }}",
  '{{ not reg }}',
  '{{ reg and true }}',
  '{{ "a" if reg else "b" }}',
  '{{ reg[1:] }}',
  '{{ -reg }}',
  '{{ 1 in reg }}',
  '{{ reg | default("x") }}',
  '{{ list | join(",") }}',
  '{{ list == [1, 2] }}',
  '{{ part }} as text',
  '{{ part | to_json }}',
  '{{ part[reg] }}',
  '{% if reg %}a{% endif %}',
  '{% for x in reg %}{{ x }}{% endfor %}',
  '{% for x in list %}{{ x }}{% endfor %}',
  '{% set x = reg %}{{ x }}',
  '{% macro m(a) %}{{ a }}{% endmacro %}{{ m(reg) }}',
  '{{ derived }}',
  '{{ pw ~ reg }}',
  '{{ plain | replace("v", reg) }}',
  '{{ plain is match(reg) }}',
]

test('is the unknown value itself wherever one is looked at', () => {
  for (const text of unknownTexts) assert.is(render(text), unknown, text)
})

const known: readonly (readonly [string, Value])[] = [
  ['{{ part }}', { known: 1, later: unknown }],
  ['{{ part.known }}', 1],
  ['{{ list }}', [1, unknown]],
  ['{{ list[0] }}', 1],
  ['{{ list | length }}', 2],
  ['{{ list | first }}', 1],
  ['{{ reg is defined }}', true],
  ['{{ reg is undefined }}', false],
  ['{{ false and reg }}', false],
  ['{{ true or reg }}', true],
  ['{{ "a" if true else reg }}', 'a'],
  ["{{ {'a': reg.rc == 0, 'b': reg.stdout | trim, 'c': plain} }}", { a: unknown, b: unknown, c: 'visible' }],
  ["{{ part | combine({'x': 2}) }}", { known: 1, later: unknown, x: 2 }],
  ["{{ [reg, 'a'] | map('upper') }}", [unknown, 'A']],
  ['{% if false %}{{ reg }}{% endif %}', ''],
]

test('stays inside lists and mappings where only a part is unknown', () => {
  for (const [text, expected] of known) assert.equal(render(text), expected, text)
})

test('marks only the parts of a structure that touch it', () => {
  assert.equal(templar.renderDeep({ a: '{{ plain }}', b: ['x{{ reg }}', 2] }, scope), { a: 'visible', b: [unknown, 2] })
})

test('is the answer of a condition, unless the condition is decided without it', () => {
  assert.is(templar.condition('reg.rc == 0', scope), unknown)
  assert.is(templar.condition(['reg.rc == 0', 'plain == "other"'], scope), false)
  assert.is(templar.condition(['plain == "visible"', 'reg.rc == 0'], scope), unknown)
  assert.is(templar.evaluate('reg', scope), unknown)
})

test('is what a template file that touches it renders to', () => {
  assert.is(templar.renderTemplateFile('a {{ reg.stdout }}\n', scope, 'x.j2'), unknown)
  assert.is(templar.renderTemplateFile('a {{ plain }}\n', scope, 'x.j2'), 'a visible\n')
})

test('goes through every filter that reads its input', () => {
  for (const [name, { structural }] of filterFamilies().flatMap(Object.entries<FilterDefinition>)) {
    if (structural) continue
    for (const input of ['reg', 'list'])
      try {
        assert.is(render(`{{ ${input} | ${name} }}`), unknown, name)
      } catch (error) {
        if (!(error instanceof TemplateError)) throw error
        assert.is(error.code, 'template-argument', name)
      }
  }
})

test('goes through the filters that want a mapping, wherever it stands', () => {
  for (const expression of [
    'reg | combine({})',
    '{} | combine(reg)',
    '(reg if reg.rc == 0 else {}) | combine({"a": 1}) | to_nice_json',
    'reg | dict2items',
    'reg | dictsort',
  ])
    assert.is(render(`{{ ${expression} }}`), unknown, expression)
})

test.run()
