import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { LoadError } from '../../../lib/core/diagnostic.ts'
import type { Source } from '../../../lib/core/schema.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { sha256 } from '../../../lib/core/text.ts'
import { findSource } from '../../../lib/load/source.ts'

const test = suite<{ folder: string }>('lib/load/source')

test.before.each(async (my) => {
  my.folder = await mkdtemp(join(tmpdir(), 'ametys-rocketchat-test-'))
  await mkdir(join(my.folder, 'files/tree/sub'), { recursive: true })
  await writeFile(join(my.folder, 'files/tree/sub/a'), 'hi\n', { mode: 0o640 })
})
test.after.each((my) => rm(my.folder, { recursive: true, force: true }))

const find = (folder: string, name: string) => findSource('file', name, [folder], (text) => text) as Promise<Source>

test('a small text comes as text, other files as a stream', async ({ folder }) => {
  const texts: readonly (readonly [string, Buffer, string | undefined])[] = [
    ['text', Buffer.from('é\n'), 'é\n'],
    ['mark', Buffer.from('\uFEFFx'), '\uFEFFx'],
    ['bytes', Buffer.from([0xff, 0x41]), undefined],
    ['zero', Buffer.from([0x41, 0]), undefined],
    ['large', Buffer.alloc(100_001, 'x'), undefined],
  ]
  for (const [name, content, text] of texts) {
    await writeFile(join(folder, 'files', name), content)
    const source = await find(folder, name)
    assert.is(source.text, text, name)
    assert.is(source.size, content.length)
    const chunks: Buffer[] = []
    for await (const chunk of source.open()) chunks.push(chunk as Buffer)
    assert.ok(Buffer.concat(chunks).equals(content))
    if (text !== undefined) assert.is(source.sha256(), sha256(text))
  }
})

test('a file that changes is read anew', async ({ folder }) => {
  await writeFile(join(folder, 'files/f'), 'one')
  await find(folder, 'f')
  await writeFile(join(folder, 'files/f'), 'other')
  assert.is((await find(folder, 'f')).text, 'other')
})

test('what ansible-vault encrypted as a whole comes open, and as a secret, however long it is', async ({ folder }) => {
  for (const [name, more] of [
    ['short', ''],
    ['long', '61\n'.repeat(40_000)],
  ] as const) {
    await writeFile(join(folder, 'files', name), `$ANSIBLE_VAULT;1.1;AES256\n${more}`)
    const asked: string[] = []
    const open = async (text: string, file: string) => {
      asked.push(file)
      return new Secret(`planted ${text.length}`, 'x')
    }
    const source = (await findSource('file', name, [folder], (text) => text, open)) as Source
    assert.equal(asked, [join(folder, 'files', name)])
    assert.is(String(source.text), '<secret x>')
    assert.is(source.sha256(), sha256(`planted ${26 + more.length}`))
    assert.is((await find(folder, name)).text instanceof Secret, false)
  }
})

test('a template that is encrypted as a whole is refused', async ({ folder }) => {
  await writeFile(join(folder, 'files/t.j2'), '$ANSIBLE_VAULT;1.1;AES256\n6162\n')
  try {
    await findSource('template', join(folder, 'files/t.j2'), [folder], (text) => text)
    assert.unreachable()
  } catch (error) {
    assert.is((error as LoadError).code, 'template-encrypted')
  }
})

test('a folder comes with everything in it', async ({ folder }) => {
  const source = await find(folder, 'tree')
  assert.is(source.folder?.contents, false)
  assert.equal(
    source.folder?.entries.map((one) => [one.path, one.file?.text]),
    [
      ['sub', undefined],
      ['sub/a', 'hi\n'],
    ],
  )
  assert.is((await find(folder, 'tree/')).folder?.contents, true)
})

test('a missing file tells where it was looked for', async ({ folder }) => {
  const error = await find(folder, 'none').catch((thrown) => thrown)
  assert.is(error.code, 'no-such-source')
  assert.match(error.diagnostics[0].detail, join(folder, 'files', 'none'))
})

test.run()
