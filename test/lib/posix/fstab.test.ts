import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { entryOf, mountedIn, withEntry, withoutEntry } from '../../../lib/posix/fstab.ts'

const test = suite('lib/posix/fstab')
const table = `# static file systems
UUID=1\t/\text4\terrors=remount-ro 0 1

/dev/sdb1 /mnt/two\\040words xfs
/dev/sdc1 none swap sw 0 0
`
const data = { src: '/dev/sdd1', path: '/data', fstype: 'ext4', opts: 'defaults', dump: '0', passno: '0' }

test('a new entry comes last, and everything else stays', () => {
  assert.is(withEntry(table, data), `${table}/dev/sdd1 /data ext4 defaults 0 0\n`)
  assert.is(withEntry('', data), '/dev/sdd1 /data ext4 defaults 0 0\n')
  assert.is(withEntry('# no line break', data), '# no line break\n/dev/sdd1 /data ext4 defaults 0 0\n')
})

test('an entry for the same place is replaced where it stands', () => {
  const wanted = { ...data, path: '/mnt/two words', opts: 'noatime' }
  const changed = withEntry(table, wanted)
  assert.is(changed, table.replace('/dev/sdb1 /mnt/two\\040words xfs', '/dev/sdd1 /mnt/two\\040words ext4 noatime 0 0'))
  assert.is(withEntry(changed, wanted), changed)
})

test('fields that are left out have their usual values, so that nothing is changed for them', () => {
  const wanted = { ...data, src: '/dev/sdb1', path: '/mnt/two words/', fstype: 'xfs' }
  assert.is(withEntry(table, { ...wanted, path: '/mnt/two words' }), table)
  assert.equal(entryOf('/dev/sdb1 /mnt/two\\040words xfs'), { ...wanted, path: '/mnt/two words' })
})

test('swap is known by its device', () => {
  const swap = { src: '/dev/sde1', path: 'none', fstype: 'swap', opts: 'sw', dump: '0', passno: '0' }
  assert.is(withEntry(table, swap), `${table}/dev/sde1 none swap sw 0 0\n`)
  assert.is(withEntry(table, { ...swap, src: '/dev/sdc1' }), table)
})

test('entries are taken out', () => {
  assert.is(withoutEntry(table, { path: '/' }), table.replace(/UUID.*\n/, ''))
  assert.is(withoutEntry(table, { path: '/none' }), table)
})

test('comments are no entries', () => {
  assert.is(entryOf('# /dev/sdb1 /x ext4'), undefined)
  assert.is(entryOf('  '), undefined)
})

test('reads where something is mounted', () => {
  const mounts = mountedIn(
    '22 1 8:1 / / rw - ext4 /dev/sda1 rw\n23 22 8:2 / /mnt/two\\040words rw - xfs /dev/sdb1 rw\n',
  )
  assert.equal([...mounts], ['/', '/mnt/two words'])
})

test.run()
