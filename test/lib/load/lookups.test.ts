import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../lib/core/plain.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { createLookups, type PasswordRequest } from '../../../lib/load/lookups.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../lib/load/template.ts'

const test = suite('lib/load/lookups')

const files: { readonly [path: string]: string } = {
  'motd.txt': 'hello\nthere\n\n',
  'templates/t.j2': 'port={{ port }}{{ extra | default("") }}\n',
  'vars/debian.yml': 'x',
}
const asked: PasswordRequest[] = []
const templar = createTemplar({
  lookups: createLookups({
    readFile: (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    findFile: (path) => (Object.hasOwn(files, path) ? `/play/${path}` : undefined),
    glob: (pattern) => [`${pattern}.1`, `${pattern}.2`],
    environment: (name) => (name === 'USER' ? 'ann' : undefined),
    pipe: (command) => `ran ${command}\nsecond\n`,
    password: (request) => {
      asked.push(request)
      const salt = request.salt?.()
      return { password: new Secret('made', request.path), ...(salt !== undefined && { salt }) }
    },
  }),
  readTemplate: (name) => {
    const path = `templates/${name}`
    const text = Object.hasOwn(files, path) ? files[path] : undefined
    return text === undefined ? undefined : { path, text }
  },
})
const values: { readonly [name: string]: Value } = { port: 3000, path: 'motd.txt', name: 'port', d: { a: 1 } }
const scope = createScope(templar, [{ name: 'vars', values }])
const render = (text: string) => templar.render(text, scope)

function code(text: string): string {
  try {
    render(text)
  } catch (error) {
    if (error instanceof TemplateError) return error.code
    throw error
  }
  return 'none'
}

const given: readonly (readonly [string, Value])[] = [
  ["{{ lookup('file', 'motd.txt') }}", 'hello\nthere'],
  ["{{ lookup('file', path, rstrip=false) }}", 'hello\nthere\n\n'],
  ["{{ lookup('ansible.builtin.file', 'motd.txt') }}", 'hello\nthere'],
  ["{{ lookup('file', 'none', errors='ignore') }}", null],
  ["{{ query('file', 'none', errors='ignore') }}", []],
  ["{{ lookup('env', 'USER') }}", 'ann'],
  ["{{ lookup('env', 'NOPE') }}", ''],
  ["{{ lookup('env', 'NOPE', default='d') }}", 'd'],
  ["{{ lookup('pipe', 'date') }}", 'ran date\nsecond'],
  ["{{ query('lines', 'ls') }}", ['ran ls', 'second']],
  ["{{ query('fileglob', 'x/*') }}", ['x/*.1', 'x/*.2']],
  ["{{ lookup('fileglob', 'x/*') }}", 'x/*.1,x/*.2'],
  ["{{ lookup('template', 't.j2') }}", 'port=3000\n'],
  ["{{ lookup('template', 't.j2', template_vars={'extra': '!'}) }}", 'port=3000!\n'],
  ["{{ lookup('first_found', ['a', 'motd.txt']) }}", '/play/motd.txt'],
  ["{{ lookup('first_found', {'files': ['redhat.yml', 'debian.yml'], 'paths': ['vars']}) }}", '/play/vars/debian.yml'],
  ["{{ query('first_found', ['a'], skip=true) }}", []],
  ["{{ lookup('vars', name) }}", 3000],
  ["{{ lookup('vars', 'nope', default=7) }}", 7],
  ["{{ query('vars', 'port', 'path') }}", [3000, 'motd.txt']],
  ["{{ query('varnames', '^p') | sort }}", ['path', 'port']],
  ["{{ query('dict', d) }}", [{ key: 'a', value: 1 }]],
  ["{{ lookup('dict', d) }}", { key: 'a', value: 1 }],
  ["{{ query('items', [1, 2], 3) }}", [1, 2, 3]],
  ["{{ q('sequence', end=3) }}", ['1', '2', '3']],
  ["{{ q('sequence', 'start=0 count=3 stride=2 format=n%02d') }}", ['n00', 'n02', 'n04']],
  ["{{ q('sequence', start=3, end=1, stride=-1) }}", ['3', '2', '1']],
  [
    "{{ q('indexed_items', ['a', 'b']) }}",
    [
      [0, 'a'],
      [1, 'b'],
    ],
  ],
  ["{{ lookup('list', [1], wantlist=true) }}", [[1]]],
]

test('gives what Ansible gives', () => {
  for (const [text, expected] of given) assert.equal(render(text), expected, text)
})

test('asks the store for passwords, and hands them on as secrets', () => {
  const value = render("{{ lookup('password', 'credentials/db length=30 chars=ascii_letters,digits') }}")
  assert.ok(value instanceof Secret)
  assert.is(value.reveal(), 'made')
  assert.equal(asked.at(-1), { path: 'credentials/db', length: 30, chars: ['ascii_letters', 'digits'] })
  render("{{ lookup('password', 'x', length=8, chars=['digits']) }}")
  assert.equal(asked.at(-1), { path: 'x', length: 8, chars: ['digits'] })
})

const refused: readonly (readonly [string, string])[] = [
  ["{{ lookup('file', 'none') }}", 'lookup-failed'],
  ["{{ lookup('template', 'none') }}", 'lookup-failed'],
  ["{{ lookup('first_found', ['a']) }}", 'lookup-failed'],
  ["{{ lookup('vars', 'nope') }}", 'undefined-variable'],
  ["{{ lookup('url', 'http://example.org') }}", 'unknown-lookup'],
  ["{{ lookup('nope') }}", 'unknown-lookup'],
  ['{{ lookup() }}', 'template-argument'],
  ["{{ lookup('file', 'motd.txt', nope=1) }}", 'template-argument'],
  ["{{ lookup('sequence', 'start=5 end=1') }}", 'template-argument'],
  ["{{ lookup('sequence', 'end=999999999') }}", 'template-limit'],
  ["{{ lookup('password', 'x length=0') }}", 'template-argument'],
  ["{{ lookup('dict', 5) }}", 'template-type'],
]

test('refuses what it cannot do', () => {
  for (const [text, expected] of refused) assert.is(code(text), expected, text)
})

test('says why an effect failed, without the secrets that were given to it', () => {
  const failing = createTemplar({
    lookups: createLookups({
      pipe: (command) => {
        throw new Error(`Command failed: ${command}`)
      },
    }),
  })
  const secretScope = createScope(failing, [{ name: 'vars', values: { pw: new Secret('hidden', 'pw') } }])
  assert.throws(
    () => failing.render("{{ lookup('pipe', 'false') }}", secretScope),
    /"pipe" failed: Command failed: false/,
  )
  assert.is(failing.render("{{ lookup('pipe', 'false', errors='ignore') }}", secretScope), null)
  assert.throws(
    () => failing.render("{{ lookup('pipe', 'login ' ~ pw) }}", secretScope),
    (error: Error) => !error.message.includes('hidden') && error.message.includes('the secret pw'),
  )
})

test('refuses a lookup whose effect is not given in', () => {
  const bare = createTemplar({ lookups: createLookups({}) })
  for (const name of ['file', 'env', 'pipe', 'lines', 'fileglob', 'password', 'first_found'])
    assert.throws(() => bare.render(`{{ lookup('${name}', 'x') }}`, scope), /is not available here/, name)
  assert.throws(() => createTemplar().render("{{ lookup('items', [1]) }}", scope), /there is no lookup/)
})

test.run()
