import { mkdirSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingHttpHeaders, request } from 'node:http'
import { request as securedRequest } from 'node:https'
import { type AddressInfo, connect as connectTcp } from 'node:net'
import { join } from 'node:path'
import { connect } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { authority } from '../../../../lib/sandbox/certificates.ts'
import type { Program } from '../../../../lib/sandbox/docker/program.ts'
import { caddyProgram } from '../../../../lib/sandbox/programs/caddy.ts'
import { registry } from '../../../../lib/sandbox/programs/registry.ts'
import { type Bench, bench, until, whole } from '../docker/bench.ts'

const test = suite('lib/sandbox/programs/caddy')

/** A server in a container that tells the headers it was asked with, and takes any upgrade. */
const mirror: Program = {
  start: async () => {
    const server = createServer((asked, response) => response.end(JSON.stringify(asked.headers)))
    server.on('upgrade', (_, socket) =>
      socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nhi'),
    )
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const stop = async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      return 0
    }
    return { ports: { 3000: (server.address() as AddressInfo).port }, stop }
  },
}

/** Starts Caddy on a configuration file, beside a server named rocketchat. */
async function withCaddy(config: string | undefined, use: (at: Bench) => Promise<void>): Promise<void> {
  const at = await bench({ programs: { '*caddy': caddyProgram, '*mirror': mirror } })
  const spec = await registry('caddy:2.8', undefined)
  if (typeof spec === 'object') at.double.addImage('caddy:2.8', spec)
  at.double.addImage('mirror:1', {})
  const folder = join(at.folder, 'state', 'host', 'caddy')
  mkdirSync(folder, { recursive: true })
  if (config !== undefined) writeFileSync(join(folder, 'Caddyfile'), config)
  await at.docker.createNetwork({ Name: 'chat' })
  const behind = await at.docker.createContainer({
    name: 'rocketchat',
    Image: 'mirror:1',
    HostConfig: { NetworkMode: 'chat' },
  })
  await behind.start()
  const container = await at.docker.createContainer({
    name: 'proxy',
    Image: 'caddy:2.8',
    HostConfig: {
      NetworkMode: 'chat',
      Binds: ['/caddy:/etc/caddy'],
      PortBindings: { '80/tcp': [{ HostIp: '', HostPort: '80' }], '443/tcp': [{ HostIp: '', HostPort: '443' }] },
    },
  })
  await container.start()
  await use(at).finally(() => at.end())
}

const write = (at: Bench, name: string, text: string) =>
  writeFileSync(join(at.folder, 'state', 'host', 'caddy', name), text)

const exec = async (at: Bench, cmd: readonly string[]) => {
  const made = await at.docker.getContainer('proxy').exec({ Cmd: [...cmd], AttachStdout: true, AttachStderr: true })
  const text = (await whole(await made.start({}))).toString()
  return { code: (await made.inspect()).ExitCode, text }
}

const portOf = async (at: Bench, port: number): Promise<number> => {
  await until('somebody listens', () => at.double.resolvePort('127.0.0.1', port) !== undefined)
  return at.double.resolvePort('127.0.0.1', port) ?? 0
}

interface Got {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
}

async function get(at: Bench, port: number, name: string, path = '/', headers = {}): Promise<Got> {
  const real = await portOf(at, port)
  return new Promise((resolve, reject) => {
    const asked = (port === 443 ? securedRequest : request)(
      {
        host: '127.0.0.1',
        port: real,
        path,
        servername: name,
        rejectUnauthorized: false,
        agent: false,
        headers: { host: name, ...headers },
      },
      async (response) => {
        const text = Buffer.concat(await response.toArray()).toString()
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text })
      },
    )
    asked.on('error', reject)
    asked.end()
  })
}

/** Whose certificate is shown for a name, and whether somebody who knows `ca` believes it. */
async function shown(at: Bench, name: string, ca: string): Promise<{ issuer: string; trusted: boolean }> {
  const port = await portOf(at, 443)
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, servername: name, ca, rejectUnauthorized: false }, () => {
      resolve({ issuer: String(socket.getPeerCertificate().issuer.CN), trusted: socket.authorized })
      socket.destroy()
    })
    socket.on('error', reject)
  })
}

const site = (inside: string) => `{
	admin 127.0.0.1:2019
}

https://chat.example.org:443 {
	${inside}
	header Strict-Transport-Security max-age=60
	reverse_proxy rocketchat:3000 {
		header_up X-Real-IP {remote_host}
	}
}
`

test('sends visitors to the encrypted address', () =>
  withCaddy('chat.example.org {\n\treverse_proxy rocketchat:3000\n}\n', async (at) => {
    const answer = await get(at, 80, 'chat.example.org', '/x')
    assert.is(answer.status, 308)
    assert.is(answer.headers.location, 'https://chat.example.org/x')
    assert.is((await get(at, 80, 'other.example.org')).status, 200)
    assert.is((await exec(at, ['caddy', 'validate', '--config', '/etc/caddy/Caddyfile'])).code, 0)
    write(at, 'Caddyfile', 'chat.example.org {\n')
    const bad = await exec(at, ['caddy', 'reload', '-c', '/etc/caddy/Caddyfile'])
    assert.is(bad.code, 1)
    assert.match(bad.text, /expected a closing '}'/)
  }))

test('forwards what it is asked, says who asks and believes nobody else about it', () =>
  withCaddy(site('tls internal'), async (at) => {
    const answer = await get(at, 443, 'chat.example.org', '/', { 'x-forwarded-for': '1.2.3.4', 'x-real-ip': '1.2.3.4' })
    assert.is(answer.status, 200)
    assert.is(answer.headers['strict-transport-security'], 'max-age=60')
    const told = JSON.parse(answer.text)
    assert.is(told['x-forwarded-for'], '127.0.0.1')
    assert.is(told['x-real-ip'], '127.0.0.1')
    assert.is(told['x-forwarded-proto'], 'https')
    assert.is(told.host, 'chat.example.org')
    await at.docker.getContainer('rocketchat').stop()
    assert.is((await get(at, 443, 'chat.example.org')).status, 502)
  }))

test('lets web sockets through', () =>
  withCaddy('http://chat.example.org {\n\treverse_proxy rocketchat:3000\n}\n', async (at) => {
    const socket = connectTcp(await portOf(at, 80), '127.0.0.1')
    socket.write(
      'GET /websocket HTTP/1.1\r\nHost: chat.example.org\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    )
    const said = Buffer.concat(await socket.toArray()).toString()
    assert.match(said, /^HTTP\/1\.1 101 /)
    assert.match(said, /hi$/)
  }))

test('its own authority stays, what it gives out is believed by who knows its root', () =>
  withCaddy(site('tls internal'), async (at) => {
    await portOf(at, 443)
    const { signal } = new AbortController()
    const archive = await at.docker
      .getContainer('proxy')
      .getArchive({ path: '/data/caddy/pki/authorities/local/root.crt', abortSignal: signal })
    const [root = ''] = /-----BEGIN[\s\S]+END CERTIFICATE-----/.exec((await whole(archive as never)).toString()) ?? []
    const first = await shown(at, 'chat.example.org', root)
    assert.equal(first, { issuer: 'Caddy Local Authority - ECC Intermediate', trusted: true })
    await at.docker.getContainer('proxy').restart()
    assert.ok((await shown(at, 'chat.example.org', root)).trusted)
  }))

test('shows a certificate from files, and goes on with it when the next one is no good', () =>
  withCaddy(site('tls /etc/caddy/a.pem /etc/caddy/a.key'), async (at) => {
    await until('it gave up', () => !at.double.inspect('proxy').State.Running)
    const { root, intermediate, leaf } = authority()
    const [one, two] = [leaf(), leaf()]
    write(at, 'a.pem', one.pem + intermediate.pem)
    write(at, 'a.key', one.key)
    await at.docker.getContainer('proxy').start()
    assert.ok((await shown(at, 'chat.example.org', root.pem)).trusted)
    write(at, 'b.pem', two.pem + intermediate.pem)
    write(at, 'Caddyfile', site('tls /etc/caddy/b.pem /etc/caddy/a.key'))
    const bad = await exec(at, ['caddy', 'reload', '--config', '/etc/caddy/Caddyfile'])
    assert.is(bad.code, 1)
    assert.match(bad.text, /tls: private key does not match public key/)
    assert.ok((await shown(at, 'chat.example.org', root.pem)).trusted)
  }))

test('the authorities of the world outside cannot be reached, and it says so', () =>
  withCaddy(site('tls {\n\t\tissuer acme {\n\t\t\tdir https://acme.example.org/dir\n\t\t}\n\t}'), async (at) => {
    await portOf(at, 443)
    await shown(at, 'chat.example.org', '').then(
      () => assert.unreachable(),
      (error: unknown) => assert.match(String(error), /alert/),
    )
    const log = (await at.docker.getContainer('proxy').logs({ stdout: true, stderr: true })).toString()
    assert.match(log, /"msg":"will retry".*lookup acme\.example\.org: no such host/)
  }))

for (const [title, config, words] of [
  ['without a configuration', undefined, /no such file or directory/],
  ['with a brace too many', '}\n', /Caddyfile:1: unexpected '}'/],
  ['with an unknown directive', 'a.example.org {\n\tfoo\n}\n', /Caddyfile:2: unrecognized directive: foo/],
  ['with an unknown option', '{\n\tfoo\n}\n', /Caddyfile:2: unrecognized global option: foo/],
  ['with an unknown word about TLS', site('tls {\n\t\tfoo\n\t}'), /Caddyfile:7 - .*unknown subdirective: foo/],
  ['with an old version of TLS', site('tls {\n\t\tprotocols tls1.1\n\t}'), /not supported: 'tls1\.1'/],
  ['with an unknown issuer', site('tls {\n\t\tissuer foo\n\t}'), /module not registered: tls\.issuance\.foo/],
  ['without the files', site('tls /a.pem /a.key'), /loading certificates: open \/a\.pem: no such file/],
] as const) {
  test(`does not start ${title}`, () =>
    withCaddy(config, async (at) => {
      await until('it has happened', () => !at.double.inspect('proxy').State.Running)
      assert.is(at.double.inspect('proxy').State.ExitCode, 1)
      const log = await at.docker.getContainer('proxy').logs({ stdout: true, stderr: true })
      assert.match(log.toString(), words)
    }))
}

test.run()
