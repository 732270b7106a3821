import { lstat, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import copy from '../../../tasks/files/copy.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, folderOf, perform, ritual, shown, sourceOf } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/files/copy')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

test('writes content with its mode', async ({ world }) => {
  const dest = `${world.folder}/a file`
  const run = await ritual(copy, { content: 'one\ntwo\n', dest, mode: '0640' }, world)
  assert.equal(shown(run.changes), [{ action: 'create', target: dest, after: 'one\ntwo\n' }])
  assert.is(await readFile(dest, 'utf8'), 'one\ntwo\n')
  assert.is((await stat(dest)).mode & 0o777, 0o640)
  assert.is(run.values.mode, '0640')
  assert.is(run.values.checksum, 'c708d7ef841f7e1748436b8ef5670d0b2de1a227')
})

test('shows both texts of a file with other content', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'old\n', { mode: 0o600 })
  const run = await ritual(copy, { content: 'new\n', dest, backup: true }, world)
  assert.equal(shown(run.changes), [{ action: 'update', target: dest, before: 'old\n', after: 'new\n' }])
  assert.is((await stat(dest)).mode & 0o777, 0o600, 'the mode stays')
  assert.is(await readFile(String(run.values.backup_file), 'utf8'), 'old\n')
})

test('mends the mode alone', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'x', { mode: 0o644 })
  const run = await ritual(copy, { content: 'x', dest, mode: '0600' }, world)
  assert.equal(shown(run.changes), [
    { action: 'update', target: dest, before: { mode: '0644' }, after: { mode: '0600' } },
  ])
})

test('content and mode that both differ are two lines and one write', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'x', { mode: 0o644 })
  const run = await ritual(copy, { content: 'y', dest, mode: 'u=rw,go=' }, world)
  assert.equal(
    run.changes.map((one) => one.after),
    ['y', { mode: '0600' }],
  )
  assert.is(world.io.calls.length, 1)
})

test('never shows a secret, neither the new nor the old one', async ({ world }) => {
  const dest = `${world.folder}/key`
  await writeFile(dest, 'old secret')
  const content = new Secret('new secret', 'tls_key')
  const run = await ritual(copy, { content, dest }, world)
  assert.equal(shown(run.changes), [{ action: 'update', target: dest, before: '(secret)', after: '(secret) differs' }])
  assert.is(await readFile(dest, 'utf8'), 'new secret')
})

test('a mapping becomes JSON, and a secret inside makes it all secret', async ({ world }) => {
  const dest = `${world.folder}/f.json`
  const run = await ritual(copy, { content: { a: [1, 'b'], c: new Secret('"q"', 'p') }, dest }, world)
  assert.equal(shown(run.changes), [{ action: 'create', target: dest, after: '(secret)' }])
  assert.is(await readFile(dest, 'utf8'), '{"a": [1, "b"], "c": "\\"q\\""}')
})

test('into a folder, under the name of the source', async ({ world }) => {
  const src = sourceOf('/play/files/site.conf', 'x\n', 0o755)
  const run = await ritual(copy, { src, dest: world.folder, mode: 'preserve' }, world)
  assert.is(run.values.dest, `${world.folder}/site.conf`)
  assert.is(run.values.mode, '0755')
  await ritual(copy, { src, dest: `${world.folder}/new/folder/` }, world)
  assert.is(await readFile(`${world.folder}/new/folder/site.conf`, 'utf8'), 'x\n')
})

test('a missing folder is foreseen as a change and named when it really is missing', async ({ world }) => {
  const written = { content: 'x', dest: `${world.folder}/none/f` }
  assert.is((await check(copy, written, world)).length, 1)
  const error = await perform(copy, written, world).then(
    () => undefined,
    (thrown) => thrown,
  )
  assert.is(error?.code, 'folder-missing')
})

test('force: false leaves a file alone', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'theirs')
  assert.equal(await check(copy, { content: 'ours', dest, force: false }, world), [])
})

test('a link is replaced, or written through', async ({ world }) => {
  await writeFile(`${world.folder}/real`, 'old')
  await symlink('real', `${world.folder}/link`)
  await ritual(copy, { content: 'new', dest: `${world.folder}/link` }, world)
  assert.is(await readFile(`${world.folder}/real`, 'utf8'), 'old')
  await symlink('real', `${world.folder}/other`)
  await ritual(copy, { content: 'through', dest: `${world.folder}/other`, follow: true }, world)
  assert.is(await readFile(`${world.folder}/real`, 'utf8'), 'through')
  assert.ok((await lstat(`${world.folder}/other`)).isSymbolicLink())
})

test('nothing is put in place when the validation refuses it', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'good')
  const error = await perform(copy, { content: 'bad', dest, validate: 'grep -q good %s' }, world).catch(
    (thrown) => thrown,
  )
  assert.is(error.code, 'validation-failed')
  assert.is(await readFile(dest, 'utf8'), 'good')
  await ritual(copy, { content: 'very good', dest, validate: 'grep -q good %s' }, world)
})

test('a folder, and only what differs in it', async ({ world }) => {
  const src = folderOf('/play/files/site', { 'a.txt': 'A', sub: undefined, 'sub/b.txt': 'B' })
  const run = await ritual(copy, { src, dest: world.folder, mode: '0600', directory_mode: '0700' }, world)
  assert.is(await readFile(`${world.folder}/site/sub/b.txt`, 'utf8'), 'B')
  assert.is((await stat(`${world.folder}/site/sub`)).mode & 0o777, 0o700)
  assert.is(run.changes.length, 4)
  await writeFile(`${world.folder}/site/sub/b.txt`, 'other')
  await writeFile(`${world.folder}/site/extra`, 'stays')
  const again = await ritual(copy, { src, dest: world.folder, mode: '0600', directory_mode: '0700' }, world)
  assert.equal(
    again.changes.map((one) => one.target),
    [`${world.folder}/site/sub/b.txt`],
  )
})

test('with a slash at the end, the content of the folder', async ({ world }) => {
  await ritual(copy, { src: folderOf('/play/files/site/', { 'a.txt': 'A' }), dest: `${world.folder}/www` }, world)
  assert.is(await readFile(`${world.folder}/www/a.txt`, 'utf8'), 'A')
})

test('a file of the host', async ({ world }) => {
  const src = `${world.folder}/src`
  await writeFile(src, 'x', { mode: 0o700 })
  await ritual(copy, { src, dest: `${world.folder}/dest`, remote_src: true, mode: 'preserve' }, world)
  assert.is((await stat(`${world.folder}/dest`)).mode & 0o777, 0o700)
  await writeFile(src, 'y')
  await ritual(copy, { src, dest: `${world.folder}/dest`, remote_src: true, backup: true }, world)
  assert.is(await readFile(`${world.folder}/dest`, 'utf8'), 'y')
})

test('a folder of the host', async ({ world }) => {
  await mkdir(`${world.folder}/src/deep`, { recursive: true })
  await writeFile(`${world.folder}/src/deep/f`, 'x')
  await ritual(copy, { src: `${world.folder}/src`, dest: `${world.folder}/dest/`, remote_src: true }, world).catch(
    () => undefined,
  )
  await mkdir(`${world.folder}/to`)
  await ritual(copy, { src: `${world.folder}/src`, dest: `${world.folder}/to`, remote_src: true }, world)
  assert.is(await readFile(`${world.folder}/to/src/deep/f`, 'utf8'), 'x')
})

test('a missing file of the host is not there yet', async ({ world }) => {
  const error = await check(
    copy,
    { src: `${world.folder}/none`, dest: `${world.folder}/x`, remote_src: true },
    world,
  ).catch((thrown) => thrown)
  assert.is(error.code, 'source-missing')
  assert.is(error.name, 'NotYetError')
})

test('src and content exclude each other', () => {
  assert.is(copy.validate?.(argsOf(copy, { dest: '/x' }), context).length, 1)
  assert.is(copy.validate?.(argsOf(copy, { dest: '/x', content: 'a', src: sourceOf('/f', 'x') }), context).length, 1)
})

for (const shell of [['busybox', 'ash'], ['dash']]) {
  test(`works under ${shell.join(' ')}`, async () => {
    const world = await localShell({ shell }).catch(() => undefined)
    if (world === undefined) return
    try {
      await ritual(copy, { content: 'x', dest: `${world.folder}/f`, mode: '0600' }, world)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    } finally {
      await world.remove()
    }
  })
}

test.run()
