import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../lib/core/plain.ts'
import { createLookups } from '../../../lib/load/lookups.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar, isOmitted, TemplateError, truthy } from '../../../lib/load/template.ts'

const test = suite('lib/load/template')

const at = { file: 'site.yml', line: 7, col: 9 }
const vars: { readonly [key: string]: Value } = {
  n: 4,
  s: 'ab-cd',
  lst: [1, 2, 3],
  d: { a: 1, b: 'two' },
  users: [
    { name: 'ann', age: 41, admin: true },
    { name: 'bob', age: 25 },
  ],
}

const templar = createTemplar({
  lookups: createLookups({ environment: () => undefined }),
  home: '/root',
  now: () => new Date(0),
})

function render(text: string, more: { readonly [key: string]: Value } = {}): Value {
  return templar.render(text, createScope(templar, [{ name: 'vars', values: { ...vars, ...more } }]), at)
}

function evaluate(expression: string, more: { readonly [key: string]: Value } = {}): Value {
  return templar.evaluate(expression, createScope(templar, [{ name: 'vars', values: { ...vars, ...more } }]), at)
}

function fails(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof TemplateError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
  throw new Error('expected a TemplateError')
}

/** Recorded with ansible-core 2.14 and the variables above: a template and its text, or null where it is refused. */
function recorded(file: string): readonly (readonly [string, string | null])[] {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8'))
}

const scope = () => createScope(templar, [{ name: 'vars', values: vars }])

test('gives the text that Ansible gives, or refuses what it refuses', () => {
  for (const [template, expected] of recorded('./template.cases.json')) {
    let found: string | null
    try {
      found = String(templar.render(`|${template}`, scope(), at)).slice(1)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      found = null
    }
    assert.is(found, expected, template)
  }
})

test('treats blanks and newlines in template files as Ansible does', () => {
  for (const [template, expected] of recorded('./template-file.cases.json'))
    assert.is(templar.renderTemplateFile(template, scope(), 'x.j2'), expected, template)
})

test('keeps the type of a single expression', () => {
  assert.is(render('{{ n }}'), 4)
  assert.is(render('{{ n + 1 }}'), 5)
  assert.is(render('{{ 4 / 2 }}'), 2)
  assert.is(render('{{ n == 4 }}'), true)
  assert.is(render('{{ none }}'), null)
  assert.is(render("{{ '[1]' }}"), '[1]')
  assert.equal(render('{{ lst }}'), [1, 2, 3])
  assert.equal(render('{{ d.items() }}'), [
    ['a', 1],
    ['b', 'two'],
  ])
  assert.equal(render("{{ {'a': [1.0, (1, none)]} }}"), { a: [1, [1, null]] })
  assert.equal(render('{% if n %}{{ lst }}{% else %}{{ d }}{% endif %}'), [1, 2, 3])
  assert.is(render('{{ n }}\n'), 4)
  assert.is(render('{{ s }}\n\n'), 'ab-cd\n\n')
})

test('reads text put together from pieces as Ansible does', () => {
  assert.is(render('n is {{ n }}, {{ none }}, {{ true }}, {{ lst }}'), 'n is 4, , True, [1, 2, 3]')
  assert.equal(render('[{{ n }}, "x"]'), [4, 'x'])
  assert.equal(render('{"a": {{ n }}, "b": [true, null]}'), { a: 4, b: [true, null] })
  assert.is(render('{% if n %}True{% else %}False{% endif %}'), true)
  assert.is(render('{{ n }}0'), '40')
  assert.is(render('[{{ s }}] is no list'), '[ab-cd] is no list')
  const plain = createTemplar({ literals: false })
  assert.is(plain.render('[{{ 1 }}, 2]', scope()), '[1, 2]')
})

test('returns text without a template as it is', () => {
  for (const text of ['', 'plain', '{ not one }', '100 %}', "it's #}"]) assert.is(render(text), text)
})

test('leaves backslashes between quotes alone in playbook text, and resolves them in template files and conditions', () => {
  assert.is(render("{{ 'a\\nb' }}"), 'a\\nb')
  assert.is(render("{% set x = 'a\\nb' %}{{ x }}"), 'a\nb')
  assert.is(templar.renderTemplateFile("{{ 'a\\nb' }}", scope(), 'x.j2'), 'a\nb')
  assert.is(evaluate("'a\\nb' | length"), 3)
})

test('decides conditions by the rules of Ansible 2.14', () => {
  const holds = (condition: Value | undefined, more = {}) =>
    templar.condition(condition, createScope(templar, [{ name: 'vars', values: { ...vars, ...more } }]), at)
  assert.is(holds(undefined), true)
  assert.is(holds(''), true)
  assert.is(holds(true), true)
  assert.is(holds(false), false)
  assert.is(holds('flag', { flag: 'False' }), true)
  assert.is(holds('flag', { flag: 'false' }), true)
  assert.is(holds('flag', { flag: '' }), false)
  assert.is(holds('flag', { flag: '{% if true %}False{% endif %}' }), false)
  assert.is(holds('flag', { flag: [] }), false)
  assert.is(holds('flag', { flag: '0' }), true)
  assert.is(holds("'false'"), true)
  assert.is(holds('{{ flag }}', { flag: 'False' }), false)
  assert.is(holds(['n == 4', 's is defined']), true)
  assert.is(holds(['n == 4', 'n == 5', 'nope == 1']), false)
  assert.is(holds('nope.x is undefined'), true)
  assert.is(fails(() => holds('nope')).code, 'undefined-variable')
  assert.is(truthy('false'), true)
})

test('renders lists and mappings throughout, names too, and points at the part that fails', () => {
  assert.equal(templar.renderDeep({ '{{ s }}': ['{{ n }}', { x: '{{ lst }}' }], y: 'z' }, scope()), {
    'ab-cd': [4, { x: [1, 2, 3] }],
    y: 'z',
  })
  const same = { a: [1, { b: 'c' }] }
  assert.is(templar.renderDeep(same, scope()), same)
  const problem = fails(() =>
    templar.renderDeep({ a: ['x', '{{ nope }}'] }, scope(), (path) => ({ file: path.join('.'), line: 1, col: 1 })),
  )
  assert.is(problem.at?.file, 'a.1')
})

test('leaves out what is omitted', () => {
  assert.ok(isOmitted(render('{{ nope | default(omit) }}')))
  assert.equal(templar.renderDeep({ a: '{{ nope | default(omit) }}', b: ['{{ omit }}', 1] }, scope()), { b: [1] })
  assert.equal(render("{{ {'a': omit, 'b': [omit, 2]} }}"), { b: [2] })
  assert.not(isOmitted(render('{{ s }}')))
})

test('says which variable is not defined, where, and what was meant', () => {
  const problem = fails(() => render('hello {{ usrs }}'))
  assert.is(problem.code, 'undefined-variable')
  assert.match(problem.message, 'the variable "usrs" is not defined')
  assert.is(problem.mend, 'did you mean "users"?')
  assert.equal(problem.at, at)
  assert.is(problem.detail, 'hello {{ usrs }}\n         ^')
  const attribute = fails(() => render('{{ users[0].nmae }}'))
  assert.match(attribute.message, '"users[0]" has no attribute "nmae"')
  assert.is(attribute.mend, 'did you mean "name"?')
  assert.match(fails(() => render('{{ lst[7] }}')).message, '"lst" has 3 items, so there is no item 7')
})

test('lets default and its like mend what is not defined, at any depth', () => {
  assert.is(render("{{ nope.deep[0].er | default('x') }}"), 'x')
  assert.is(render('{{ nope is defined }}'), false)
  assert.is(render("{{ a | default('x') }}", { a: 'b {{ nope }}' }), 'x')
  assert.match(fails(() => render("{{ nope | mandatory('tell me') }}")).message, 'tell me')
})

const mistakes: readonly (readonly [string, RegExp, number])[] = [
  ['{{ n | }}', /expected the name of a filter, found `}}`/, 7],
  ['{{ (n }}', /`}` does not close `\(`/, 6],
  ['{{ (n', /`\(` is never closed/, 3],
  ['a {{ n', /`\{\{` is never closed/, 2],
  ['{% if n %}x', /\{% if %\} is never closed: \{% endif %\} is missing/, 3],
  ['{% endfor %}', /\{% endfor %\} closes nothing/, 3],
  ['{% for x in y %}{% endif %}', /\{% endif %\} does not close \{% for %\}/, 19],
  ['{% fro x in y %}', /there is no tag \{% fro %\}/, 3],
  ["{{ 'abc }}", /this ' is never closed/, 3],
  ['{{ n = 4 }}', /expected `}}`, found `=`/, 5],
  ['{{ n && s }}', /unexpected `&`/, 5],
  ['{{ [1 2] }}', /expected `,` or `\]`, found `2`/, 6],
  ['{{ }}', /no expression/, 0],
  ['{# open', /comment is never closed/, 0],
  ['{% raw %}x', /raw block is never closed/, 0],
  ['line\n{{ n | | }}', /expected the name of a filter/, 12],
]

test('points at mistakes in form', () => {
  for (const [text, message, offset] of mistakes) {
    const problem = fails(() => render(text))
    assert.is(problem.code, 'template-syntax', text)
    assert.match(problem.message, message)
    const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1).split('\n')[0] ?? ''
    const col = offset - (text.lastIndexOf('\n', offset - 1) + 1)
    assert.is(problem.detail, `${line}\n${' '.repeat(col)}^`, text)
  }
  assert.is(fails(() => templar.check('{{ n | }}', 'template', at)).code, 'template-syntax')
  assert.is(fails(() => templar.check('n ==', 'expression', at)).code, 'template-syntax')
  templar.check('n == 4', 'expression')
})

test('names the nearest filter, test or lookup', () => {
  const filter = fails(() => render('{{ n | uper }}'))
  assert.is(filter.code, 'unknown-filter')
  assert.match(filter.mend ?? '', 'did you mean "upper"?')
  assert.is(fails(() => render('{{ n is defned }}')).code, 'unknown-filter')
  assert.match(fails(() => render("{{ 'x' is vault_encrypted }}")).mend ?? '', 'need no test')
  assert.is(fails(() => render("{{ lookup('fil', 'x') }}")).code, 'unknown-lookup')
  assert.is(fails(() => render("{{ lookup('file', 'x') }}")).code, 'unknown-lookup')
})

test('renders template files: positions, blanks, header line, ansible_managed', () => {
  const file = (text: string) => templar.renderTemplateFile(text, scope(), 'templates/x.j2')
  assert.is(file('# {{ ansible_managed }}\n{% if n %}\nyes\n{% endif %}\nend\n'), '# Ansible managed\nyes\nend\n')
  assert.is(file('#jinja2: lstrip_blocks: True, trim_blocks: False\na\n  {% if n %}\nb\n  {% endif %}\n'), 'a\n\nb\n')
  assert.is(file('[1, {{ n }}]'), '[1, 4]')
  const problem = fails(() => file('one\ntwo {{ nope }}\n'))
  assert.equal(problem.at, { file: 'templates/x.j2', line: 2, col: 8 })
  assert.equal(fails(() => file('#jinja2: trim_blocks: False\nx {{ | }}')).at, {
    file: 'templates/x.j2',
    line: 2,
    col: 6,
  })
})

test('includes and imports templates beside the one that asks', () => {
  const files: { readonly [name: string]: string } = {
    'head.j2': 'head of {{ s }} {{ local }}\n',
    'macros.j2': "{% macro hello(who) %}hello {{ who }}{% endmacro %}{% set word = 'w' %}",
    'broken.j2': 'x\n{{ nope }}',
    'loop.j2': "{% include 'loop.j2' %}",
  }
  const asked: string[] = []
  const including = createTemplar({
    readTemplate: (name, from) => {
      asked.push(`${name} from ${from}`)
      const text = Object.hasOwn(files, name) ? files[name] : undefined
      return text === undefined ? undefined : { path: `t/${name}`, text }
    },
  })
  const file = (text: string) => including.renderTemplateFile(text, scope(), 't/main.j2')
  assert.is(file("{% set local = 'L' %}{% include 'head.j2' %}|"), 'head of ab-cd L|')
  assert.is(file("{% import 'macros.j2' as m %}{{ m.hello('x') }} {{ m.word }}"), 'hello x w')
  assert.is(file("{% from 'macros.j2' import hello as hi %}{{ hi('y') }}"), 'hello y')
  assert.is(file("{% include 'none.j2' ignore missing %}ok"), 'ok')
  assert.is(file("{% set local = 1 %}{% include ['none.j2', 'head.j2'] %}"), 'head of ab-cd 1')
  assert.is(fails(() => file("{% include 'none.j2' %}")).code, 'template-not-found')
  assert.equal(fails(() => file("{% include 'broken.j2' %}")).at, { file: 't/broken.j2', line: 2, col: 4 })
  assert.is(fails(() => file("{% include 'loop.j2' %}")).code, 'template-limit')
  assert.ok(asked.includes('head.j2 from t/main.j2'))
})

const tooMuch: readonly string[] = [
  '{{ range(10**9) }}',
  "{{ 'a' * 10**9 }}",
  '{{ [0] * 10**9 }}',
  "{{ 'x' | center(10**9) }}",
  "{{ '%999999999d' % 1 }}",
  "{{ '{:>999999999}'.format(1) }}",
  '{{ 2 ** 99999 }}',
  '{% for a in range(9999) %}{% for b in range(9999) %}{% set c = a + b %}{% endfor %}{% endfor %}',
  "{% for a in range(99999) %}{{ 'x' * 1000 }}{% endfor %}",
  '{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}',
  '{% set l = [] %}{% set _ = l.append(l) %}{{ l }}',
  '{{ range(30) | permutations | list }}',
  `{{ ${'('.repeat(500)}1${')'.repeat(500)} }}`,
  `{{ ${'not '.repeat(5000)}1 }}`,
  `${'{% if true %}'.repeat(200)}${'{% endif %}'.repeat(200)}`,
]

test('refuses endless or oversized work', () => {
  for (const text of tooMuch) {
    let problem: ReturnType<typeof fails>
    try {
      problem = fails(() => render(text))
    } catch (error) {
      throw new Error(`not refused: ${text.slice(0, 80)}`, { cause: error })
    }
    assert.ok(['template-limit', 'template-syntax'].includes(problem.code), `${text.slice(0, 60)}: ${problem.code}`)
  }
})

const escapes: readonly string[] = [
  "{{ ''.constructor }}",
  "{{ ''['constructor'] }}",
  '{{ lst.constructor }}',
  '{{ d.__proto__ }}',
  "{{ d['__proto__'] }}",
  '{{ d.toString }}',
  '{{ d.hasOwnProperty }}',
  '{{ constructor }}',
  '{{ __proto__ }}',
  '{{ process }}',
  '{{ globalThis }}',
  '{{ range.constructor }}',
  "{{ ''.__class__ }}",
  "{{ users | map(attribute='constructor') | list }}",
  "{{ 'x' | attr('constructor') }}",
  "{{ 'constructor' | extract(d) }}",
  "{{ 'x' | constructor }}",
  "{{ 'x' | toString }}",
  '{{ 1 is constructor }}',
  "{{ lookup('constructor', 'x') }}",
  "{{ lookup('vars', 'constructor') }}",
  '{% constructor %}',
  "{{ '{0.constructor}'.format(d) }}",
  '{{ namespace(a=1).constructor }}',
  '{% for x in lst %}{{ loop.constructor }}{% endfor %}',
]

test('lets no template reach what JavaScript objects inherit', () => {
  for (const text of escapes) fails(() => render(text))
  const value = render("{{ {'__proto__': {'polluted': 1}} }}") as { readonly [key: string]: Value }
  assert.equal(Object.keys(value), ['__proto__'])
  assert.is(({} as { polluted?: number }).polluted, undefined)
  render("{% set x = {} %}{% set _ = x.update({'__proto__': {'polluted': 1}}) %}")
  render("{{ d | combine({'__proto__': {'polluted': 1}}, recursive=true) }}")
  render("{{ [{'key': '__proto__', 'value': {'polluted': 1}}] | items2dict }}")
  assert.is(({} as { polluted?: number }).polluted, undefined)
})

test('changes only what the template made itself', () => {
  assert.is(render('{% set l = lst %}{% set _ = l.append(4) %}{{ l | length }} {{ lst | length }}x'), '4 4x')
  assert.equal(vars.lst, [1, 2, 3])
  assert.is(fails(() => render("{{ d['x'].append(1) }}", { d: { x: [] } })).code, 'template-change')
  assert.equal(render('{% set r = [] %}{% for i in lst %}{% set _ = r.append(i * 2) %}{% endfor %}{{ r }}'), [2, 4, 6])
})

const referenced: readonly (readonly [string, readonly string[]])[] = [
  ['plain', []],
  ['{{ a }} {{ b.c[d] | default(e) }}', ['a', 'b', 'd', 'e']],
  ['{% for x in xs if x > min %}{{ x }}{{ loop.index }}{% endfor %}', ['xs', 'min']],
  ['{% set y = a %}{{ y }}', ['a']],
  ['{% macro m(p, q=r) %}{{ p }}{{ s }}{% endmacro %}{{ m(t) }}', ['r', 's', 't']],
  ["{{ lookup('vars', 'x') }}", ['lookup', 'x']],
  ["{{ lookup('vars', x) }}", ['lookup', 'x', '*']],
  ['{{ hostvars[h].port }}', ['hostvars', 'h']],
  ['{{ a if b is c(d) else -e ~ f }}', ['a', 'b', 'd', 'e', 'f']],
  ['{{ broken', []],
]

test('tells which variables a text may touch', () => {
  for (const [text, names] of referenced) assert.equal([...templar.references(text)].sort(), [...names].sort(), text)
  assert.equal([...templar.references('a == b', 'expression')], ['a', 'b'])
})

test('renders many simple texts quickly', () => {
  const names = createScope(templar, [{ name: 'vars', values: vars }])
  const started = performance.now()
  for (let index = 0; index < 500; index++) templar.render(`Install {{ s }} as number ${index % 50}`, names, at)
  assert.ok(performance.now() - started < 300)
})

test.run()
