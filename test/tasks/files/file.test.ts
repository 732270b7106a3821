import { lstat, mkdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import file from '../../../tasks/files/file.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/files/file')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

const modeOf = async (path: string) => ((await lstat(path)).mode & 0o7777).toString(8)
const refused = async (written: { readonly [key: string]: unknown }, world: LocalShell) =>
  check(file, written, world).then(
    () => 'nothing',
    (error) => error.code,
  )

test('makes a folder with all that lead to it', async ({ world }) => {
  const path = `${world.folder}/a/b c/d`
  const run = await ritual(file, { path, state: 'directory', mode: '0750' }, world)
  assert.equal(shown(run.changes), [{ action: 'create', target: path, after: { state: 'directory', mode: '0750' } }])
  assert.is(await modeOf(path), '750')
  assert.is(await modeOf(`${world.folder}/a`), '750')
  assert.is(run.values.state, 'directory')
})

test('a trailing slash is no other folder', async ({ world }) => {
  await ritual(file, { path: `${world.folder}/a/`, state: 'directory' }, world)
  assert.equal(await check(file, { path: `${world.folder}/a`, state: 'directory' }, world), [])
})

test('mends the mode of a folder, set-id bits included', async ({ world }) => {
  const path = `${world.folder}/a`
  await mkdir(path, { mode: 0o755 })
  await ritual(file, { path, state: 'directory', mode: '02770' }, world)
  assert.is(await modeOf(path), '2770')
  await ritual(file, { path, state: 'directory', mode: '0770' }, world)
  assert.is(await modeOf(path), '770')
})

test('symbolic modes', async ({ world }) => {
  const path = `${world.folder}/a`
  await mkdir(path, { mode: 0o755 })
  await ritual(file, { path, state: 'directory', mode: 'g+w,o=' }, world)
  assert.is(await modeOf(path), '770')
})

test('gives a mode to everything below', async ({ world }) => {
  await mkdir(`${world.folder}/a/b`, { recursive: true })
  await writeFile(`${world.folder}/a/b/f`, '', { mode: 0o644 })
  await symlink('nowhere', `${world.folder}/a/l`)
  await ritual(file, { path: `${world.folder}/a`, state: 'directory', mode: 'u=rwX,go=', recurse: true }, world)
  assert.is(await modeOf(`${world.folder}/a/b`), '700')
  assert.is(await modeOf(`${world.folder}/a/b/f`), '600')
})

test('removes a file, a folder, and a link but not what it points at', async ({ world }) => {
  await mkdir(`${world.folder}/a/b`, { recursive: true })
  await writeFile(`${world.folder}/f`, 'x')
  await symlink('f', `${world.folder}/l`)
  for (const name of ['a', 'l', 'f']) {
    const run = await ritual(file, { path: `${world.folder}/${name}`, state: 'absent' }, world)
    assert.is(run.values.state, 'absent')
    if (name === 'l') assert.is(await readFile(`${world.folder}/f`, 'utf8'), 'x')
  }
  assert.equal(await check(file, { path: `${world.folder}/none/at/all`, state: 'absent' }, world), [])
})

test('makes and turns a link', async ({ world }) => {
  const path = `${world.folder}/l`
  await mkdir(`${world.folder}/one`)
  await mkdir(`${world.folder}/two`)
  await ritual(file, { path, src: 'one', state: 'link' }, world)
  const run = await ritual(file, { path, src: `${world.folder}/two`, state: 'link' }, world)
  assert.is(await readlink(path), `${world.folder}/two`)
  assert.is(run.values.src, `${world.folder}/two`)
  assert.is(await refused({ path, src: 'none', state: 'link' }, world), 'link-target-missing')
  await ritual(file, { path, src: 'none', state: 'link', force: true }, world)
})

test('a link takes the place of something else only with force, and never of a full folder', async ({ world }) => {
  await writeFile(`${world.folder}/f`, '')
  await mkdir(`${world.folder}/full/x`, { recursive: true })
  await mkdir(`${world.folder}/empty`)
  assert.is(await refused({ path: `${world.folder}/f`, src: 'full', state: 'link' }, world), 'in-the-way')
  assert.is(
    await refused({ path: `${world.folder}/full`, src: `${world.folder}/f`, state: 'link', force: true }, world),
    'folder-not-empty',
  )
  await ritual(file, { path: `${world.folder}/f`, src: 'full', state: 'link', force: true }, world)
  await ritual(file, { path: `${world.folder}/empty`, src: 'full', state: 'link', force: true }, world)
})

test('makes another name of a file', async ({ world }) => {
  await writeFile(`${world.folder}/f`, 'x')
  await ritual(file, { path: `${world.folder}/g`, src: `${world.folder}/f`, state: 'hard' }, world)
  assert.is((await stat(`${world.folder}/g`)).nlink, 2)
})

test('touches', async ({ world }) => {
  const path = `${world.folder}/f`
  const kept = { path, state: 'touch', mode: '0600', modification_time: 'preserve', access_time: 'preserve' }
  await ritual(file, kept, world)
  await utimes(path, 1, 1)
  const again = await perform(file, { path, state: 'touch' }, world)
  assert.ok(again.changed)
  assert.ok((await stat(path)).mtimeMs > 1000)
  await perform(file, { path, state: 'touch', modification_time: '202001021504.05', access_time: 'preserve' }, world)
  assert.is((await stat(path)).mtime.getFullYear(), 2020)
})

test('mends the mode of what is there, through a link', async ({ world }) => {
  await writeFile(`${world.folder}/f`, '', { mode: 0o644 })
  await symlink('f', `${world.folder}/l`)
  const run = await ritual(file, { path: `${world.folder}/l`, mode: '0600' }, world)
  assert.is(await modeOf(`${world.folder}/f`), '600')
  assert.equal(shown(run.changes), [
    { action: 'update', target: `${world.folder}/f`, before: { mode: '0644' }, after: { mode: '0600' } },
  ])
})

test('says what is wrong', async ({ world }) => {
  await writeFile(`${world.folder}/f`, '')
  assert.is(await refused({ path: `${world.folder}/none` }, world), 'file-missing')
  assert.is(await refused({ path: `${world.folder}/f`, state: 'directory' }, world), 'not-a-folder')
  assert.is(await refused({ path: world.folder, state: 'file' }, world), 'is-a-folder')
  assert.is(file.validate?.(argsOf(file, { path: '/x', state: 'hard' }), context).length, 1)
  assert.is(file.validate?.(argsOf(file, { path: '/x', state: 'touch', access_time: 'noon' }), context).length, 1)
})

test('works under busybox', async () => {
  const world = await localShell({ shell: ['busybox', 'ash'] })
  try {
    await ritual(file, { path: `${world.folder}/a/b`, state: 'directory', mode: '0700', recurse: true }, world)
    await ritual(file, { path: `${world.folder}/l`, src: 'a', state: 'link' }, world)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  } finally {
    await world.remove()
  }
})

test.run()
