import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answer, Query } from '../../../lib/core/query.ts'
import mount from '../../../tasks/system/mount.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown, type World } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell; fstab: string; path: string; host: World; mounted: Set<string> }>(
  'tasks/system/mount',
)

/** A host whose mounts are a set: `mount` and `umount` of scripts are seen, everything else is done for real. */
test.before.each(async (my) => {
  const world = await localShell()
  my.world = world
  my.fstab = `${world.folder}/fstab`
  my.path = `${world.folder}/data`
  my.mounted = new Set()
  await writeFile(my.fstab, '# keep me\nproc /proc proc defaults 0 0\n')
  const ask = async (queries: readonly Query[]): Promise<readonly Answer[]> =>
    (await world.ask(queries)).map((answer) => {
      const [first = '', , last = ''] = answer.text.split(/^==\n/m)
      const mounts = [...my.mounted].map((path) => `1 1 0:1 / ${path} rw - ext4 x rw\n`).join('')
      return { ...answer, text: [first, mounts, last].join('==\n') }
    })
  const sh: World['io']['sh'] = async (script, options) => {
    const text = script.toString()
    const [word] = text.split(' ')
    if (word !== 'mount' && word !== 'umount') return world.io.sh(script, options)
    world.io.calls.push({ sh: text })
    if (word === 'mount') my.mounted.add(my.path)
    else my.mounted.delete(my.path)
    return { code: 0, stdout: Buffer.from(''), stderr: Buffer.from('') }
  }
  my.host = { ask, io: { ...world.io, sh } }
})
test.after.each((my) => my.world.remove())

const disk = { src: '/dev/sdb1', fstype: 'ext4' }

test('present keeps fstab alone, with its comments', async ({ fstab, path, host, mounted }) => {
  const run = await ritual(mount, { path, ...disk, opts: 'noatime', state: 'present', fstab, backup: true }, host)
  const line = `/dev/sdb1 ${path} ext4 noatime 0 0\n`
  assert.is(await readFile(fstab, 'utf8'), `# keep me\nproc /proc proc defaults 0 0\n${line}`)
  assert.is(mounted.size, 0)
  assert.is(run.values.opts, 'noatime')
  assert.match(await readFile(String(run.values.backup_file), 'utf8'), '# keep me')
})

test('mounted makes the folder, writes fstab, and mounts', async ({ fstab, path, host, mounted, world }) => {
  const run = await ritual(mount, { path, ...disk, state: 'mounted', fstab }, host)
  assert.ok(mounted.has(path))
  assert.equal(
    shown(run.changes).map(({ action, target }) => `${action} ${target.replace(world.folder, '')}`),
    ['update /fstab', 'create /data', 'create mount /data'],
  )
  assert.match(JSON.stringify(world.io.calls), `mount -T ${fstab} -- ${path}`)
})

test('another entry for what is mounted mounts it anew', async ({ fstab, path, host, world }) => {
  await perform(mount, { path, ...disk, state: 'mounted', fstab }, host)
  await ritual(mount, { path, ...disk, opts: 'ro', state: 'mounted', fstab }, host)
  assert.match(JSON.stringify(world.io.calls.at(-1)), 'remount')
})

test('unmounted leaves fstab as it is', async ({ fstab, path, host, mounted }) => {
  await perform(mount, { path, ...disk, state: 'mounted', fstab }, host)
  await ritual(mount, { path, state: 'unmounted', fstab }, host)
  assert.is(mounted.size, 0)
  assert.match(await readFile(fstab, 'utf8'), path)
})

test('absent leaves neither entry nor folder', async ({ fstab, path, host, mounted, world }) => {
  await perform(mount, { path, ...disk, state: 'mounted', fstab }, host)
  await ritual(mount, { path, state: 'absent', fstab }, host)
  assert.is(mounted.size, 0)
  assert.is(await readFile(fstab, 'utf8'), '# keep me\nproc /proc proc defaults 0 0\n')
  assert.equal(await readdir(world.folder), ['fstab'])
})

test('absent_from_fstab does not unmount', async ({ fstab, path, host, mounted }) => {
  await perform(mount, { path, ...disk, state: 'mounted', fstab }, host)
  await ritual(mount, { path, state: 'absent_from_fstab', fstab }, host)
  assert.is(mounted.size, 1)
})

test('ephemeral does not touch fstab', async ({ fstab, path, host, world }) => {
  await mkdir(path)
  await ritual(mount, { path, ...disk, opts: 'ro', state: 'ephemeral' }, host)
  assert.match(JSON.stringify(world.io.calls.at(-1)), `mount -t ext4 -o ro -- /dev/sdb1 ${path}`)
  assert.not.match(await readFile(fstab, 'utf8'), path)
})

test('remounted is done each time, and needs a mount', async ({ path, host, mounted }) => {
  await mkdir(path)
  const error = await check(mount, { path, state: 'remounted' }, host).catch((thrown) => thrown)
  assert.is(error.code, 'not-mounted')
  mounted.add(path)
  assert.ok((await perform(mount, { path, state: 'remounted' }, host)).changed)
  assert.is((await check(mount, { path, state: 'remounted' }, host)).length, 1)
})

test('what shall not come at boot says so', async ({ fstab, path, host }) => {
  await ritual(mount, { path, ...disk, opts: 'ro', boot: false, state: 'present', fstab }, host)
  assert.match(await readFile(fstab, 'utf8'), 'ro,noauto')
})

for (const [title, written, argument] of [
  ['nothing to mount', { path: '/x', state: 'mounted', fstype: 'ext4' }, 'state'],
  ['no kind', { path: '/x', state: 'present', src: '/dev/x' }, 'state'],
  ['a relative path', { path: 'x', state: 'absent' }, 'path'],
  ['mounted swap', { path: 'none', state: 'mounted', src: '/dev/x', fstype: 'swap' }, 'state'],
  ['fstab for ephemeral', { path: '/x', state: 'ephemeral', src: 'a', fstype: 'b', fstab: '/f' }, 'fstab'],
] as const) {
  test(`refuses ${title}`, () => {
    assert.equal(
      (mount.validate?.(argsOf(mount, written), context) ?? []).map((one) => one.path[0]),
      [argument],
    )
  })
}

test.run()
