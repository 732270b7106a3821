import { readFile, stat, writeFile } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import uri from '../../../tasks/net/uri.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, shown, sourceOf } from '../../fakes/task.ts'
import { type Web, web } from '../../fakes/web.ts'

const test = suite<{ world: LocalShell; server: Web }>('tasks/net/uri')

test.before.each(async (my) => {
  my.world = await localShell()
  my.server = await web((request, body, response) => {
    const path = new URL(request.url ?? '', 'http://x').pathname
    if (path === '/json') response.setHeader('content-type', 'application/json; charset=utf-8')
    if (path === '/json') return '{"a":[1]}'
    if (path === '/cookie') response.setHeader('set-cookie', ['a=1; Path=/; HttpOnly', 'b="x y"'])
    if (path === '/moved') response.writeHead(301, { location: '/json' })
    if (path === '/made') response.statusCode = 201
    if (path === '/wrong') response.statusCode = 500
    if (path === '/echo') return `${request.headers['content-type'] ?? '-'} ${body}`
    return `said ${path}`
  })
})
test.after.each(async (my) => {
  await my.world.remove()
  await my.server.close()
})

test('a question is put in a check as well, and returns what Ansible returns', async ({ world, server }) => {
  const url = `${server.url}/json`
  assert.equal(await check(uri, { url }, world), [])
  assert.equal(server.requests, ['GET /json'])
  const run = await perform(uri, { url }, world)
  assert.not(run.changed)
  const { json, status, redirected, content, elapsed, msg, content_type } = run.values
  assert.equal(json, { a: [1] })
  assert.is(status, 200)
  assert.is(redirected, false)
  assert.is(content, undefined)
  assert.is(elapsed, 0)
  assert.is(msg, 'OK (9 bytes)')
  assert.is(content_type, 'application/json; charset=utf-8')
})

test('content is returned when it is asked for, with cookies', async ({ world, server }) => {
  const run = await perform(uri, { url: `${server.url}/cookie`, return_content: true }, world)
  assert.is(run.values.content, 'said /cookie')
  assert.equal(run.values.cookies, { a: '1', b: '"x y"' })
  assert.is(run.values.cookies_string, 'a=1; b="x y"')
})

test('a redirect shows', async ({ world, server }) => {
  const run = await perform(uri, { url: `${server.url}/moved` }, world)
  assert.is(run.values.redirected, true)
  assert.is(run.values.url, `${server.url}/json`)
  const stays = await perform(
    uri,
    { url: `${server.url}/moved`, follow_redirects: 'none', status_code: '301,302' },
    world,
  )
  assert.is(stays.values.location, `${server.url}/json`)
})

test('a wrong status fails with its values, and an earlier task may still mend it', async ({ world, server }) => {
  const error = await perform(uri, { url: `${server.url}/wrong` }, world).catch((thrown) => thrown)
  assert.ok(error instanceof NotYetError)
  assert.is(error.code, 'unexpected-status')
  assert.is(error.values?.status, 500)
  assert.match(
    String(error.values?.msg),
    /^Status code was 500 and not \[200\]: HTTP Error 500: Internal Server Error$/,
  )
  assert.is(error.diagnostics[0]?.detail, 'said /wrong')
})

test('nobody that answers is the status -1, so that "until" can wait for it', async ({ world, server }) => {
  await server.close()
  for (const method of ['GET', 'POST']) {
    const error = await perform(uri, { url: server.url, method }, world).catch((thrown) => thrown)
    assert.ok(error instanceof NotYetError, method)
    assert.is(error.values?.status, -1)
    assert.match(String(error.values?.msg), 'Status code was -1 and not [200]: Request failed')
  }
})

test('a write is shown in a check and not sent', async ({ world, server }) => {
  const written = {
    url: `${server.url}/made`,
    method: 'post',
    body_format: 'json',
    body: { name: 'x', count: 2 },
    headers: { Authorization: 'Bearer plain', 'X-Token': new Secret('s3cret', 'token') },
    status_code: [200, 201],
  }
  const planned = await check(uri, written, world)
  assert.equal(server.requests, [])
  assert.equal(shown(planned), [
    {
      action: 'run',
      target: `POST ${server.url}/made`,
      after: {
        method: 'POST',
        url: `${server.url}/made`,
        headers: { 'content-type': 'application/json', authorization: '(hidden)', 'x-token': '<secret token>' },
        body: '{"name": "x", "count": 2}',
      },
    },
  ])
  const run = await perform(uri, written, world)
  assert.ok(run.changed)
  assert.is(run.values.status, 201)
  assert.is(server.last.headers['x-token'], 's3cret')
  assert.is(server.last.body, '{"name": "x", "count": 2}')
})

for (const [format, body, sent] of [
  ['raw', 'as it is', '- as it is'],
  ['json', '{"given":1}', 'application/json {"given":1}'],
  ['json', true, 'application/json true'],
  ['form-urlencoded', { a: 'b c', d: [1, 2], e: null }, 'application/x-www-form-urlencoded a=b+c&d=1&d=2'],
  ['form-urlencoded', [['a', 'ä&']], 'application/x-www-form-urlencoded a=%C3%A4%26'],
] as const) {
  test(`the body as ${format} ${JSON.stringify(body)}`, async ({ world, server }) => {
    const run = await perform(
      uri,
      { url: `${server.url}/echo`, method: 'PUT', body_format: format, body, return_content: true },
      world,
    )
    assert.is(run.values.content, sent)
  })
}

test('a form of several parts', async ({ world, server }) => {
  const body = { plain: 'x', file: { filename: 'a.txt', content: 'hello', mime_type: 'text/plain' } }
  await perform(uri, { url: `${server.url}/echo`, method: 'POST', body_format: 'form-multipart', body }, world)
  const boundary = /boundary=(.*)$/.exec(server.last.headers['content-type'] ?? '')?.[1]
  assert.is(
    server.last.body,
    [
      `--${boundary}`,
      'Content-Disposition: form-data; name="plain"',
      '',
      'x',
      `--${boundary}`,
      'Content-Disposition: form-data; name="file"; filename="a.txt"',
      'Content-Type: text/plain',
      '',
      'hello',
      `--${boundary}--`,
      '',
    ].join('\r\n'),
  )
})

test('a secret in the body is sent and never shown', async ({ world, server }) => {
  const body = { password: new Secret('s3cret&', 'password') }
  const written = { url: `${server.url}/echo`, method: 'POST', body_format: 'form-urlencoded', body }
  const run = await perform(uri, written, world)
  assert.is(server.last.body, 'password=s3cret%26')
  assert.not.match(JSON.stringify(shown(run.changes)), 's3cret')
})

test('a file of this machine, and one of the host', async ({ world, server }) => {
  const url = `${server.url}/echo`
  await perform(uri, { url, method: 'PUT', src: sourceOf('/playbook/files/x', 'from here') }, world)
  assert.is(server.last.body, 'from here')
  await writeFile(`${world.folder}/x`, 'from there')
  await perform(uri, { url, method: 'PUT', src: `${world.folder}/x`, remote_src: true }, world)
  assert.is(server.last.body, 'from there')
})

test('account and password', async ({ world, server }) => {
  const written = { url: server.url, user: 'me', password: 'pw', force_basic_auth: true }
  await perform(uri, written, world)
  assert.is(server.last.headers.authorization, 'Basic bWU6cHc=')
})

test('creates and removes keep it from being sent', async ({ world, server }) => {
  const marker = `${world.folder}/done`
  const written = { url: server.url, method: 'POST', creates: marker }
  assert.is((await check(uri, written, world)).length, 1)
  await writeFile(marker, '')
  const run = await perform(uri, written, world)
  assert.not(run.changed)
  assert.is(run.values.stdout, `skipped, since '${marker}' exists`)
  const gone = await perform(uri, { url: server.url, removes: `${world.folder}/none` }, world)
  assert.is(gone.values.stdout, `skipped, since '${world.folder}/none' does not exist`)
  assert.equal(server.requests, [])
})

test('the answer is written to a file, which changes with it alone', async ({ world, server }) => {
  const written = { url: `${server.url}/page`, dest: world.folder, mode: '0640' }
  const planned = await check(uri, written, world)
  assert.equal(shown(planned), [{ action: 'run', target: `${world.folder}/page`, after: 'said /page' }])
  const run = await perform(uri, written, world)
  assert.ok(run.changed)
  assert.is(run.values.path, `${world.folder}/page`)
  assert.is(await readFile(`${world.folder}/page`, 'utf8'), 'said /page')
  assert.is((await stat(`${world.folder}/page`)).mode & 0o777, 0o640)
  assert.equal(await check(uri, written, world), [])
  const sent = await perform(uri, { ...written, dest: `${world.folder}/other`, method: 'POST' }, world)
  assert.is(sent.values.path, `${world.folder}/other`)
  assert.is(await readFile(`${world.folder}/other`, 'utf8'), 'said /page')
})

for (const [title, written, message] of [
  ['no address', { url: 'example.org' }, 'is no address'],
  ['another protocol', { url: 'ftp://example.org' }, 'is not spoken here'],
  ['a password in the address', { url: 'http://a:b@example.org' }, 'a password stands in the address'],
  ['two bodies', { url: 'http://x', body: 'a', src: 'b', remote_src: true }, 'body or src'],
  ['a form that is none', { url: 'http://x', body: 3, body_format: 'form-urlencoded' }, 'a form is a mapping'],
  [
    'a part without content',
    { url: 'http://x', body: { a: { filename: 'x' } }, body_format: 'form-multipart' },
    'no content',
  ],
  ['a status that is none', { url: 'http://x', status_code: 'ok' }, 'from 100 to 599'],
] as const) {
  test(`refuses ${title}`, () => {
    const findings = uri.validate?.(argsOf(uri, written), context) ?? []
    assert.match(findings.map((one) => one.diagnostic.message).join('\n'), message)
  })
}

test('a proxy that the environment names is used', async ({ world, server }) => {
  const how = { ...context, environment: (name: string) => (name === 'http_proxy' ? server.url : undefined) }
  await perform(uri, { url: 'http://far.example.org/x' }, world, how)
  assert.equal(server.requests, ['GET http://far.example.org/x'])
  const exempt = {
    ...context,
    environment: (name: string) => ({ HTTP_PROXY: server.url, no_proxy: '127.0.0.1' })[name],
  }
  await perform(uri, { url: `${server.url}/near` }, world, exempt)
  assert.is(server.requests.at(-1), 'GET /near')
})

test.run()
