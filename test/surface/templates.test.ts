import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../lib/core/diagnostic.ts'
import { createScope } from '../../lib/load/scope.ts'
import { createTemplar } from '../../lib/load/template.ts'
import { parseYaml } from '../../lib/load/yaml.ts'

const test = suite('surface/templates')

const templar = createTemplar()
const scope = createScope(templar, [
  { name: 'vars', values: { text: 'x', list: [1, 2], map: { a: 1 }, number: 7, nothing: null } },
])

const names = [
  ...['__proto__', 'constructor', 'prototype', '__class__', '__mro__', '__subclasses__', '__globals__', '__init__'],
  ...['__defineGetter__', '__lookupGetter__', 'hasOwnProperty', 'valueOf', 'toLocaleString', 'isPrototypeOf', 'caller'],
  ...['arguments', 'callee', 'call', 'apply', 'bind', '__import__', 'func_globals', 'gi_frame', 'mro', 'length'],
]
const subjects = [
  'text',
  'list',
  'map',
  'number',
  'nothing',
  'range',
  'lookup',
  'dict(a=1)',
  'namespace(a=1)',
  "'x'.upper",
]

test('no attribute leads from a value to what it is made of', () => {
  const found: string[] = []
  for (const subject of subjects) {
    for (const name of names) {
      for (const way of [`${subject}.${name}`, `${subject}['${name}']`, `${subject} | attr('${name}')`]) {
        try {
          if (templar.render(`{{ (${way}) is defined }}`, scope) !== false) found.push(way)
        } catch (error) {
          if (!(error instanceof ToolError)) found.push(`${way}: ${error}`)
        }
      }
    }
  }
  assert.equal(found, [])
})

for (const expression of [
  'process',
  'globalThis',
  'require',
  'self',
  'this',
  'Function',
  'console',
  'lipsum',
  'cycler.__init__',
  'text.constructor.constructor("return 1")()',
  '[text] | map("constructor") | list',
  '[text] | map(attribute="constructor") | map("upper") | list',
  '[map] | map(attribute="__proto__.constructor.name") | list',
  '[map] | sort(attribute="constructor") | list | first | attr("constructor")',
  '[text] | select("constructor") | list',
  'text is constructor',
  'text | __proto__',
  'map | dict2items | items2dict(key_name="__proto__")',
  'lookup("__proto__", 1)',
  'lookup("constructor")',
  'lookup("pipe", "id")',
  'lookup("file", "/etc/passwd")',
  'lookup("env", "HOME")',
]) {
  test(`reaches nothing: ${expression}`, () => {
    assert.throws(
      () => {
        const made = templar.render(`{{ ${expression} }}`, scope)
        // Some filters give an empty value for what is not there, as Jinja does.
        if (made === '' || JSON.stringify(made) === '[""]' || JSON.stringify(made) === '[]') throw new ToolError([])
        return made
      },
      (error: unknown) => error instanceof ToolError,
    )
  })
}

test('no name of an entry reaches the prototype of all objects', () => {
  for (const text of [
    "{{ {'__proto__': {'polluted': 1}} }}",
    "{{ map | combine({'__proto__': {'polluted': 1}}, recursive=true) }}",
    '{{ \'{"__proto__": {"polluted": 1}}\' | from_json | combine(map, recursive=true) }}',
    "{{ [{'key': '__proto__', 'value': {'polluted': 1}}] | items2dict }}",
    "{{ dict([['__proto__', {'polluted': 1}]]) }}",
    '{% set ns = namespace() %}{% set ns.__proto__ = 1 %}{{ ns }}',
    "{{ ['__proto__', 'constructor'] | zip([1, 2]) | community.general.dict }}",
  ]) {
    try {
      templar.render(text, scope)
    } catch (error) {
      assert.ok(error instanceof ToolError, `${text}: ${error}`)
    }
    assert.is(({} as { polluted?: number }).polluted, undefined, text)
  }
  const { value } = parseYaml(
    '__proto__: { polluted: 1 }\n<<: { __proto__: { polluted: 2 }, constructor: 3 }\n',
    'x.yml',
  )
  assert.is(((value ?? {}) as { polluted?: number }).polluted, undefined)
  assert.is(({} as { polluted?: number }).polluted, undefined)
})

const bounded = (title: string, text: string) =>
  test(`ends soon: ${title}`, () => {
    const began = performance.now()
    assert.throws(
      () => templar.render(text, scope),
      (error: unknown) => error instanceof ToolError,
    )
    assert.ok(performance.now() - began < 8000)
  })

bounded('loops in loops', '{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}')
bounded(
  'a text that doubles',
  `{% set ns = namespace(t='x') %}{% for a in range(60) %}{% set ns.t = ns.t ~ ns.t %}{% endfor %}{{ ns.t }}`,
)
bounded('a text times a large number', "{{ 'x' * 999999999 }}")
bounded('a list times a large number', '{{ [1, 2, 3] * 999999999 }}')
bounded('a large range', '{{ range(999999999) | list }}')
bounded('a large power', '{{ 99999 ** 9999999 }}')
bounded('a wide column', "{{ 'x' | center(999999999) }}")
bounded('macros that call one another', '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}')
bounded('parentheses without end', `{{ ${'('.repeat(20_000)}1${')'.repeat(20_000)} }}`)
bounded('all orders of a list', '{{ range(30) | list | permutations | list }}')

const tooMuch = (title: string, text: string, code: string) =>
  test(`YAML is bounded: ${title}`, () => {
    const began = performance.now()
    const { diagnostics } = parseYaml(text, 'x.yml')
    assert.ok(
      diagnostics.some((one) => one.code === code),
      JSON.stringify(diagnostics).slice(0, 300),
    )
    assert.ok(performance.now() - began < 8000)
  })

const laughs = Array.from({ length: 9 }, (_, index) => {
  const before = String.fromCharCode(97 + index)
  return `${String.fromCharCode(98 + index)}: &${String.fromCharCode(98 + index)} [${`*${before}, `.repeat(9)}*${before}]`
})
tooMuch('a billion laughs', `a: &a [lol]\n${laughs.join('\n')}\n`, 'yaml-too-many-aliases')
tooMuch(
  'merges of merges',
  `a: &a { ${Array.from({ length: 400 }, (_, key) => `k${key}: ${key}`).join(', ')} }\n${Array.from({ length: 400 }, (_, key) => `m${key}: { <<: [*a] }`).join('\n')}\n`,
  'yaml-too-many-aliases',
)
tooMuch('lists in lists', `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`, 'yaml-too-deep')

test.run()
