import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import path from 'node:path'
import { connect } from 'node:tls'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { authority, issue } from '../../lib/sandbox/certificates.ts'
import type { HostDouble } from '../../lib/sandbox/host-double.ts'
import { type Rehearsal, rehearsal } from '../fakes/rehearsal.ts'
import { type Ran, runWords } from '../fakes/run-words.ts'
import { overStreams } from '../lib/sandbox/docker/bench.ts'

const test = suite<{ at: Rehearsal }>('playbooks/tls')
const name = 'chat.example.org'
const plain = { ametys_cms_url: 'http://cms.example.org', ametys_spaces_url: 'http://spaces.example.org' }
const http = { ...plain, rocketchat_url: `http://${name}` }
const https = { rocketchat_url: `https://${name}` }

test.before(async (context) => {
  context.at = await rehearsal({}, {}, { rocketchat_certificate: '', ...http })
})
test.after(({ at }) => at.remove())

const run = ({ inventory }: Rehearsal, playbook: string, vars: object = {}, ...words: string[]): Promise<Ran> =>
  runWords(playbook, ['--inventory', inventory, '-e', JSON.stringify(vars), ...words])
const fine = (ran: Ran): void =>
  assert.is(ran.code, 0, ran.findings.map((one) => `${one.message}\n${one.detail ?? ''}`).join('\n'))
const changed = (ran: Ran) => ran.tasks.filter((one) => one.endsWith(' changed')).map((one) => one.slice(0, -8))
const said = (ran: Ran) => ran.findings.map((one) => `${one.code}: ${one.message}\n${one.mend ?? ''}`).join('\n')
const beside = ({ inventory }: Rehearsal, file: string, text: string) => writeFileSync(path.join(inventory, file), text)

/** Who issued what is shown at a port of the machine; undefined when nobody shows anything. */
function issuer(host: HostDouble, port = 443): Promise<string | undefined> {
  const real = host.docker()?.resolvePort('127.0.0.1', port)
  if (real === undefined) return Promise.resolve(undefined)
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port: real, servername: name, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().issuer.CN))
      socket.destroy()
    })
    socket.on('error', () => resolve(undefined))
  })
}

/** What the proxy answers to those who ask for the chat at a port. */
function statusAt(host: HostDouble, port: number): Promise<number | undefined> {
  const options = { host: '127.0.0.1', port: host.docker()?.resolvePort('127.0.0.1', port), agent: false }
  return new Promise((resolve, reject) => {
    request({ ...options, path: '/api/info', headers: { host: name } }, (answer) => {
      answer.resume()
      resolve(answer.statusCode)
    })
      .on('error', reject)
      .end()
  })
}

async function get(host: HostDouble, file: string, headers: { readonly [name: string]: string } = {}) {
  const port = host.docker()?.resolvePort('127.0.0.1', 3000)
  const answer = await fetch(`http://127.0.0.1:${port}${file}`, { headers })
  return { status: answer.status, json: (await answer.json()) as { readonly [name: string]: unknown } }
}

const secrets = ({ inventory, host }: Rehearsal) =>
  JSON.parse(readFileSync(path.join(inventory, 'secrets', `${host.name}.json`), 'utf8')) as {
    readonly [name: string]: string
  }

const { root, intermediate, leaf } = authority()
const good = leaf()
const files = {
  ...https,
  rocketchat_certificate: 'files',
  rocketchat_certificate_file: 'chat.pem',
  rocketchat_certificate_key_file: 'chat.key',
}

test('a chat on http comes up behind the proxy when no address of Ametys is https', async ({ at }) => {
  fine(await run(at, 'install.yml'))
  assert.is(await issuer(at.host), undefined)
  assert.is(await statusAt(at.host, 80), 200)
})

const untouched: readonly (readonly [string, object, RegExp])[] = [
  [
    'a site that turned https',
    { ametys_site_urls: ['https://www.example.org'] },
    /chat-must-be-https: .*https:\/\/www\.example\.org is/,
  ],
  ['https without a source', https, /certificate-source-missing: .*rocketchat_certificate/],
  [
    'files that are not named',
    { ...https, rocketchat_certificate: 'files' },
    /certificate-source-missing: .*rocketchat_certificate_file/,
  ],
  [
    'a name that Let’s Encrypt does not know',
    { rocketchat_url: 'https://chat.lan', rocketchat_certificate: 'acme' },
    /certificate-name-unfit/,
  ],
]
for (const [title, vars, words] of untouched) {
  test(`is refused before a host is touched: ${title}`, async ({ at }) => {
    const before = at.host.machine.commands
    const ran = await run(at, 'install.yml', vars)
    assert.is(ran.code, 2)
    assert.match(said(ran), words)
    assert.is(at.host.machine.commands, before)
  })
}

test('http becomes https: data and token stay, the addresses move together', async ({ at }) => {
  const { host } = at
  const { ametys_token: token = '', ametys_user_id: id = '' } = secrets(at)
  const headers = { 'X-Auth-Token': token, 'X-User-Id': id }
  const address = async () => (await get(host, '/api/v1/settings/Site_Url', headers)).json.value
  assert.is(await address(), `http://${name}`)
  const unread = { ...headers, 'Content-Type': 'application/json' }
  const port = host.docker()?.resolvePort('127.0.0.1', 3000)
  const posted = await fetch(`http://127.0.0.1:${port}/api/v1/users.create`, {
    method: 'POST',
    headers: unread,
    body: JSON.stringify({ email: 'a@example.org', name: 'A', username: 'a.person', password: 'Sesame-open1' }),
  })
  assert.is(posted.status, 200, await posted.text())

  const ran = await run(at, 'install.yml', { ...https, rocketchat_certificate: 'internal', rocketchat_adopt: true })
  fine(ran)
  assert.match(
    changed(ran).join(),
    /answers at the address of the chat.*The environment of Rocket\.Chat.*Restart Rocket\.Chat/,
  )
  assert.not.match(changed(ran).join(), /token|settings|The proxy runs/)
  assert.is(await address(), `https://${name}`)
  assert.equal(secrets(at).ametys_token, token)
  assert.is((await get(host, '/api/v1/users.info?username=a.person', headers)).status, 200)
  assert.match((await issuer(host)) ?? '', /^Caddy Local Authority/)
  assert.is(await statusAt(host, 80), 308)
  assert.ok(existsSync(path.join(at.inventory, `${name}-root.pem`)))
})

const broken: readonly (readonly [string, string, string, RegExp])[] = [
  ['expired', leaf({ until: -0.5 }).pem + intermediate.pem, good.key, /certificate-expired/],
  [
    'of another name',
    leaf({ names: ['other.example.org'] }).pem + intermediate.pem,
    good.key,
    /certificate-[a-z-]*name[a-z-]*/,
  ],
  ['without what issued it', good.pem, good.key, /chain/],
  ['with another key', good.pem + intermediate.pem, leaf().key, /key/],
  ['signed by itself', issue({ subject: name, names: [name] }).pem, good.key, /self-signed/],
  ['backwards', intermediate.pem + good.pem, good.key, /order/],
  ['of nobody known', good.pem + intermediate.pem, good.key, /trust|authority/],
]
for (const [title, chain, key, words] of broken) {
  test(`a certificate that is no good stops the run before anything is changed: ${title}`, async ({ at }) => {
    beside(at, 'chat.pem', chain)
    beside(at, 'chat.key', key)
    if (title !== 'of nobody known') beside(at, 'root.pem', root.pem)
    const ca = title === 'of nobody known' ? {} : { rocketchat_ca_file: path.join(at.inventory, 'root.pem') }
    const ran = await run(at, 'tls.yml', { ...files, ...ca })
    assert.is(ran.code, 1)
    assert.match(said(ran), words)
    assert.equal(changed(ran), [])
    assert.match((await issuer(at.host)) ?? '', /^Caddy Local Authority/)
  })
}

test('a certificate from files is shown, its key is readable by nobody else, and no key shows in a diff', async ({
  at,
}) => {
  beside(at, 'chat.pem', good.pem + intermediate.pem)
  beside(at, 'chat.key', good.key)
  const vars = { ...files, rocketchat_ca_file: path.join(at.inventory, 'root.pem') }
  const ran = await run(at, 'tls.yml', vars, '--diff')
  fine(ran)
  assert.is(await issuer(at.host), 'Example Intermediate')
  const body = good.key.split('\n')[1] ?? ''
  assert.not.ok(JSON.stringify(ran.events).includes(body))
  const folder = path.join(at.host.machine.root, 'opt/rocketchat/caddy')
  const kept = readdirSync(folder).filter((one) => one.endsWith('.key'))
  assert.is(kept.length, 1)
  fine(await run(at, 'tls.yml', vars))
  assert.equal(changed(await run(at, 'tls.yml', vars)), [])
})

test('an authority that cannot be reached is told, and the certificate before stays in service', async ({ at }) => {
  const ran = await run(at, 'tls.yml', {
    ...https,
    rocketchat_certificate: 'acme',
    rocketchat_acme_directory: 'https://acme.example.org/dir',
  })
  assert.is(ran.code, 1)
  assert.match(said(ran), /certificate-not-obtained: .*no such host\n.*rocketchat_acme_directory/)
  assert.is(await issuer(at.host), 'Example Intermediate')
})

test('a configuration that Caddy refuses stays out of service', async ({ at }) => {
  const ran = await run(at, 'tls.yml', {
    ...files,
    rocketchat_ca_file: path.join(at.inventory, 'root.pem'),
    caddy_options: ['nonsense'],
  })
  assert.is(ran.code, 1)
  assert.match(said(ran), /proxy-config-refused: .*nonsense/)
  assert.is(await issuer(at.host), 'Example Intermediate')
})

test('a certificate that lies on the host is taken from there', async ({ at }) => {
  const put = (file: string, text: string) =>
    writeFileSync(path.join(at.host.machine.root, file), text, { mode: 0o600 })
  const next = leaf()
  put('root/chain.pem', next.pem + intermediate.pem)
  put('root/key.pem', next.key)
  const vars = {
    ...https,
    rocketchat_certificate: 'files',
    rocketchat_certificate_on_host: true,
    rocketchat_certificate_file: '/root/chain.pem',
    rocketchat_certificate_key_file: '/root/key.pem',
    rocketchat_ca_file: path.join(at.inventory, 'root.pem'),
  }
  const ran = await run(at, 'tls.yml', vars)
  fine(ran)
  assert.match(changed(ran).join(), /Its key on the host is in place/)
  assert.equal(changed(await run(at, 'tls.yml', vars)), [])
})

test('where another proxy stands ours is taken away, and what that one must forward is said', async ({ at }) => {
  const external = { ...https, rocketchat_certificate: 'external', rocketchat_external_address: '10.0.0.5:3000' }
  const ran = await run(at, 'install.yml', { ...external, rocketchat_adopt: true })
  fine(ran)
  assert.match(ran.messages, /forwards everything to http:\/\/10\.0\.0\.5:3000/)
  assert.is(at.host.docker()?.resolvePort('127.0.0.1', 443), undefined)
  assert.ok(at.host.docker()?.resolvePort('10.0.0.5', 3000))
  assert.ok(at.host.docker()?.resolvePort('127.0.0.1', 3000))
  assert.is(at.host.docker()?.resolvePort('10.0.0.6', 3000), undefined)

  const docker = at.host.docker()
  if (docker === undefined) throw new Error('the engine does not run')
  const theirs = await overStreams(docker).createContainer({ name: 'caddy', Image: 'docker.io/library/caddy:2.11.4' })
  fine(await run(at, 'tls.yml', external))
  assert.is(docker.inspect('caddy').Id, theirs.id)
})

test.run()
