import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readTar, type TarEntry, writeTar } from '../../../../lib/sandbox/docker/tar.ts'
import { bench, refusal, whole } from './bench.ts'

const test = suite('lib/sandbox/docker/archive')

const entries = async (raw: Buffer): Promise<readonly TarEntry[]> => {
  const found: TarEntry[] = []
  for await (const entry of readTar(Readable.from([raw]))) found.push(entry)
  return found
}

const packed = (files: Readonly<Record<string, string>>) =>
  writeTar(Object.entries(files).map(([name, text]) => ({ header: { name, mode: 0o640 }, content: Buffer.from(text) })))

test('files are copied into the container, its volumes and its binds, and out again', async () => {
  const { docker, double, folder, end } = await bench()
  try {
    double.addImage('web:1', { files: { '/etc/app.conf': 'from the image' } })
    const container = await docker.createContainer({
      name: 'web',
      Image: 'web:1',
      HostConfig: { Binds: ['data:/data', '/srv/conf:/conf', '/srv/conf:/fixed:ro'] },
    })
    await container.putArchive(packed({ 'a/b.txt': 'deep' }), { path: '/data' })
    assert.is(readFileSync(join(double.volumeFolder('data'), 'a', 'b.txt'), 'utf8'), 'deep')
    assert.is(statSync(join(double.volumeFolder('data'), 'a', 'b.txt')).mode & 0o777, 0o640)
    await container.putArchive(packed({ 'c.txt': 'host' }), { path: '/conf' })
    assert.is(readFileSync(join(folder, 'state', 'host', 'srv', 'conf', 'c.txt'), 'utf8'), 'host')
    // Nothing outside the container can be named.
    await container.putArchive(packed({ '../../../../escaped': 'no' }), { path: '/data' })
    assert.is(readFileSync(join(double.volumeFolder('data'), 'escaped'), 'utf8'), 'no')
    const out = await entries(await whole(await container.getArchive({ path: '/data/a' })))
    assert.equal(
      out.map(({ header, content }) => `${header.name} ${header.type} ${content}`),
      ['a/ directory ', 'a/b.txt file deep'],
    )
    const [conf] = await entries(await whole(await container.getArchive({ path: '/etc/app.conf' })))
    assert.is(String(conf?.content), 'from the image')
    const info = await container.infoArchive({ path: '/etc/app.conf' })
    const header = String(info.headers?.['x-docker-container-path-stat'] ?? '')
    if (header !== '') assert.is(JSON.parse(Buffer.from(header, 'base64').toString()).size, 14)

    assert.is(
      await refusal(container.getArchive({ path: '/gone' })),
      `404 Could not find the file /gone in container ${container.id}`,
    )
    assert.is(
      await refusal(container.putArchive(packed({ x: '' }), { path: '/gone' })),
      `404 Could not find the file /gone in container ${container.id}`,
    )
    assert.is(
      await refusal(container.putArchive(packed({ x: '' }), { path: '/etc/app.conf' })),
      '400 extraction point is not a directory',
    )
    assert.is(
      await refusal(container.putArchive(packed({ x: '' }), { path: '/fixed' })),
      '403 mounted volume is marked read-only',
    )
    assert.match(
      await refusal(container.putArchive(Buffer.alloc(1024, 'x'), { path: '/etc' })),
      /^500 archive\/tar: invalid tar header/,
    )
  } finally {
    await end()
  }
})

test('tar keeps long names, links and modes', async () => {
  const long = `${'folder/'.repeat(30)}file`
  const raw = writeTar([
    { header: { name: long, mode: 0o755, mtime: 1_700_000_000, uid: 999, gid: 998 }, content: Buffer.alloc(513, 'x') },
    { header: { name: 'link', type: 'symlink', linkName: long } },
    { header: { name: 'ü.txt' }, content: Buffer.from('umlaut') },
  ])
  assert.is(raw.length % 512, 0)
  const [file, link, umlaut] = await entries(raw)
  assert.is(file?.header.name, long)
  assert.is(file?.header.mode, 0o755)
  assert.is(file?.header.mtime, 1_700_000_000)
  assert.is(file?.header.uid, 999)
  assert.is(file?.content.length, 513)
  assert.is(link?.header.type, 'symlink')
  assert.is(link?.header.linkName, long)
  assert.is(umlaut?.header.name, 'ü.txt')
})

test('tar is read from pieces of any size', async () => {
  const raw = packed({ one: 'first', two: 'second'.repeat(200) })
  const pieces = Array.from({ length: Math.ceil(raw.length / 7) }, (_, at) => raw.subarray(at * 7, at * 7 + 7))
  const found: string[] = []
  for await (const { header, content } of readTar(Readable.from(pieces), ({ name }) => name === 'two')) {
    found.push(`${header.name} ${content.length}`)
  }
  assert.equal(found, ['one 0', 'two 1200'])
})

test.run()
