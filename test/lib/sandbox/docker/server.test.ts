import { mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startDocker } from '../../../../lib/sandbox/docker/docker-double.ts'
import { bench, refusal } from './bench.ts'

const test = suite('lib/sandbox/docker/server')

const ask = (socketPath: string, method: string, path: string, body?: string, type?: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const asked = request(
      { socketPath, method, path, headers: type === undefined ? {} : { 'Content-Type': type } },
      (answer) => {
        let text = ''
        answer.on('data', (piece: Buffer) => {
          text += piece.toString()
        })
        answer.on('end', () => resolve(`${answer.statusCode} ${text}`.trim()))
      },
    )
    asked.on('error', reject)
    asked.end(body)
  })

test('the version prefix may be there, within limits', async () => {
  const { socket, docker, end } = await bench()
  try {
    assert.is(await ask(socket, 'GET', '/_ping'), '200 OK')
    assert.is(await ask(socket, 'GET', '/v1.43/_ping'), '200 OK')
    assert.is(await ask(socket, 'HEAD', '/v1.43/_ping'), '200')
    assert.is(
      await ask(socket, 'GET', '/v1.99/info'),
      '400 {"message":"client version 1.99 is too new. Maximum supported API version is 1.51"}',
    )
    assert.match(await ask(socket, 'GET', '/v1.5/info'), /^400 .*client version 1\.5 is too old/)
    assert.is((await docker.version()).ApiVersion, '1.51')
    assert.is((await docker.info()).Containers, 0)
    assert.is((await docker.df()).Images?.length, 0)
  } finally {
    await end()
  }
})

test('bodies and paths that are wrong are refused', async () => {
  const { socket, end } = await bench()
  const create = (body?: string, type?: string) => ask(socket, 'POST', '/containers/create', body, type)
  try {
    assert.is(await ask(socket, 'GET', '/nowhere'), '404 {"message":"page not found"}')
    assert.is(await ask(socket, 'PUT', '/containers/json'), '404 {"message":"page not found"}')
    assert.match(await create('{', 'application/json'), /^400 .*invalid JSON/)
    assert.match(await create('', 'application/json'), /^400 .*got EOF while reading request body/)
    assert.match(await create('{}', 'text/plain'), /^400 .*unsupported Content-Type header \(text\/plain\)/)
    assert.match(await create('null', 'application/json'), /^400 .*config cannot be empty/)
    assert.match(await create('{"Image":1}', 'application/json'), /^400 .*cannot unmarshal number/)
    assert.match(await ask(socket, 'GET', '/swarm'), /^503 .*This node is not a swarm manager/)
    assert.match(await ask(socket, 'POST', '/build'), /^501/)
    assert.match(await ask(socket, 'GET', '/containers/json?filters=x'), /^400 .*invalid filter/)
  } finally {
    await end()
  }
})

test('requests can be made to fail on purpose', async () => {
  const { docker, double, end } = await bench({
    sabotage: (method, path) =>
      method === 'POST' && path.startsWith('/volumes')
        ? { status: 500, message: 'no space left on device' }
        : undefined,
  })
  try {
    assert.is(await refusal(docker.createVolume({ Name: 'data' })), '500 no space left on device')
    assert.is(double.writes(), 0)
  } finally {
    await end()
  }
})

test('the state is for its owner only, and a broken one is not overwritten', async () => {
  const { folder, end } = await bench()
  try {
    assert.is((await stat(join(folder, 'state'))).mode & 0o777, 0o700)
    assert.is((await stat(join(folder, 'state', 'engine.json'))).mode & 0o777, 0o600)
  } finally {
    await end()
  }
  const home = await mkdtemp(join(tmpdir(), 'sandbox-docker-'))
  try {
    await mkdir(join(home, 'state'))
    await writeFile(join(home, 'state', 'engine.json'), '{"images":')
    let said = ''
    await startDocker({ state: join(home, 'state') }).catch((problem: Error) => {
      said = problem.message
    })
    assert.match(said, /^sandbox-state-unreadable: .*engine\.json cannot be read/)
  } finally {
    await rm(home, { recursive: true })
  }
})

test.run()
