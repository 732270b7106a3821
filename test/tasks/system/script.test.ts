import { readdir, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import script from '../../../tasks/system/script.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, folderOf, perform, sourceOf } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/system/script')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

const source = (text: string, rest = '') => ({ ...sourceOf('/playbook/files/some script.sh', text), rest })

test('runs with its arguments, which a shell reads, and leaves nothing behind', async ({ world }) => {
  const folder = await localShell({ env: {} })
  try {
    const cmd = source('#!/bin/sh\necho "$#:$1:$2"; echo err >&2\n', '"a b" $((1 + 2))')
    const run = await perform(script, { cmd }, folder)
    assert.ok(run.changed)
    assert.is(run.values.stdout, '2:a b:3\n')
    assert.equal(run.values.stdout_lines, ['2:a b:3'])
    assert.is(run.values.stderr, 'err\n')
    assert.is(run.values.rc, 0)
    const put = folder.io.calls.find((call) => 'put' in call)
    assert.ok(put && 'put' in put)
    assert.is(put.mode, 0o700)
    const [, inside = ''] = /^(.*)\/[^/]*$/.exec(put.put) ?? []
    assert.is(await readdir(inside).catch(() => 'gone'), 'gone')
  } finally {
    await folder.remove()
  }
  assert.equal(await readdir(world.folder), [])
})

test('another program can run it, in a folder', async () => {
  const world = await localShell()
  try {
    const run = await perform(
      script,
      { cmd: source('echo "$0 in $(pwd)"'), executable: '/bin/sh -e', chdir: world.folder },
      world,
    )
    assert.match(String(run.values.stdout), `some script.sh in ${world.folder}`)
  } finally {
    await world.remove()
  }
})

test('a failure has its values, and the script is removed', async () => {
  const world = await localShell()
  try {
    const error = await perform(script, { cmd: source('#!/bin/sh\necho out; exit 4') }, world).catch((thrown) => thrown)
    assert.is(error.code, 'command-failed')
    assert.is(error.values.rc, 4)
    assert.is(error.values.msg, 'non-zero return code')
    assert.match(JSON.stringify(world.io.calls.at(-1)), 'rm -rf')
  } finally {
    await world.remove()
  }
})

test('is skipped when creates or removes say so', async ({ world }) => {
  await writeFile(`${world.folder}/there`, '')
  const cmd = source('#!/bin/sh\nexit 1')
  const made = await perform(script, { cmd, creates: `${world.folder}/there` }, world)
  assert.is(made.results[0]?.skipped, `${world.folder}/there exists, matching creates option`)
  const gone = await perform(script, { cmd, removes: `${world.folder}/none` }, world)
  assert.is(gone.results[0]?.skipped, `${world.folder}/none does not exist, matching removes option`)
  assert.is((await check(script, { cmd, creates: `${world.folder}/none` }, world)).length, 1)
})

test('a check says that it runs only when a condition tells', () => {
  const cmd = source('')
  assert.is(script.skipsInCheckMode?.(argsOf(script, { cmd })), true)
  assert.is(script.skipsInCheckMode?.(argsOf(script, { cmd, creates: '/x' })), false)
})

test('refuses a folder, and a relative folder to run in', () => {
  const findings = (written: { readonly [key: string]: unknown }) =>
    (script.validate?.(argsOf(script, written), context) ?? []).map((one) => one.path[0])
  assert.equal(findings({ cmd: folderOf('/x', {}) }), ['cmd'])
  assert.equal(findings({ cmd: source(''), chdir: 'x' }), ['chdir'])
})

test.run()
