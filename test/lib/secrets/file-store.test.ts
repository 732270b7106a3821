import { spawnSync } from 'node:child_process'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError, problem, ToolError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { root } from '../../../lib/root.ts'
import { makeIdentity, seal, unseal } from '../../../lib/secrets/age.ts'
import { createFileStore } from '../../../lib/secrets/file-store.ts'
import type { Sealing } from '../../../lib/secrets/vault.ts'

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

const keys = await makeIdentity()
const sealing = (recipients: readonly string[], identity?: Secret): Sealing => ({
  seal: async (value) => (recipients.length === 0 ? undefined : seal(value, recipients)),
  open: async (armored, label) => {
    const opened = await unseal(armored, identity ? [identity] : [], label)
    if ('secret' in opened) return opened.secret
    throw new LoadError(problem('no-identity', 'no'))
  },
})
const written = (folder: string): { readonly [name: string]: { readonly age: string } } =>
  JSON.parse(readFileSync(path.join(folder, 'a.json'), 'utf8'))

test('with recipients each value is encrypted by itself; writing needs no identity, reading does', async ({
  folder,
}) => {
  const writer = createFileStore(folder, 'a', sealing([keys.recipient]))
  await writer.set('pass', new Secret('planted one', 'pass'))
  const before = written(folder).pass
  await writer.set('token', new Secret('planted two', 'token'))
  assert.not.match(readFileSync(path.join(folder, 'a.json'), 'utf8'), 'planted')
  assert.equal(written(folder).pass, before)
  assert.equal(Object.keys(written(folder)), ['pass', 'token'])
  assert.is((await writer.get('pass'))?.reveal(), 'planted one')

  const reader = createFileStore(folder, 'a', sealing([keys.recipient], keys.identity))
  assert.is((await reader.get('pass'))?.reveal(), 'planted one')
  assert.is((await reader.get('token'))?.reveal(), 'planted two')
  const blind = createFileStore(folder, 'a', sealing([keys.recipient]))
  assert.equal(await blind.names(), ['pass', 'token'])
  try {
    await blind.get('pass')
    assert.unreachable()
  } catch (error) {
    assert.is((error as LoadError).code, 'no-identity')
  }
})

test('values from before there were recipients are encrypted with the next one', async ({ folder }) => {
  await createFileStore(folder, 'a', sealing([])).set('old', new Secret('planted old', 'old'))
  assert.match(readFileSync(path.join(folder, 'a.json'), 'utf8'), 'planted old')
  const store = createFileStore(folder, 'a', sealing([keys.recipient], keys.identity))
  assert.is((await store.get('old'))?.reveal(), 'planted old')
  await store.set('new', new Secret('planted new', 'new'))
  assert.not.match(readFileSync(path.join(folder, 'a.json'), 'utf8'), 'planted')
  assert.is((await createFileStore(folder, 'a', sealing([], keys.identity)).get('old'))?.reveal(), 'planted old')
})

test('a folder that others may write in is refused', async ({ folder }) => {
  const secrets = path.join(folder, 'secrets')
  await createFileStore(secrets, 'a').set('x', new Secret('planted', 'x'))
  for (const mode of [0o720, 0o702]) {
    chmodSync(secrets, mode)
    try {
      await createFileStore(secrets, 'a').get('x')
      assert.unreachable()
    } catch (error) {
      assert.is((error as LoadError).code, 'secrets-readable-by-others')
      assert.match((error as LoadError).diagnostics[0]?.mend ?? '', `chmod 700 ${secrets}`)
    }
  }
})

/** Kills a writer at each of its steps; what was there before, or what was being written, is there whole. */
test('a writer that is killed at any step loses nothing', async ({ folder }) => {
  const before = createFileStore(folder, 'a')
  await before.set('kept', new Secret('before', 'kept'))
  const program = path.join(folder, 'writer.mjs')
  const fs = `import * as real from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import promises from 'node:fs/promises'
const at = process.argv[2]
const die = () => process.kill(process.pid, 'SIGKILL')
const { open, rename } = promises
promises.open = async (name, flags, mode) => {
  const handle = await open(name, flags, mode)
  if (flags !== 'wx') return handle
  if (at === 'opened') die()
  const sync = handle.sync.bind(handle)
  handle.sync = async () => { if (at === 'written') die(); await sync(); if (at === 'flushed') die() }
  return handle
}
promises.rename = async (from, to) => { if (at === 'renaming') die(); await rename(from, to); if (at === 'renamed') die() }
syncBuiltinESMExports()
const { createFileStore } = await import(${JSON.stringify(path.join(root, 'lib/secrets/file-store.ts'))})
const { Secret } = await import(${JSON.stringify(path.join(root, 'lib/core/secret.ts'))})
await createFileStore(${JSON.stringify(folder)}, 'a').set('added', new Secret('after', 'added'))
`
  writeFileSync(program, fs)
  for (const step of ['opened', 'written', 'flushed', 'renaming', 'renamed']) {
    const { signal } = spawnSync(process.execPath, [program, step])
    assert.is(signal, 'SIGKILL', step)
    const store = createFileStore(folder, 'a')
    assert.is((await store.get('kept'))?.reveal(), 'before', step)
    assert.is((await store.get('added'))?.reveal(), step === 'renamed' ? 'after' : undefined, step)
  }
  await createFileStore(folder, 'a').set('last', new Secret('x', 'last'))
  assert.equal(readdirSync(folder).sort(), ['a.json', 'writer.mjs'])
})

test.run()
