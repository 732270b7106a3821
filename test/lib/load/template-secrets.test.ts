import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMapping, type Value } from '../../../lib/core/plain.ts'
import { Secret } from '../../../lib/core/secret.ts'
import type { FilterDefinition } from '../../../lib/load/filters/definition.ts'
import { allTests, filterFamilies } from '../../../lib/load/filters/index.ts'
import { createLookups } from '../../../lib/load/lookups.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../lib/load/template.ts'

const test = suite('lib/load/template: secrets')

const hidden = 'Tr0ub4dor&3/é'
const secret = new Secret(hidden, 'db_password')
const other = new Secret('0therSecret', 'token')
const templar = createTemplar({
  lookups: createLookups({
    readFile: (path) => (path === 'key.pem' ? new Secret('file-secret\n', 'key.pem') : undefined),
    password: ({ path }) => ({ password: new Secret('made-up', path) }),
  }),
  home: '/root',
  parseYaml: (text) => [text],
})
const vars: { readonly [name: string]: Value } = {
  pw: secret,
  token: other,
  list: ['plain', secret],
  db: { user: 'app', password: secret, ports: [1, 2] },
  users: [
    { name: 'ann', password: secret },
    { name: 'bob', password: other },
  ],
  json: new Secret('{"user": "x", "key": "Tr0ub4dor", "n": 5, "on": true}', 'json_secret'),
  number: new Secret('12', 'secret_number'),
  url: '{{ "https://app:" ~ pw ~ "@db.example.org" }}',
  plain: 'visible',
}
const scope = createScope(templar, [{ name: 'vars', values: vars }])
const render = (text: string) => templar.render(text, scope, { file: 'site.yml', line: 1, col: 1 })

/** Every plain text and number inside a value, the names in mappings too unless `names` is false. */
function* plainParts(value: Value, names = true): Generator<string> {
  if (typeof value === 'string' || typeof value === 'number') yield String(value)
  else if (Array.isArray(value)) for (const one of value) yield* plainParts(one, names)
  else if (isMapping(value))
    for (const [key, one] of Object.entries(value)) {
      if (names) yield key
      yield* plainParts(one, names)
    }
}

function isSecret(text: string, expected: string, label: string): void {
  const value = render(text)
  assert.ok(value instanceof Secret, `${text} gave ${JSON.stringify(value)}`)
  assert.is(value.reveal(), expected, text)
  assert.is(value.label, label, text)
}

const derived: readonly (readonly [string, string, string])[] = [
  ['{{ pw }}', hidden, 'db_password'],
  ['{{ pw }}\n', `${hidden}\n`, 'db_password'],
  ['x{{ pw }}y', `x${hidden}y`, 'db_password'],
  ['{{ pw }}{{ token }}', `${hidden}0therSecret`, 'db_password, token'],
  ["{{ 'a' ~ pw }}", `a${hidden}`, 'db_password'],
  ["{{ 'a' + pw }}", `a${hidden}`, 'db_password'],
  ["{{ '%s!' % pw }}", `${hidden}!`, 'db_password'],
  ["{{ '%s-%s' | format(plain, pw) }}", `visible-${hidden}`, 'db_password'],
  ["{{ '{}'.format(pw) }}", hidden, 'db_password'],
  ['{{ pw | upper }}', hidden.toUpperCase(), 'db_password'],
  ['{{ pw.upper() }}', hidden.toUpperCase(), 'db_password'],
  ['{{ pw[0:3] }}', 'Tr0', 'db_password'],
  ['{{ pw[0] }}', 'T', 'db_password'],
  ['{{ pw * 2 }}', hidden + hidden, 'db_password'],
  ['{{ pw | length }}', '13', 'db_password'],
  ['{{ pw | b64encode }}', Buffer.from(hidden).toString('base64'), 'db_password'],
  ['{{ pw | b64encode | b64decode }}', hidden, 'db_password'],
  ['{{ db | to_json }}', '{"user": "app", "password": "Tr0ub4dor&3/\\u00e9", "ports": [1, 2]}', 'db_password'],
  ["{{ list | join(',') }}", `plain,${hidden}`, 'db_password'],
  ['{{ db }} as text', `{'user': 'app', 'password': '${hidden}', 'ports': [1, 2]} as text`, 'db_password'],
  ["{{ plain | replace('visible', pw) }}", hidden, 'db_password'],
  ["{{ plain | regex_replace('v.*', pw) }}", hidden, 'db_password'],
  ["{{ 'yes' if pw == 'x' else 'no' }}", 'no', 'db_password'],
  ["{{ pw | ternary('set', 'unset') }}", 'set', 'db_password'],
  ["{{ pw or 'none' }}", hidden, 'db_password'],
  ['{% if pw %}set{% endif %}', 'set', 'db_password'],
  ['{% for c in pw %}{{ c }}{% endfor %}', hidden, 'db_password'],
  ['{% for u in users %}{{ u.password }};{% endfor %}', `${hidden};0therSecret;`, 'db_password, token'],
  ['{% set x %}<{{ pw }}>{% endset %}{{ x }}', `<${hidden}>`, 'db_password'],
  ['{% macro m(p) %}<{{ p }}>{% endmacro %}{{ m(pw) }}', `<${hidden}>`, 'db_password'],
  ['{% filter upper %}{{ token }}{% endfilter %}', '0THERSECRET', 'token'],
  ['{{ users | map(attribute="password") | first }}', hidden, 'db_password'],
  ["{{ (users | selectattr('password', 'equalto', token) | first).name }}", 'bob', 'db_password, token'],
  ['{{ url }}', `https://app:${hidden}@db.example.org`, 'db_password'],
  ["{{ ('https://app:' ~ token ~ '@x.example.org') | urlsplit('password') }}", '0therSecret', 'token'],
  ['{{ (json | from_json).key }}', 'Tr0ub4dor', 'json_secret'],
  ['{{ (json | from_json).n + 1 }}', '6', 'json_secret'],
  ['{{ number | int * 2 }}', '24', 'secret_number'],
  ["{{ lookup('file', 'key.pem') }}", 'file-secret', 'key.pem'],
  ["{{ lookup('password', 'store/pw length=8') }}", 'made-up', 'store/pw'],
  ["{{ lookup('vars', 'pw') }}", hidden, 'db_password'],
  ["{{ {'a': pw}['a'] | default('x') }}", hidden, 'db_password'],
  ['[{{ pw }}, 1]', `[${hidden}, 1]`, 'db_password'],
]

test('gives secrets for what is made of secrets', () => {
  for (const [text, expected, label] of derived) isSecret(text, expected, label)
})

test('hands a secret on as the very same object', () => {
  assert.is(render('{{ pw }}'), secret)
  assert.is((render('{{ db }}') as { readonly [key: string]: Value }).password, secret)
  assert.is(render('{{ users[1].password }}'), other)
})

const mixed: readonly (readonly [string, Value])[] = [
  ['{{ db }}', { user: 'app', password: secret, ports: [1, 2] }],
  ['{{ users | map(attribute="name") | list }}', ['ann', 'bob']],
  ["{{ db | combine({'x': 1}) }}", { user: 'app', password: secret, ports: [1, 2], x: 1 }],
  [
    '{{ db | dict2items }}',
    [
      { key: 'user', value: 'app' },
      { key: 'password', value: secret },
      { key: 'ports', value: [1, 2] },
    ],
  ],
  ['{{ list | reverse }}', [secret, 'plain']],
  ['{{ list + [1] }}', ['plain', secret, 1]],
  ['{{ list | first }}', 'plain'],
  ['{{ list | length }}', 2],
  ["{{ {'a': pw, 'b': plain} }}", { a: secret, b: 'visible' }],
  ["{{ users | selectattr('name', 'eq', 'ann') | map(attribute='name') | first }}", 'ann'],
  ['{{ db.user }}', 'app'],
  ['{{ [list, [pw]] | flatten }}', ['plain', secret, secret]],
  ['{{ pw is defined }}', true],
  ["{{ pw == 'x' }}", false],
  ['{{ pw is string }}', true],
  ['{{ pw | length > 8 }}', true],
  ["{{ 'Tr0' in pw }}", true],
  ["{{ pw is match('Tr') }}", true],
  ['{{ pw in list }}', true],
  ['{{ not pw }}', false],
  ['{{ pw | bool }}', false],
]

test('keeps what is no secret readable, and comparisons plain', () => {
  for (const [text, expected] of mixed) assert.equal(render(text), expected, text)
  assert.is(templar.condition('pw | length > 8 and db.password == pw', scope), true)
})

test('hides what is derived inside lists and mappings, and only that', () => {
  const value = render("{{ {'url': 'x' ~ pw, 'name': plain, 'parts': pw.split('/'), 'on': pw == 'x'} }}")
  assert.ok(isMapping(value))
  assert.ok(value.url instanceof Secret)
  assert.is(value.name, 'visible')
  assert.is(value.on, false)
  assert.ok(Array.isArray(value.parts) && value.parts.every((part) => part instanceof Secret))
})

const inputs = ['pw', 'list', 'db', 'users', 'json', "[{'key': 'k', 'value': pw}]"]
const argumentLists = [
  '',
  'pw',
  "'name'",
  "'x', pw",
  '[pw]',
  'db',
  "attribute='password'",
  "'upper'",
  "'equalto', pw",
  "'password', 'equalto', pw",
]

/** What a template gives, or what its error says. */
function outcome(text: string): { readonly value?: Value; readonly said: string } {
  try {
    return { value: render(text), said: '' }
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return { said: JSON.stringify(error.diagnostics) + error.message + String(error.cause ?? '') }
  }
}

const shown = /Tr0|ub4|0ther|TROU|VHIw/i

test('no filter lets a secret out, neither in what it gives nor in what its error says', () => {
  let gave = 0
  for (const name of filterFamilies().flatMap((family) => Object.keys(family)))
    for (const input of inputs)
      for (const args of argumentLists) {
        const text = `{{ ${input} | ${name}${args === '' ? '' : `(${args})`} }}`
        const { value, said } = outcome(text)
        assert.not.match(said, shown, text)
        if (value === undefined) continue
        gave++
        for (const part of plainParts(value)) assert.not.match(part, shown, text)
      }
  assert.ok(gave > 1000, `only ${gave} templates gave a value`)
})

test('a filter that reads its input gives nothing readable for a secret', () => {
  const readable = ['type_debug']
  for (const [name, { structural }] of filterFamilies().flatMap(Object.entries<FilterDefinition>)) {
    if (structural || readable.includes(name)) continue
    for (const args of argumentLists.filter((one) => one !== 'db')) {
      const text = `{{ pw | ${name}${args === '' ? '' : `(${args})`} }}`
      const { value } = outcome(text)
      if (value !== undefined) assert.equal([...plainParts(value, false)], [], text)
    }
  }
})

test('no test and no method lets a secret out', () => {
  for (const name of Object.keys(allTests()).filter((one) => /^\w+$/.test(one)))
    for (const input of inputs)
      for (const args of argumentLists) {
        const text = `{{ ${input} is ${name}${args === '' ? '' : `(${args})`} }}`
        const { value, said } = outcome(text)
        assert.not.match(said, shown, text)
        if (value !== undefined) assert.type(value, 'boolean', text)
      }
  const methods =
    'upper split strip replace format join find count zfill center partition startswith items keys values get index pop append'
  for (const name of methods.split(' '))
    for (const input of [...inputs, "'{x}'", "'x'"])
      for (const args of ['', 'pw', 'pw, pw', "'x', pw", '[pw]', 'x=pw']) {
        const text = `{{ ${input}.${name}(${args}) }}`
        const { value, said } = outcome(text)
        assert.not.match(said, shown, text)
        if (value !== undefined) for (const part of plainParts(value)) assert.not.match(part, shown, text)
      }
})

const faulty: readonly string[] = [
  '{{ pw + 1 }}',
  '{{ 1 + pw }}',
  '{{ pw.nope }}',
  '{{ db.nope }}',
  '{{ db[pw] }}',
  '{{ pw() }}',
  '{{ -pw }}',
  '{{ pw < 1 }}',
  "{{ lookup(pw, 'x') }}",
  "{{ lookup('file', pw) }}",
  "{{ lookup('vars', pw) }}",
  '{{ list[pw] }}',
  '{{ range(pw) }}',
  '{{ pw | from_json }}',
  "{{ 'x' | regex_replace(pw ~ '(', '') }}",
  "{{ plain is match(pw ~ '[') }}",
  '{{ plain | strftime(pw) }}',
  '{{ plain | combine(pw) }}',
  '{{ pw | to_datetime }}',
  "{{ plain is version(pw, '>') }}",
  "{{ (pw ~ '%q') % 1 }}",
  "{{ (pw ~ '{').format(1) }}",
  '{% include pw %}',
  '{% set a, b = pw[0:3] %}',
  '{{ dict([[pw, 1]]) }}',
  '{{ {pw: 1} }}',
  "{{ [{'key': pw, 'value': 1}] | items2dict }}",
]

test('no error says a secret', () => {
  for (const text of faulty) assert.not.match(outcome(text).said, shown, text)
})

test('refuses a secret as the name of an entry', () => {
  for (const text of ['{{ {pw: 1} }}', '{{ dict([[pw, 1]]) }}', "{{ [{'key': pw, 'value': 1}] | items2dict }}"])
    assert.match(outcome(text).said, 'template-secret-name', text)
  assert.throws(() => templar.renderDeep({ '{{ pw }}': 1 }, scope), /names are shown/)
})

test('renders a template file that touches a secret to a secret', () => {
  const file = (text: string) => templar.renderTemplateFile(text, scope, 'x.j2')
  const value = file('user={{ db.user }}\npassword={{ db.password }}\n')
  assert.ok(value instanceof Secret)
  assert.is(value.reveal(), `user=app\npassword=${hidden}\n`)
  assert.is(value.label, 'db_password')
  assert.is(file('user={{ db.user }}\n'), 'user=app\n')
  assert.ok(file('{% if pw %}x{% endif %}') instanceof Secret)
})

test.run()
