import { createHash } from 'node:crypto'
import { chmod, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import getUrl from '../../../tasks/net/get_url.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'
import { type Web, web } from '../../fakes/web.ts'

const test = suite<{ world: LocalShell; server: Web; page: { text: string; modified: string | undefined } }>(
  'tasks/net/get_url',
)
const sumOf = (text: string, algorithm = 'sha256') => createHash(algorithm).update(text).digest('hex')

test.before.each(async (my) => {
  my.world = await localShell()
  const page = { text: 'first', modified: undefined as string | undefined }
  my.page = page
  my.server = await web((request, _body, response) => {
    if (request.url === '/gone') response.statusCode = 404
    if (request.url === '/cut') {
      response.writeHead(200, { 'content-length': '100' })
      response.write('few', () => response.destroy())
      return undefined
    }
    if (request.url === '/SUMS') return `${sumOf('other')}  ./other\n${sumOf('first')} *file.txt\n`
    if (request.url === '/SUM') return `${sumOf('first')}\n`
    if (page.modified !== undefined) response.setHeader('last-modified', page.modified)
    response.setHeader('content-length', String(page.text.length))
    return request.method === 'HEAD' ? '' : page.text
  })
})
test.after.each(async (my) => {
  await my.world.remove()
  await my.server.close()
})

test('brings a file once when its checksum is known', async ({ world, server }) => {
  const dest = `${world.folder}/file.txt`
  const written = { url: `${server.url}/file.txt`, dest, checksum: `sha256:${sumOf('first')}`, mode: '0640' }
  const run = await ritual(getUrl, written, world)
  assert.equal(server.requests, ['GET /file.txt'], 'neither a check nor a second run asks for it')
  assert.is(await readFile(dest, 'utf8'), 'first')
  assert.is((await stat(dest)).mode & 0o777, 0o640)
  assert.equal(await readdir(world.folder), ['file.txt'], 'nothing is left over')
  const { checksum_src, checksum_dest, md5sum, msg, status_code, size, state } = run.values
  assert.is(checksum_src, sumOf('first', 'sha1'))
  assert.is(checksum_dest, null)
  assert.is(md5sum, sumOf('first', 'md5'))
  assert.is(msg, 'OK (5 bytes)')
  assert.is(status_code, 200)
  assert.is(size, 5)
  assert.is(state, 'file')
})

test('another file than expected is refused, and the old one stays', async ({ world, server }) => {
  const dest = `${world.folder}/file.txt`
  await writeFile(dest, 'old')
  const written = { url: `${server.url}/x`, dest, checksum: `sha1:${sumOf('else', 'sha1')}` }
  assert.equal(shown(await check(getUrl, written, world)), [
    {
      action: 'update',
      target: dest,
      before: { checksum: `sha1:${sumOf('old', 'sha1')}` },
      after: { url: `${server.url}/x`, checksum: `sha1:${sumOf('else', 'sha1')}` },
    },
  ])
  const error = await perform(getUrl, written, world).catch((thrown) => thrown)
  assert.is(error.code, 'checksum-differs')
  assert.is(await readFile(dest, 'utf8'), 'old')
  assert.equal(await readdir(world.folder), ['file.txt'])
})

for (const list of ['SUMS', 'SUM']) {
  test(`the checksum stands in ${list}`, async ({ world, server }) => {
    const written = {
      url: `${server.url}/file.txt`,
      dest: `${world.folder}/`,
      checksum: `sha256:${server.url}/${list}`,
    }
    await ritual(getUrl, written, world)
    assert.is(await readFile(`${world.folder}/file.txt`, 'utf8'), 'first')
    assert.is(server.requests.filter((one) => one === 'GET /file.txt').length, 1)
  })
}

test('a list without the file is an error', async ({ world, server }) => {
  const written = { url: `${server.url}/none`, dest: world.folder, checksum: `sha256:${server.url}/SUMS` }
  const error = await check(getUrl, written, world).catch((thrown) => thrown)
  assert.is(error.code, 'checksum-unknown')
})

test('without a checksum the server says whether its file is newer', async ({ world, server, page }) => {
  const dest = `${world.folder}/f`
  page.modified = 'Wed, 01 Jan 2020 00:00:00 GMT'
  const written = { url: `${server.url}/f`, dest }
  await ritual(getUrl, written, world)
  page.text = 'second'
  assert.equal(await check(getUrl, written, world), [], 'it does not say that it has changed')
  page.modified = 'Fri, 01 Jan 2100 00:00:00 GMT'
  assert.is((await check(getUrl, written, world)).length, 1)
  const run = await perform(getUrl, { ...written, backup: true }, world)
  assert.ok(run.changed)
  assert.is(await readFile(dest, 'utf8'), 'second')
  assert.is(await readFile(String(run.values.backup_file), 'utf8'), 'first')
})

test('what the server does not date is brought and compared', async ({ world, server }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'first')
  await utimes(dest, 1, 1)
  const run = await perform(getUrl, { url: `${server.url}/f`, dest }, world)
  assert.not(run.changed)
  assert.is(run.values.checksum_dest, run.values.checksum_src)
  assert.equal(await readdir(world.folder), ['f'])
})

test('force brings it each time, and content decides', async ({ world, server, page }) => {
  const dest = `${world.folder}/f`
  page.modified = 'Wed, 01 Jan 2020 00:00:00 GMT'
  const written = { url: `${server.url}/f`, dest, force: true }
  assert.ok((await perform(getUrl, written, world)).changed)
  assert.not((await perform(getUrl, written, world)).changed)
  page.text = 'second'
  assert.ok((await perform(getUrl, written, world)).changed)
})

test('mends permissions of a file that is right', async ({ world, server }) => {
  const dest = `${world.folder}/f`
  await writeFile(dest, 'first')
  await chmod(dest, 0o600)
  const written = { url: `${server.url}/f`, dest, checksum: `md5:${sumOf('first', 'md5')}`, mode: '0644' }
  const run = await ritual(getUrl, written, world)
  assert.equal(shown(run.changes), [
    { action: 'update', target: dest, before: { mode: '0600' }, after: { mode: '0644' } },
  ])
  assert.equal(server.requests, [])
})

test('a file that is not there is found in a check', async ({ world, server }) => {
  const error = await check(getUrl, { url: `${server.url}/gone`, dest: world.folder }, world).catch((thrown) => thrown)
  assert.ok(error instanceof NotYetError)
  assert.is(error.values?.status_code, 404)
  assert.is(error.values?.msg, 'Request failed')
})

test('what breaks off on the way is not put in place', async ({ world, server }) => {
  const written = { url: `${server.url}/cut`, dest: `${world.folder}/f`, force: true }
  const error = await perform(getUrl, written, world).catch((thrown) => thrown)
  assert.ok(error instanceof Error)
  assert.equal(await readdir(world.folder), [])
})

for (const checksum of ['abc', 'sha256:abc', 'crc32:00000000', 'sha256:ftp://x']) {
  test(`refuses the checksum ${checksum}`, () => {
    const findings = getUrl.validate?.(argsOf(getUrl, { url: 'http://x/y', dest: '/x', checksum }), context) ?? []
    assert.equal(
      findings.map((one) => one.path),
      [['checksum']],
    )
  })
}

test.run()
