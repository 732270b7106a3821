import { mkdir, symlink, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import stat from '../../../tasks/files/stat.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { perform } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/files/stat')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

const look = async (world: LocalShell, written: { readonly [key: string]: unknown }) => {
  const run = await perform(stat, written, world)
  assert.not(run.changed)
  return run.values.stat as { readonly [key: string]: unknown }
}

test('a file', async ({ world }) => {
  await writeFile(`${world.folder}/f`, 'hello\n', { mode: 0o640 })
  const found = await look(world, { path: `${world.folder}/f` })
  const { exists, isreg, isdir, islnk, mode, size, checksum, wusr, xusr, rgrp, roth, readable } = found
  assert.equal(
    { exists, isreg, isdir, islnk, mode, size, checksum, wusr, xusr, rgrp, roth, readable },
    {
      exists: true,
      isreg: true,
      isdir: false,
      islnk: false,
      mode: '0640',
      size: 6,
      checksum: 'f572d396fae9206628714fb2ce00f72e94f2258f',
      wusr: true,
      xusr: false,
      rgrp: true,
      roth: false,
      readable: true,
    },
  )
})

test('nothing, also where the folder is missing', async ({ world }) => {
  assert.equal(await look(world, { path: `${world.folder}/none/f` }), { exists: false })
})

test('a link, or what it points at', async ({ world }) => {
  await writeFile(`${world.folder}/f`, 'x')
  await symlink('f', `${world.folder}/l`)
  const link = await look(world, { path: `${world.folder}/l` })
  assert.is(link.islnk, true)
  assert.is(link.lnk_target, 'f')
  assert.match(String(link.lnk_source), /\/f$/)
  assert.is(link.checksum, undefined)
  const file = await look(world, { path: `${world.folder}/l`, follow: true, checksum_algorithm: 'sha256' })
  assert.is(file.isreg, true)
  assert.is(String(file.checksum).length, 64)
})

test('a folder', async ({ world }) => {
  const found = await look(world, { path: world.folder })
  assert.is(found.isdir, true)
  assert.is(found.executable, true)
  assert.is(found.checksum, undefined)
})

test('the kind of content, as the program "file" of the host tells it', async () => {
  const home = await localShell()
  const bin = `${home.folder}/bin`
  await mkdir(bin)
  const tell = '#!/bin/sh\nfor path do :; done\necho "$path: text/x-made-up; charset=us-ascii"\n'
  await writeFile(`${bin}/file`, tell, { mode: 0o755 })
  const world = await localShell({ env: { PATH: `${bin}:${process.env.PATH}` } })
  try {
    await writeFile(`${world.folder}/a: b`, 'text')
    const { mimetype, charset } = await look(world, { path: `${world.folder}/a: b` })
    assert.equal([mimetype, charset], ['text/x-made-up', 'us-ascii'])
    await writeFile(`${bin}/file`, '#!/bin/sh\nexit 127\n')
    assert.is((await look(world, { path: `${world.folder}/a: b` })).mimetype, 'unknown')
    assert.is((await look(world, { path: `${world.folder}/a: b`, get_mime: false })).mimetype, undefined)
  } finally {
    await world.remove()
    await home.remove()
  }
})

test.run()
