import { lstat, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import blockinfile from '../../../tasks/files/blockinfile.ts'
import lineinfile from '../../../tasks/files/lineinfile.ts'
import replace from '../../../tasks/files/replace.ts'
import slurp from '../../../tasks/files/slurp.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell; path: string }>('tasks/files/lineinfile')

test.before.each(async (my) => {
  my.world = await localShell()
  my.path = `${my.world.folder}/f`
  await writeFile(my.path, 'a\nb\nc\n', { mode: 0o640 })
})
test.after.each((my) => my.world.remove())

const text = (path: string) => readFile(path, 'utf8')

test('adds a line, and keeps the mode', async ({ world, path }) => {
  const run = await ritual(lineinfile, { path, line: 'd', backup: true }, world)
  assert.equal(shown(run.changes), [{ action: 'update', target: path, before: 'a\nb\nc\n', after: 'a\nb\nc\nd\n' }])
  assert.is(await text(path), 'a\nb\nc\nd\n')
  assert.is((await stat(path)).mode & 0o777, 0o640)
  assert.is(await text(String(run.values.backup_file)), 'a\nb\nc\n')
})

test('replaces and removes lines', async ({ world, path }) => {
  assert.is((await ritual(lineinfile, { path, regexp: '^b', line: 'B' }, world)).values.msg, 'line replaced')
  assert.is(
    (await ritual(lineinfile, { path, regexp: '^[ac]', state: 'absent' }, world)).values.msg,
    '2 line(s) removed',
  )
  assert.is(await text(path), 'B\n')
})

test('a secret line is never shown', async ({ world, path }) => {
  const run = await ritual(lineinfile, { path, line: new Secret('password=x', 'p') }, world)
  assert.equal(shown(run.changes), [{ action: 'update', target: path, before: '(secret)', after: '(secret) differs' }])
  assert.is(await text(path), 'a\nb\nc\npassword=x\n')
})

test('writes through a link', async ({ world, path }) => {
  await symlink('f', `${world.folder}/l`)
  await ritual(lineinfile, { path: `${world.folder}/l`, line: 'd' }, world)
  assert.is(await text(path), 'a\nb\nc\nd\n')
  assert.ok((await lstat(`${world.folder}/l`)).isSymbolicLink())
})

test('makes a file only when that is asked for', async ({ world }) => {
  const path = `${world.folder}/new/g`
  const error = await check(lineinfile, { path, line: 'x' }, world).catch((thrown) => thrown)
  assert.is(error.code, 'file-missing')
  await ritual(lineinfile, { path, line: 'x', create: true, mode: '0600' }, world)
  assert.is(await text(path), 'x\n')
  assert.equal(await check(lineinfile, { path: `${world.folder}/none`, line: 'x', state: 'absent' }, world), [])
})

test('never spoils what is no text', async ({ world, path }) => {
  await writeFile(path, Buffer.from([0x61, 0xff, 0x0a]))
  const error = await check(lineinfile, { path, line: 'x' }, world).catch((thrown) => thrown)
  assert.is(error.code, 'not-utf8')
  const folder = await check(lineinfile, { path: world.folder, line: 'x' }, world).catch((thrown) => thrown)
  assert.is(folder.code, 'is-a-folder')
})

test('puts nothing in place that the validation refuses', async ({ world, path }) => {
  const error = await perform(lineinfile, { path, line: 'd', validate: 'false %s' }, world).catch((thrown) => thrown)
  assert.is(error.code, 'validation-failed')
  assert.is(await text(path), 'a\nb\nc\n')
})

test('blocks come, change and go', async ({ world, path }) => {
  await ritual(blockinfile, { path, block: 'x\ny', insertafter: '^a' }, world)
  assert.is(await text(path), 'a\n# BEGIN ANSIBLE MANAGED BLOCK\nx\ny\n# END ANSIBLE MANAGED BLOCK\nb\nc\n')
  await ritual(blockinfile, { path, block: 'z' }, world)
  await ritual(blockinfile, { path, state: 'absent' }, world)
  assert.is(await text(path), 'a\nb\nc\n')
})

test('replaces all that matches', async ({ world, path }) => {
  const run = await ritual(replace, { path, regexp: '^([ab])$', replace: '<\\1>', mode: '0600' }, world)
  assert.is(await text(path), '<a>\n<b>\nc\n')
  assert.equal(
    run.changes.map((one) => one.after),
    ['<a>\n<b>\nc\n', { mode: '0600' }],
  )
})

test('what matches its own result is done each time, and not called unsettled', async ({ world, path }) => {
  const twice = { path, regexp: 'a', replace: 'aa' }
  const run = await perform(replace, twice, world)
  assert.equal(shown(run.changes), [{ action: 'run', target: path, before: 'a\nb\nc\n', after: 'aa\nb\nc\n' }])
  assert.is((await check(replace, twice, world)).length, 1)
})

test('brings a file over', async ({ world, path }) => {
  const run = await perform(slurp, { src: path }, world)
  assert.equal(run.values, { content: Buffer.from('a\nb\nc\n').toString('base64'), encoding: 'base64', source: path })
  const error = await check(slurp, { src: `${path}-none` }, world).catch((thrown) => thrown)
  assert.is(error.code, 'file-missing')
  const folder = await check(slurp, { src: world.folder }, world).catch((thrown) => thrown)
  assert.is(folder.code, 'file-unreadable')
})

test('finds what is wrong before anything is touched', () => {
  const findings = (written: { readonly [key: string]: unknown }) =>
    lineinfile.validate?.(argsOf(lineinfile, { path: '/f', ...written }), context).length
  assert.is(findings({ line: 'x' }), 0)
  assert.is(findings({}), 1)
  assert.is(findings({ state: 'absent' }), 1)
  assert.is(findings({ line: 'x', regexp: 'a(' }), 1)
  assert.is(findings({ line: 'x', backrefs: true }), 1)
  assert.is(findings({ line: 'x', insertafter: 'a', insertbefore: 'b' }), 1)
  assert.is(blockinfile.validate?.(argsOf(blockinfile, { path: '/f', marker: '# mine' }), context).length, 1)
})

test.run()
