import { chmod, mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../../lib/core/module.ts'
import { sha256 } from '../../../lib/core/text.ts'
import copy from '../../../tasks/files/copy.ts'
import fetch from '../../../tasks/files/fetch.ts'
import lineinfile from '../../../tasks/files/lineinfile.ts'
import template from '../../../tasks/files/template.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { check, context, perform, shown, sourceOf } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell; tools: string; log: string }>('tasks/files: how often the host hashes a file')

const tools = ['sha256sum', 'sha1sum', 'openssl']

test.before.each(async (my) => {
  const outer = await localShell()
  my.tools = join(outer.folder, 'tools')
  my.log = join(outer.folder, 'log')
  await mkdir(my.tools)
  await writeFile(my.log, '')
  for (const name of tools) {
    const path = (process.env.PATH ?? '').split(':').filter((one) => one !== my.tools)
    const script = `#!/bin/sh\necho ${name} "$*" >>${my.log}\nPATH=${path.join(':')} exec ${name} "$@"\n`
    await writeFile(join(my.tools, name), script)
    await chmod(join(my.tools, name), 0o755)
  }
  my.world = await localShell({ env: { PATH: `${my.tools}:${process.env.PATH}` } })
  const { remove } = my.world
  my.world = {
    ...my.world,
    remove: async () => {
      await remove()
      await outer.remove()
    },
  }
})
test.after.each((my) => my.world.remove())

const unread = { ...context, unread: true }

/** The programs that were started since the last time. */
async function used(log: string): Promise<readonly string[]> {
  const lines = (await readFile(log, 'utf8')).split('\n').filter((line) => line !== '')
  await writeFile(log, '')
  return lines
}

for (const [name, module] of [
  ['copy', copy],
  ['template', template],
] as readonly (readonly [string, TaskModule])[]) {
  test(`${name}: nothing before it is written, and one sum after it when nobody reads the result`, async ({
    world,
    log,
  }) => {
    const dest = `${world.folder}/f`
    const args = { src: sourceOf('/play/f', 'one\n'), dest }
    await check(module, args, world, unread)
    assert.equal(await used(log), [])
    const run = await perform(module, args, world, unread)
    assert.equal(await used(log), ['sha256sum '])
    assert.is(run.values.checksum, undefined)
    assert.equal(await check(module, args, world, unread), [])
    assert.equal(await used(log), ['sha256sum '])
  })

  test(`${name}: a file of another length is not hashed`, async ({ world, log }) => {
    const dest = `${world.folder}/f`
    await writeFile(dest, 'one and more\n')
    const changes = await check(module, { src: sourceOf('/play/f', 'one\n'), dest }, world, unread)
    assert.equal(shown(changes), [{ action: 'update', target: dest, before: 'one and more\n', after: 'one\n' }])
    assert.equal(await used(log), [])
  })

  test(`${name}: a registered result has its checksum`, async ({ world, log }) => {
    const dest = `${world.folder}/f`
    await writeFile(dest, 'other')
    const run = await perform(module, { src: sourceOf('/play/f', 'one\n'), dest }, world)
    assert.is(run.values.checksum, 'c7059bb19433cc3cabaa6236c83d56668a843dd2')
    assert.equal(await used(log), ['sha1sum ', 'sha256sum ', 'sha1sum '])
  })
}

test('a host has the time that it needs to hash a large file', () => {
  const src = { ...sourceOf('/play/f', ''), size: 50_000_000_000 }
  const [query] = copy.probe({ src, dest: '/f' } as never, unread).ask
  assert.is(query?.on === 'shell' && query.patience, 5_000_000)
})

test('equal length and time do not make equal content', async ({ world }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'two\n')
  await utimes(dest, 1, 1)
  const src = sourceOf('/play/f', 'one\n')
  assert.is((await check(copy, { src, dest }, world, unread)).length, 1)
  await perform(copy, { src, dest }, world, unread)
  assert.is(await readFile(dest, 'utf8'), 'one\n')
})

test('of two files of the host each one is hashed once, and none when their lengths differ', async ({ world, log }) => {
  const src = `${world.folder}/a`
  const dest = `${world.folder}/b`
  await writeFile(src, 'one\n')
  const args = { src, dest, remote_src: true }
  assert.is((await check(copy, args, world, unread)).length, 1)
  await writeFile(dest, 'longer\n')
  assert.is((await check(copy, args, world, unread)).length, 1)
  assert.equal(await used(log), [])
  await writeFile(dest, 'two\n')
  assert.is((await check(copy, args, world, unread)).length, 1)
  await perform(copy, args, world, unread)
  await used(log)
  assert.equal(await check(copy, args, world, unread), [])
  assert.equal(await used(log), ['sha256sum ', 'sha256sum '])
  const wrong = { ...args, dest: `${world.folder}/c`, checksum: '0'.repeat(64) }
  const error = await check(copy, wrong, world, unread).catch((problem) => problem)
  assert.is(error.code, 'checksum-differs')
  assert.is((await perform(copy, args, world)).values.checksum, 'c7059bb19433cc3cabaa6236c83d56668a843dd2')
})

test('an edit needs one sum, and fetch the other one', async ({ world, log }) => {
  const path = `${world.folder}/f`
  await writeFile(path, 'one\n')
  assert.equal(await check(lineinfile, { path, line: 'one' }, world, unread), [])
  assert.equal(await used(log), ['sha256sum '])
  assert.is(
    (await perform(lineinfile, { path, line: 'one' }, world)).values.checksum,
    'c7059bb19433cc3cabaa6236c83d56668a843dd2',
  )
  await used(log)
  await perform(fetch, { src: path, dest: `${world.folder}/copy`, flat: true }, world)
  assert.equal(await used(log), ['sha1sum ', 'sha1sum '])
})

test('a large file is left to OpenSSL, and hashed all the same where there is none', async ({ world, log, tools }) => {
  const dest = `${world.folder}/f`
  const content = Buffer.alloc(1_100_000, 'x')
  const { text: _, ...source } = sourceOf('/play/f', '')
  const src = { ...source, size: content.length, sha256: () => sha256(content), pieces: () => Readable.from([content]) }
  await perform(copy, { src, dest }, world, unread)
  assert.is((await used(log))[0], 'openssl dgst -r -sha256')
  await writeFile(join(tools, 'openssl'), '#!/bin/sh\necho "unknown option" >&2\nexit 1\n')
  assert.equal(await check(copy, { src, dest }, world, unread), [])
  assert.equal(await used(log), ['sha256sum '])
  await rm(join(tools, 'openssl'))
  await writeFile(dest, Buffer.alloc(1_100_000, 'y'))
  const [change] = shown(await check(copy, { src, dest }, world, unread))
  assert.match(String(change?.before), /^content with SHA-256 /)
  await writeFile(dest, Buffer.alloc(1_200_000, 'y'))
  const [other] = shown(await check(copy, { src, dest }, world, unread))
  assert.is(other?.before, 'content of 1200000 bytes')
})

test.run()
