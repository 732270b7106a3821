import { chmod, mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import fetch from '../../../tasks/files/fetch.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell; src: string }>('tasks/files/fetch')
const sha1 = '2aae6c35c94fcfb415dbe95f408b9ce91ee846ed'

test.before.each(async (my) => {
  my.world = await localShell()
  my.src = `${my.world.folder}/there/a file`
  await mkdir(`${my.world.folder}/there`)
  await writeFile(my.src, 'hello world')
})
test.after.each((my) => my.world.remove())

test('brings a copy into a folder by host and path', async ({ world, src }) => {
  const run = await ritual(fetch, { src, dest: `${world.folder}/here` }, world)
  const copy = `${world.folder}/here/chat.example.org${src}`
  assert.is(await readFile(copy, 'utf8'), 'hello world')
  assert.is((await stat(copy)).mode & 0o777, 0o600, 'nobody else reads what a host keeps')
  assert.is(run.values.dest, copy)
  assert.is(run.values.checksum, sha1)
  assert.is(run.values.remote_checksum, sha1)
  assert.is(run.values.md5sum, '5eb63bbbe01eeed093cb22bb8f5acdc3')
})

test('flat gives the copy its own name, beside the playbook', async ({ world, src }) => {
  const how = {
    ...context,
    variable: (name: string) => (name === 'playbook_dir' ? `${world.folder}/books` : undefined),
  }
  await perform(fetch, { src, dest: 'x/copy', flat: true }, world, how)
  assert.is(await readFile(`${world.folder}/books/x/copy`, 'utf8'), 'hello world')
  const inFolder = await perform(fetch, { src, dest: 'x/', flat: true }, world, how)
  assert.is(inFolder.values.dest, `${world.folder}/books/x/a file`)
  const error = await check(fetch, { src, dest: 'x', flat: true }, world, how).catch((thrown) => thrown)
  assert.is(error.code, 'is-a-folder')
})

test('another content is an update, and the copy keeps its permissions', async ({ world, src }) => {
  const dest = `${world.folder}/copy`
  await writeFile(dest, 'old')
  await chmod(dest, 0o644)
  const run = await ritual(fetch, { src, dest, flat: true }, world)
  assert.equal(
    shown(run.changes).map((one) => one.action),
    ['update'],
  )
  assert.is((await stat(dest)).mode & 0o777, 0o644)
  const again = await perform(fetch, { src, dest, flat: true }, world)
  assert.is(again.values.file, src)
})

test('what is missing fails, unless that is fine', async ({ world }) => {
  const written = { src: `${world.folder}/none`, dest: `${world.folder}/here` }
  const error = await check(fetch, written, world).catch((thrown) => thrown)
  assert.is(error.values.msg, 'the remote file does not exist')
  const run = await perform(fetch, { ...written, fail_on_missing: false }, world)
  assert.not(run.changed)
  assert.is(run.values.msg, 'the remote file does not exist, not transferring, ignored')
  await symlink('/nowhere', `${world.folder}/none`)
  assert.is((await check(fetch, written, world).catch((thrown) => thrown)).values.msg, 'the remote file does not exist')
})

test('a folder cannot be fetched', async ({ world }) => {
  const error = await check(fetch, { src: `${world.folder}/there`, dest: 'x' }, world).catch((thrown) => thrown)
  assert.match(error.values.msg, 'is a directory')
})

test('a link is followed', async ({ world, src }) => {
  await symlink(src, `${world.folder}/link`)
  await ritual(fetch, { src: `${world.folder}/link`, dest: `${world.folder}/copy`, flat: true }, world)
  assert.is(await readFile(`${world.folder}/copy`, 'utf8'), 'hello world')
})

test('the path of the host cannot lead out of the folder', async ({ world, src }) => {
  const detour = src.replace('/there/', '/there/../there/')
  const run = await perform(fetch, { src: detour, dest: `${world.folder}/here` }, world)
  assert.ok(String(run.values.dest).startsWith(`${world.folder}/here/chat.example.org/`))
})

test.run()
