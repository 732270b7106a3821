import { mkdir, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import find from '../../../tasks/files/find.ts'
import tempfile from '../../../tasks/files/tempfile.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, context, perform } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/files/find')

test.before.each(async (my) => {
  my.world = await localShell()
  const { folder } = my.world
  await mkdir(`${folder}/sub`)
  await writeFile(`${folder}/new.log`, 'x'.repeat(2000))
  await writeFile(`${folder}/old.log`, 'x')
  await writeFile(`${folder}/.hidden.log`, '')
  await writeFile(`${folder}/sub/deep file.log`, '')
  await symlink('new.log', `${folder}/link.log`)
  const past = Date.now() / 1000 - 10 * 86_400
  await utimes(`${folder}/old.log`, past, past)
})
test.after.each((my) => my.world.remove())

const check = (title: string, written: { readonly [key: string]: unknown }, expected: readonly string[]) =>
  test(title, async ({ world }) => {
    const run = await perform(find, { paths: world.folder, ...written }, world)
    const files = run.values.files as readonly { path: string }[]
    assert.equal(files.map((one) => one.path.replace(`${world.folder}/`, '')).sort(), expected)
    assert.is(run.values.matched, expected.length)
  })

check('files in a folder', {}, ['new.log', 'old.log'])
check('by name', { patterns: 'o*.log,*.txt' }, ['old.log'])
check('by expression', { patterns: '^n.w\\.log$', use_regex: true }, ['new.log'])
check('but not some', { excludes: 'new*' }, ['old.log'])
check('by age', { age: '1w' }, ['old.log'])
check('younger than', { age: '-1d' }, ['new.log'])
check('by size', { size: '1k' }, ['new.log'])
check('everything below', { recurse: true, hidden: true }, ['.hidden.log', 'new.log', 'old.log', 'sub/deep file.log'])
check('only so deep', { recurse: true, depth: 1, file_type: 'any' }, ['link.log', 'new.log', 'old.log', 'sub'])
check('by a line', { contains: 'x+$' }, ['new.log', 'old.log'])
check('by the beginning of a line', { contains: 'y' }, [])
check('by the whole content', { contains: '^x{5}', read_whole_file: true }, ['new.log'])
check('folders', { file_type: 'directory' }, ['sub'])
check('links', { file_type: 'link' }, ['link.log'])

test('says which folders it could not look at', async ({ world }) => {
  const run = await perform(find, { paths: [`${world.folder}/none`] }, world)
  assert.equal(Object.keys(run.values.skipped_paths as object), [`${world.folder}/none`])
})

test('returns checksums', async ({ world }) => {
  const run = await perform(find, { paths: world.folder, patterns: 'old.log', get_checksum: true }, world)
  const [file] = run.values.files as readonly { checksum: string }[]
  assert.is(file?.checksum, '11f6ad8ec52a2984abaafd7c3b516503785c2072')
})

test('finds wrong amounts', () => {
  assert.is(find.validate?.(argsOf(find, { paths: '/x', age: '3 weeks', size: '1x' }), context).length, 2)
})

test('a temporary file and folder', async ({ world }) => {
  const file = await perform(tempfile, { path: world.folder, suffix: '.tmp' }, world)
  assert.match(String(file.values.path), /\/ansible\.\w{8}\.tmp$/)
  assert.ok((await stat(String(file.values.path))).isFile())
  const folder = await perform(tempfile, { path: world.folder, state: 'directory' }, world)
  assert.ok((await stat(String(folder.values.path))).isDirectory())
})

test.run()
