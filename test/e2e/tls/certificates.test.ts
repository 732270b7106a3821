import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { command, until } from '../machine/command.ts'
import { freePort } from '../machine/registry.ts'
import { type Chains, type Kind, makeChains } from './chains.ts'
import { type Authority, startAuthority } from './pebble.ts'
import { answering, keepAsking, name, openStage, type Run, type Stage } from './stage.ts'

const test = suite('e2e/tls/certificates')
let stage: Stage
let chains: Chains
const authorities: Authority[] = []

test.before(async () => {
  stage = await openStage().catch((error: unknown) => {
    // The runner keeps to itself what a hook throws.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    throw error
  })
  chains = await makeChains(join(stage.folder, 'chains'), name, stage.gateway)
  stage.write('root.pem', chains.root)
})
test.after(async () => {
  for (const one of authorities) await one.stop()
  await stage?.stop()
})

const fine = (run: Run, ...changed: readonly RegExp[]): void => {
  assert.is(run.code, 0, `${run.complaints}\n${run.output.slice(-2000)}`)
  for (const one of changed)
    assert.ok(
      run.changed.some((task) => one.test(task)),
      `${one}: ${run.changed.join()}`,
    )
}

const files = (kind: Kind) => {
  const { chain, key } = chains.of(kind)
  stage.write('chat.pem', chain)
  stage.write('chat.key', key)
  return {
    rocketchat_certificate: 'files',
    rocketchat_certificate_file: 'chat.pem',
    rocketchat_certificate_key_file: 'chat.key',
    rocketchat_ca_file: join(stage.folder, 'inventory/root.pem'),
  }
}

const serial = async () => (await stage.shown())?.serialNumber ?? ''

test('its own authority: https, web sockets, the redirect, only new versions of TLS, nothing to do again', async () => {
  fine(
    await stage.run({ rocketchat_certificate: 'internal', rocketchat_hsts: 600 }),
    /proxy runs/,
    /answers at the address/,
  )
  await answering(stage)
  const root = readFileSync(join(stage.folder, 'inventory', `${name}-root.pem`), 'utf8')
  assert.ok((await stage.shown(root))?.trusted)
  assert.is(await stage.shown(undefined, 'TLSv1.1'), undefined)
  const info = await stage.get('https', '/api/info')
  assert.is(info.status, 200)
  assert.is(info.headers['strict-transport-security'], 'max-age=600')
  const redirect = await stage.get('http', '/home')
  assert.is(redirect.status, 308)
  assert.is(redirect.headers.location, `https://${name}:${stage.ports.https}/home`)
  const socket = {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-key': 'x3JJHMbDL1EzLkh9GBhXDw==',
    'sec-websocket-version': '13',
  }
  assert.is((await stage.get('https', '/websocket', socket)).status, 101)
  const again = await stage.run({ rocketchat_certificate: 'internal', rocketchat_hsts: 600 })
  fine(again)
  assert.equal(again.changed, [])
})

test('another certificate is taken into service while requests are answered, without a restart', async () => {
  const began = await stage.started()
  const asking = keepAsking(stage)
  fine(await stage.run(files('good')), /answers at the address/)
  const first = await serial()
  fine(await stage.run(files('next')), /answers at the address/)
  const { answers, wrong } = await asking.stop()
  assert.equal(wrong, [])
  assert.ok(answers > 10)
  assert.is.not(await serial(), first)
  assert.ok((await stage.shown(chains.root))?.trusted)
  assert.is(await stage.started(), began)
  const kept = readdirSync(join(stage.folder, 'opt/caddy')).filter((one) => /^cert/.test(one))
  assert.is(kept.length, 2, kept.join())
})

const broken: readonly (readonly [Kind, RegExp])[] = [
  ['expired', /expired/],
  ['wrong name', /other\.example\.org/],
  ['no intermediate', /chain|intermediate/],
  ['wrong key', /key/],
  ['self-signed', /self-signed|itself/],
  ['backwards', /order/],
]
for (const [kind, words] of broken) {
  test(`a certificate that is no good is refused, and the one before stays in service: ${kind}`, async () => {
    const before = await serial()
    const run = await stage.run(files(kind))
    assert.is(run.code, 1, run.output.slice(-1500))
    assert.match(run.complaints, words)
    assert.equal(run.changed, [])
    assert.is(await serial(), before)
  })
}

test('a configuration that Caddy refuses is told with its words, and the one before stays, over a restart too', async () => {
  const before = await serial()
  const run = await stage.run({ ...files('next'), caddy_options: ['nonsense on'] })
  assert.is(run.code, 1)
  assert.match(run.complaints, /proxy-config-refused: .*unrecognized global option: nonsense/)
  assert.is(await serial(), before)
  await command('docker', ['restart', 'caddy'])
  await answering(stage)
  assert.is(await serial(), before)
})

const acme = async (authority: Authority, more: { readonly [name: string]: unknown } = {}) => ({
  rocketchat_certificate: 'acme',
  rocketchat_acme_directory: authority.directory,
  rocketchat_acme_root: 'root.pem',
  rocketchat_acme_email: 'admin@example.org',
  ...more,
})

const authority = async (given: { readonly validity: number; readonly closed?: boolean; readonly only?: string }) => {
  const closed = await freePort('0.0.0.0')
  const one = await startAuthority({
    folder: stage.folder,
    address: stage.gateway,
    chains,
    name: given.only ?? name,
    httpPort: given.closed ? closed : stage.ports.http,
    tlsPort: given.closed ? closed : stage.ports.https,
    validity: given.validity,
  })
  authorities.push(one)
  return one
}

test('what keeps an authority from giving a certificate is told, and the one before stays in service', async () => {
  const before = await serial()
  const good = await authority({ validity: 3600 })
  const cases: readonly (readonly [string, { readonly [name: string]: unknown }, RegExp])[] = [
    [
      'a closed port',
      await acme(await authority({ validity: 3600, closed: true })),
      /certificate-not-obtained: .*(connection refused|Connection refused|connection).*port 80/s,
    ],
    [
      'a name that leads nowhere',
      await acme(await authority({ validity: 3600, only: 'other.example.org' })),
      /certificate-not-obtained: .*(DNS|NXDOMAIN|dns|No valid IP|not resolve).*must lead to this host/s,
    ],
    [
      'a directory out of reach',
      { ...(await acme(good)), rocketchat_acme_directory: `https://${stage.gateway}:1/dir` },
      /certificate-not-obtained: .*connection refused.*rocketchat_acme_directory/s,
    ],
    [
      'an unknown root',
      { ...(await acme(good)), rocketchat_acme_root: '' },
      /certificate-not-obtained: .*unknown authority.*rocketchat_acme_root/s,
    ],
  ]
  for (const [title, vars, words] of cases) {
    const run = await stage.run(vars)
    assert.is(run.code, 1, title)
    assert.match(run.complaints, words, `${title}: ${run.complaints}`)
    assert.is(await serial(), before, title)
  }
})

for (const challenge of ['tls-alpn-01', 'http-01']) {
  test(`an authority over ACME gives a certificate by ${challenge}, and renews it while requests are answered`, async () => {
    const one = await authority({ validity: 30 })
    const vars = await acme(one, { rocketchat_acme_challenges: [challenge], caddy_options: ['renew_interval 2s'] })
    fine(await stage.run(vars), /answers at the address/)
    await answering(stage)
    const root = await one.root()
    const first = await stage.shown(root)
    assert.ok(first?.trusted)
    const asking = keepAsking(stage)
    await until('a renewed certificate', 60, async () => ((await serial()) !== first?.serialNumber ? true : undefined))
    const { answers, wrong } = await asking.stop()
    assert.equal(wrong, [])
    assert.ok(answers > 10)
    assert.ok((await stage.shown(root))?.trusted)
  })
}

test('plain http, and nothing at all where another proxy stands', async () => {
  const { http } = stage.ports
  fine(await stage.run({ rocketchat_url: `http://${name}:${http}` }), /answers at the address/)
  assert.is((await stage.get('http', '/api/info')).status, 200)
  assert.is(await stage.shown(), undefined)
  fine(await stage.run({ rocketchat_certificate: 'external' }), /No proxy of ours/)
  await stage.get('http', '/').then(
    () => assert.unreachable(),
    () => undefined,
  )
})

test.run()
