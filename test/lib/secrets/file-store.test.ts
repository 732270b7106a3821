import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { createFileStore } from '../../../lib/secrets/file-store.ts'

const test = suite<{ folder: string }>('lib/secrets/file-store')

test.before.each((context) => {
  context.folder = mkdtempSync(path.join(tmpdir(), 'store-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

test('what is set is there for the next run, for its owner alone', async ({ folder }) => {
  const secrets = path.join(folder, 'secrets')
  await createFileStore(secrets, 'chat.example.org').set('pass', new Secret('s3cret value', 'pass'))
  const file = path.join(secrets, 'chat.example.org.json')
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(statSync(secrets).mode & 0o777, 0o700)
  const again = createFileStore(secrets, 'chat.example.org')
  assert.is((await again.get('pass'))?.reveal(), 's3cret value')
  assert.is(`${await again.get('pass')}`, '<secret pass>')
  assert.equal(await again.names(), ['pass'])
})

test('hosts do not see each other’s secrets', async ({ folder }) => {
  await createFileStore(folder, 'a').set('x', new Secret('1', 'x'))
  assert.is(await createFileStore(folder, 'b').get('x'), undefined)
})

test('many writes at once lose nothing and leave no temporary file', async ({ folder }) => {
  const store = createFileStore(folder, 'a')
  await Promise.all(Array.from({ length: 20 }, (_, index) => store.set(`n${index}`, new Secret(`v${index}`, 'n'))))
  await store.delete('n3')
  assert.is((await createFileStore(folder, 'a').names()).length, 19)
  assert.equal(readdirSync(folder), ['a.json'])
})

const refused = (title: string, spoil: (file: string) => void, code: string) =>
  test(title, async ({ folder }) => {
    const file = path.join(folder, 'a.json')
    writeFileSync(file, '{"x":"planted-value"}', { mode: 0o600 })
    spoil(file)
    const before = readFileSync(file, 'utf8')
    for (const use of ['get', 'set'] as const) {
      try {
        const store = createFileStore(folder, 'a')
        await (use === 'get' ? store.get('x') : store.set('y', new Secret('z', 'y')))
        assert.unreachable()
      } catch (error) {
        assert.ok(error instanceof ToolError, String(error))
        assert.is(error.code, code)
        assert.not.match(JSON.stringify(error.diagnostics), 'planted')
      }
    }
    assert.is(readFileSync(file, 'utf8'), before)
  })

refused(
  'a file that others can read is refused and left as it is',
  (file) => chmodSync(file, 0o644),
  'secrets-readable-by-others',
)
refused(
  'a damaged file is refused and left as it is',
  (file) => writeFileSync(file, '{"x": "planted-val'),
  'secrets-unreadable',
)

test.run()
