import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError, problem } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { excerptOf, placeOf, positionOf } from '../../../lib/load/places.ts'
import { type Decrypt, parseYaml, readYaml } from '../../../lib/load/yaml.ts'
import { createProject, lines } from './project.ts'

const test = suite('lib/load/yaml')

test('gives plain data', () => {
  const { value, diagnostics } = parseYaml('a: 1\nb: [x, yes]\nc:\n  d: "no"\n80: p\ntrue: q\n', 'f.yml')
  assert.equal(value, { a: 1, b: ['x', true], c: { d: 'no' }, 80: 'p', true: 'q' })
  assert.equal(diagnostics, [])
})

test('takes a byte order mark, Windows line ends, an empty text and comments alone', () => {
  const crlf = parseYaml('\ufeffa: 1\r\nb:\r\n  - x y\r\n', 'f.yml').value as { b: object }
  assert.equal(crlf, { a: 1, b: ['x y'] })
  assert.equal(placeOf(crlf.b, 0), { file: 'f.yml', line: 3, col: 5 })
  assert.is(parseYaml('', 'f.yml').value, null)
  assert.is(parseYaml('# nothing\n---\n', 'f.yml').value, null)
})

test('keeps the place of every key and value', () => {
  const { value } = parseYaml('top:\n  - name: x\n    settings: {Site_Url: "u", 7: b}\n', 'f.yml')
  const path = ['top', 0, 'settings', 'Site_Url']
  assert.equal(positionOf(value, path), { file: 'f.yml', line: 3, col: 26 })
  assert.equal(positionOf(value, path, { key: true }), { file: 'f.yml', line: 3, col: 16 })
  assert.equal(positionOf(value, ['top', 0, 'settings', 7]), { file: 'f.yml', line: 3, col: 34 })
  assert.equal(positionOf(value, ['top', 0, 'nowhere', 'deep']), { file: 'f.yml', line: 2, col: 5 })
  assert.equal(positionOf(value, []), { file: 'f.yml', line: 1, col: 1 })
  assert.is(placeOf({}, 'a'), undefined)
})

test('gives the excerpt for a position as long as the text is in use', () => {
  const read = parseYaml('a: 1\nb: two words\n', 'excerpt.yml')
  assert.is(excerptOf({ file: 'excerpt.yml', line: 2, col: 4 }), '    2 | b: two words\n      |    ^^^')
  assert.is(excerptOf({ file: 'other.yml', line: 2, col: 4 }), undefined)
  assert.is(excerptOf(undefined), undefined)
  assert.is(read.source.file, 'excerpt.yml')
})

test('merges mappings: own keys win, then the first of a list; places lead to where a value was written', () => {
  const text = 'a: &a {x: 1, y: 2}\nb: &b {y: 3, z: 4}\nc:\n  <<: [*a, *b]\n  x: 9\n'
  const value = parseYaml(text, 'f.yml').value as { c: object }
  assert.equal(value.c, { x: 9, y: 2, z: 4 })
  assert.equal(placeOf(value.c, 'z'), { file: 'f.yml', line: 2, col: 17 })
  assert.equal(placeOf(value.c, 'x'), { file: 'f.yml', line: 5, col: 6 })
})

test('a key called __proto__ is a key like others', () => {
  const value = parseYaml('__proto__: {polluted: 1}\na: 1\n', 'f.yml').value as object
  assert.equal(Object.keys(value), ['__proto__', 'a'])
  assert.is(({} as { polluted?: number }).polluted, undefined)
})

test('reads tags', () => {
  const { value, diagnostics } = parseYaml('a: !!str 5\nb: !!int "5"\nc: !unsafe "{{ x }} {% y"\n', 'f.yml')
  assert.equal(value, { a: '5', b: 5, c: '{{ "{" }}{ x }} {{ "{" }}% y' })
  assert.equal(diagnostics, [])
})

const decrypt: Decrypt = (tag, text, at, label) => {
  if (text.includes('bad')) throw new LoadError(problem('vault-wrong-key', 'the key does not fit', { at }))
  return new Secret(`${tag}:${text.trim()}`, label)
}

test('hands encrypted values to the vault and gets secrets', () => {
  const { value } = parseYaml('password: !vault |\n  abc\nlist:\n  - !age xyz\n', 'f.yml', { decrypt })
  const { password, list } = value as unknown as { password: Secret; list: Secret[] }
  assert.is(password.reveal(), 'vault:abc')
  assert.is(password.label, 'password')
  assert.is(list[0]?.reveal(), 'age:xyz')
  assert.is(list[0]?.label, 'list')
})

test('a file that is encrypted as a whole gives secrets', () => {
  const whole: Decrypt = () => new Secret('a: x\nb: [1, y]\n', 'whole')
  const { value } = parseYaml('$ANSIBLE_VAULT;1.1;AES256\n6162\n', 'vault.yml', { decrypt: whole })
  const { a, b } = value as unknown as { a: Secret; b: [number, Secret] }
  assert.is(a.reveal(), 'x')
  assert.is(b[0], 1)
  assert.is(b[1].reveal(), 'y')
})

test('shows nothing of the decrypted text when there is a mistake in it', () => {
  const whole: Decrypt = () => new Secret('a: 1\npassword: "hunter2" x\nb: *hunter2\n', 'whole')
  const { diagnostics } = parseYaml('$ANSIBLE_VAULT;1.1;AES256\n6162\n', 'vault.yml', { decrypt: whole })
  assert.equal(lines(diagnostics), [
    'vault.yml:2:11: yaml-half-quoted: the decrypted text of this file has a mistake here, which is not shown as it may hold secrets',
  ])
  assert.not.match(JSON.stringify(diagnostics), 'hunter2')
})

test('says each value that cannot be decrypted', () => {
  const text = 'a: !vault bad\nb: !age "x"\n'
  assert.equal(lines(parseYaml(text, 'f.yml', { decrypt }).diagnostics), [
    'f.yml:1:11: vault-wrong-key: the key does not fit',
  ])
  assert.equal(lines(parseYaml(text, 'f.yml').diagnostics), [
    'f.yml:1:11: vault-not-set-up: this value is encrypted (!vault), but no key for it was given',
    'f.yml:2:9: vault-not-set-up: this value is encrypted (!age), but no key for it was given',
  ])
})

test('bounds what aliases multiply, and refuses endless ones', () => {
  let bomb = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n'
  for (let level = 1; level < 30; level++)
    bomb += `a${level}: &a${level} [${Array(10)
      .fill(`*a${level - 1}`)
      .join(', ')}]\n`
  const { value, diagnostics } = parseYaml(bomb, 'f.yml')
  assert.is(value, undefined)
  assert.is(diagnostics[0]?.code, 'yaml-too-many-aliases')
  assert.is(parseYaml('a: &a [*a]\n', 'f.yml').diagnostics[0]?.code, 'yaml-endless-alias')
})

test('refuses nesting that is too deep', () => {
  for (const text of ['['.repeat(20_000), `a: ${'['.repeat(20_000)}${']'.repeat(20_000)}\n`]) {
    const read = parseYaml(text, 'f.yml')
    assert.is(read.value, undefined)
    assert.equal(
      read.diagnostics.map((one) => one.code),
      ['yaml-too-deep'],
    )
  }
})

test('shows no value behind a key that speaks of a secret', () => {
  const { diagnostics } = parseYaml('db_password: "hunter2" x\n', 'f.yml')
  assert.not.match(JSON.stringify(diagnostics), 'hunter2')
  assert.is(diagnostics[0]?.code, 'yaml-half-quoted')
})

test('every kind of file that is none has its own code', () => {
  const project = createProject({
    'binary.yml': Buffer.from([97, 58, 32, 0, 1, 2]),
    'latin1.yml': Buffer.from([97, 58, 32, 98, 10, 99, 58, 32, 0xe9, 10]),
    'utf16.yml': Buffer.from('\ufeffa: 1', 'utf16le'),
    'large.yml': Buffer.alloc(9 * 1024 * 1024, 35),
    'folder/x': '',
  })
  try {
    const first = (name: string): string => {
      const { diagnostics } = readYaml(`${project.root}/${name}`, project.root, { asked: { what: 'playbook' } })
      return lines(diagnostics)[0] ?? ''
    }
    assert.is(first('binary.yml'), 'file-binary: playbook binary.yml is not a text file')
    assert.is(
      first('latin1.yml'),
      'latin1.yml:2:4: file-not-utf8: playbook latin1.yml is not UTF-8: line 2 holds a byte that does not belong there',
    )
    assert.is(first('utf16.yml'), 'utf16.yml:1:1: file-not-utf8: playbook utf16.yml is UTF-16 text, not UTF-8')
    assert.is(
      first('large.yml'),
      'file-too-large: playbook large.yml has 9 MB; files that are read here have at most 8 MB',
    )
    assert.is(first('folder'), 'file-is-folder: playbook folder is a folder, not a file')
    assert.is(first('missing.yml'), 'file-missing: playbook missing.yml does not exist')
    assert.is(first('binary.yml/x'), 'file-missing: playbook binary.yml/x does not exist')
  } finally {
    project.remove()
  }
})

test.run()
