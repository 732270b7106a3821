import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { nodeEval } from '../../../../lib/sandbox/programs/node-eval.ts'

const test = suite('lib/sandbox/programs/node-eval')

const server = createServer((request, response) => {
  response.statusCode = request.url === '/bad' ? 503 : 200
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify({ path: request.url }))
})
let port = 0

test.before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
test.after(() => {
  server.close()
})

const run = (text: string, patience = 5000) =>
  nodeEval(
    text,
    { NAME: 'value' },
    (host, asked) => (host === '127.0.0.1' && asked === 3000 ? port : undefined),
    patience,
  )

const ends = (title: string, text: string, code: number, stdout: RegExp = /^$/, stderr: RegExp = /^$/) =>
  test(title, async () => {
    const result = await run(text, 2000)
    assert.is(result.code, code)
    assert.match(String(result.stdout), stdout)
    assert.match(String(result.stderr), stderr)
  })

const url = 'http://127.0.0.1:3000'
ends(
  'a good answer',
  `fetch('${url}/ok').then(async (r) => process.exit(r.ok && (await r.json()).path === '/ok' ? 0 : 1))`,
  0,
)
ends('a bad answer', `fetch('${url}/bad').then((r) => process.exit(r.ok ? 0 : 1))`, 1)
ends(
  'its headers',
  `fetch('${url}').then((r) => console.log(r.status, r.headers.get('content-type')))`,
  0,
  /^200 application\/json\n$/,
)
ends('nobody answers', `fetch('http://127.0.0.1:3001').catch((e) => console.log(e.message))`, 0, /^fetch failed\n$/)
ends('nothing leaves the container', `fetch('http://192.0.2.1').catch(() => process.exit(3))`, 3)
ends('a failure that nobody catches', `fetch('http://127.0.0.1:3001')`, 1, /^$/, /fetch failed/)
ends('the environment', 'console.log(process.env.NAME)', 0, /^value\n$/)
ends('an error', `throw new Error('broken')`, 1, /^$/, /broken/)
ends('a mistake in the text', 'let = 1 1', 1, /^$/, /SyntaxError/)

test('a script that does not end is ended', async () => {
  assert.is((await run('setInterval(() => {}, 1000)', 100)).code, 1)
})

test.run()
