import { spawnSync } from 'node:child_process'
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import type { Source } from '../../../lib/core/schema.ts'
import { sha256 } from '../../../lib/core/text.ts'
import unarchive from '../../../tasks/files/unarchive.ts'
import { type Files, tarGz, zip } from '../../fakes/archives.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual } from '../../fakes/task.ts'
import { web } from '../../fakes/web.ts'

const test = suite<{ world: LocalShell; dest: string; leftovers: readonly string[] }>('tasks/files/unarchive')
const hasUnzip = spawnSync('unzip', ['-v']).status === 0
const strays = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('archive.'))

test.before.each(async (my) => {
  my.world = await localShell()
  my.dest = `${my.world.folder}/dest`
  await mkdir(my.dest)
  my.leftovers = await strays()
})
test.after.each(async (my) => {
  assert.equal(await strays(), my.leftovers)
  await my.world.remove()
})

function sourceOf(bytes: Buffer, path = '/playbook/files/a.tar.gz'): Source {
  return {
    path,
    sha256: () => sha256(bytes),
    size: bytes.length,
    mode: 0o644,
    open: () => Readable.from([bytes]),
    pieces: () => Readable.from([bytes]),
  }
}

const files: Files = { 'a/': undefined, 'a/one': 'first', 'a/two words': 'second', top: 'third' }

for (const [kind, bytes] of [['tar', tarGz(files)], ...(hasUnzip ? [['zip', zip(files)] as const] : [])] as const) {
  test(`unpacks a ${kind} of this machine once`, async ({ world, dest }) => {
    const run = await ritual(unarchive, { src: sourceOf(bytes), dest, list_files: true }, world)
    assert.is(await readFile(`${dest}/a/two words`, 'utf8'), 'second')
    assert.is(run.values.handler, kind === 'tar' ? 'TgzArchive' : 'ZipArchive')
    assert.is(run.values.dest, dest)
    assert.is(run.values.state, 'directory')
    assert.equal([...(run.values.files as string[])].sort(), ['a/', 'a/one', 'a/two words', 'top'])
  })

  test(`puts back what was changed after unpacking a ${kind} of the host`, async ({ world, dest }) => {
    const src = `${world.folder}/archive`
    await writeFile(src, bytes)
    const written = { src, dest, remote_src: true }
    await ritual(unarchive, written, world)
    await writeFile(`${dest}/top`, 'THIRD')
    const [change] = await check(unarchive, written, world)
    assert.match(String(change?.after), 'top')
    await ritual(unarchive, written, world)
    assert.is(await readFile(`${dest}/top`, 'utf8'), 'third')
  })

  test(`leaves members of a ${kind} out`, async ({ world, dest }) => {
    await ritual(unarchive, { src: sourceOf(bytes), dest, exclude: ['a/*', 'a'] }, world)
    assert.equal(await readdir(dest), ['top'])
    await ritual(unarchive, { src: sourceOf(bytes), dest, include: ['a/one'] }, world)
    assert.equal(await readdir(`${dest}/a`), ['one'])
  })

  test(`gives what was in a ${kind} its permissions, and looks after them`, async ({ world, dest }) => {
    const written = { src: sourceOf(bytes), dest, mode: 'u=rwX,go=' }
    await ritual(unarchive, written, world)
    assert.is((await stat(`${dest}/a/one`)).mode & 0o777, 0o600)
    assert.is((await stat(`${dest}/a`)).mode & 0o777, 0o700)
  })
}

test('options of tar count for the look as well', async ({ world, dest }) => {
  await ritual(unarchive, { src: sourceOf(tarGz(files)), dest, extra_opts: ['--strip-components=1'] }, world)
  assert.is(await readFile(`${dest}/one`, 'utf8'), 'first')
})

for (const [title, evil] of [
  ['a whole path', { '/tmp/evil-of-a-test': 'x' }],
  ['a way up', { 'a/../../evil': 'x' }],
] as const) {
  test(`refuses ${title} before anything is unpacked`, async ({ world, dest }) => {
    const error = await check(unarchive, { src: sourceOf(tarGz({ fine: 'x', ...evil })), dest }, world).catch(
      (thrown) => thrown,
    )
    assert.is(error.code, 'archive-escapes')
    assert.equal(await readdir(dest), [])
  })
}

test('nothing is unpacked when creates exists', async ({ world, dest }) => {
  await writeFile(`${dest}/there`, '')
  for (const written of [
    { src: sourceOf(tarGz(files)) },
    { src: '/nowhere', remote_src: true },
    { src: 'http://127.0.0.1:1/x', remote_src: true },
  ]) {
    const run = await perform(unarchive, { ...written, dest, creates: `${dest}/there` }, world)
    assert.not(run.changed)
    assert.is(run.results[0]?.skipped, `${dest}/there exists, matching creates option`)
  }
})

test('a folder or an archive that is not there may come with an earlier task', async ({ world, dest }) => {
  const noFolder = await check(unarchive, { src: sourceOf(tarGz(files)), dest: `${dest}/no` }, world).catch(
    (one) => one,
  )
  assert.ok(noFolder instanceof NotYetError)
  assert.is(noFolder.values?.msg, `dest '${dest}/no' must be an existing dir`)
  const noArchive = await check(unarchive, { src: '/nowhere', dest, remote_src: true }, world).catch((one) => one)
  assert.ok(noArchive instanceof NotYetError)
  assert.is(noArchive.code, 'source-missing')
})

test('what is no archive', async ({ world, dest }) => {
  const error = await check(unarchive, { src: sourceOf(Buffer.from('just text')), dest }, world).catch((one) => one)
  assert.is(error.code, 'bad-archive')
})

test('an archive with an address is downloaded, and compared then', async ({ world, dest }) => {
  const server = await web((_request, _body, response) => {
    response.end(tarGz(files))
    return undefined
  })
  try {
    const written = { src: `${server.url}/a.tar.gz`, dest, remote_src: true }
    assert.is((await check(unarchive, written, world)).length, 1)
    assert.equal(server.requests, [])
    const run = await perform(unarchive, written, world)
    assert.ok(run.changed)
    assert.is(await readFile(`${dest}/top`, 'utf8'), 'third')
    assert.not((await perform(unarchive, written, world)).changed)
  } finally {
    await server.close()
  }
})

test('refuses what makes no sense', () => {
  const found = (written: { readonly [key: string]: unknown }) =>
    (unarchive.validate?.(argsOf(unarchive, { dest: '/x', ...written }), context) ?? []).map((one) => one.path[0])
  assert.equal(found({ src: 'ftp://x/y', remote_src: true }), ['src'])
  assert.equal(found({ src: '/a', remote_src: true, include: ['a'], exclude: ['b'] }), ['exclude'])
})

test.run()
