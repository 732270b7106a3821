import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic } from '../../../lib/core/diagnostic.ts'
import { ConnectError, ToolError } from '../../../lib/core/diagnostic.ts'
import type { Context } from '../../../lib/core/module.ts'
import type { Query } from '../../../lib/core/query.ts'
import { observe } from '../../../lib/observe/observe.ts'
import chatProof from '../../../tasks/tls/chat_proof.ts'
import { authority, type Issued, issue } from '../../fakes/certificates.ts'
import { publicSite, type Site, type SiteOptions } from '../../fakes/public-site.ts'
import { argsOf } from '../../fakes/task.ts'

const test = suite('tasks/tls/chat_proof')

const folder = mkdtempSync(path.join(tmpdir(), 'ametys-rocketchat-test-'))
const ca = path.join(folder, 'root.pem')
const { root, intermediate, leaf } = authority()
writeFileSync(ca, root.pem)
const good = leaf({ names: ['localhost'] })
const shown = (one: Issued, ...more: readonly Issued[]) => ({
  cert: [one, ...more].map(({ pem }) => pem).join(''),
  key: one.key,
})
const tls = shown(good, intermediate)

interface Proven {
  readonly codes: readonly string[]
  readonly table: string
  readonly findings: readonly Diagnostic[]
  readonly error: ToolError | undefined
}

/** The proof of an address, with real looks at the loopback interface. */
async function prove(
  url: string,
  more: { readonly [name: string]: unknown } = {},
  inputs: { readonly [observer: string]: { readonly [name: string]: unknown } } = {},
  rehearsal = false,
): Promise<Proven> {
  const args = argsOf(chatProof, { url, version: '8.6.1', upload_size: 300_000, redirect_from: 0, ...more })
  const context: Context = {
    host: 'localhost',
    variable: (name) => (name === 'rocketchat_ca_file' ? ca : undefined),
  }
  const probe = chatProof.probe(args, context)
  const eyes = { signal: new AbortController().signal, rehearsal }
  const answers = await Promise.all(
    (probe.ask as readonly (Query & { on: 'controller' })[]).map(({ observe: name, input }) =>
      observe(name, { ...input, ...inputs[name] }, eyes),
    ),
  )
  const state = probe.read(answers)
  try {
    assert.equal(chatProof.diff(args, state, context), [])
    const { message = '', warnings = [] } = chatProof.result?.(args, state) ?? {}
    return { codes: warnings.map(said), table: message, findings: warnings, error: undefined }
  } catch (error) {
    if (!(error instanceof ToolError)) throw error
    const [first, ...findings] = error.diagnostics
    return { codes: findings.map(said), table: first?.detail ?? '', findings, error }
  }
}

const said = ({ code, severity }: Diagnostic): string => (severity === 'warning' ? `${code} (warning)` : code)

async function at(options: SiteOptions, work: (site: Site) => Promise<void>): Promise<void> {
  const site = await publicSite(options)
  try {
    await work(site)
  } finally {
    await site.close()
  }
}

/** A site with a site of plain http before it that leads to `location`. */
async function behind(
  location: (site: Site) => string,
  options: SiteOptions,
  work: (site: Site, plain: Site) => Promise<void>,
) {
  await at(options, async (site) => {
    const page = { status: 308, headers: { location: location(site) } }
    await at({ page }, async (plain) => work(site, plain))
  })
}

test('a chat on https as it should be is proven, and nothing but looks has arrived', () =>
  behind(
    ({ url }) => url,
    { tls, hsts: 'max-age=31536000' },
    async (site, plain) => {
      const { codes, table, error } = await prove(site.url, { redirect_from: plain.port, hsts: 31_536_000 })
      assert.is(error?.message, undefined)
      assert.equal(codes, [])
      for (const line of [
        /^Name +well +leads to .*which is the machine$/,
        /^Port \d+ +well +is open$/,
        /^Certificate +well +of chat\.example\.org, issued by Example Intermediate$/,
        /^Chain +well +is complete and trusted$/,
        /^Names +well +is for localhost$/,
        /^Validity +well +until \d{4}-\d\d-\d\d, 89 days left$/,
        /^TLS +well +accepts 1\.2 and 1\.3, refuses 1\.0 and 1\.1$/,
        /^Port \d+ +well +leads to https:\/\/localhost:\d+ \(status 308\)$/,
        /^HSTS +well +max-age=31536000$/,
        /^Rocket\.Chat +well +8\.6 answers \(it hides the rest\)$/,
        /^Web socket +well +opens, and Rocket\.Chat greets over it$/,
        /^Upload +well +301 kB went out whole: status 401, as strangers are refused/,
        /^Port 3000 +open +cannot be seen from outside/,
      ])
        assert.ok(
          table.split('\n').some((one) => line.test(one)),
          `${line} in\n${table}`,
        )
      assert.is(table.split('\n').length, 13)
      assert.equal([...new Set(site.asked)].sort(), [
        'GET /api/info',
        'POST /api/v1/rooms.media/proof',
        'UPGRADE /websocket',
      ])
    },
  ))

test('a chat on http is proven as far as that goes', () =>
  at({}, async (site) => {
    const { codes, table } = await prove(site.url)
    assert.equal(codes, [])
    assert.match(table, /Encryption +well +none: the address is http/)
    assert.not.match(table, /Certificate|TLS|HSTS/)
    assert.match(table, /greets over it/)
  }))

const stranger = authority('Stranger')
const signedItself = issue({ subject: 'localhost', names: ['localhost'] })
const otherSite = leaf({ subject: 'cms.example.org', names: ['cms.example.org'] })
const kinds: readonly (readonly [string, SiteOptions, readonly string[], RegExp])[] = [
  [
    'an expired certificate',
    { tls: shown(leaf({ names: ['localhost'], from: -90, until: -2 }), intermediate) },
    ['certificate-expired'],
    /Validity +wrong +the certificate of .* expired on .* 2 days ago/,
  ],
  [
    'a certificate that begins tomorrow',
    { tls: shown(leaf({ names: ['localhost'], from: 1 }), intermediate) },
    ['certificate-early'],
    /Validity +wrong +the certificate of .* holds from/,
  ],
  [
    'a certificate that ends soon',
    { tls: shown(leaf({ names: ['localhost'], until: 5.5 }), intermediate) },
    ['certificate-ends (warning)'],
    /Validity +look +until .*, 5 days left/,
  ],
  [
    'the certificate of another site',
    { tls: shown(otherSite, intermediate) },
    ['certificate-names'],
    /Names +wrong +is for cms\.example\.org/,
  ],
  [
    'a missing intermediate',
    { tls: shown(good) },
    ['chain-incomplete'],
    /Chain +wrong +the certificate of Example Intermediate is missing/,
  ],
  [
    'a self-signed certificate',
    { tls: shown(signedItself) },
    ['certificate-self-signed'],
    /Chain +wrong +.*self-signed/,
  ],
  [
    'an unknown authority',
    { tls: shown(stranger.leaf({ names: ['localhost'] }), stranger.intermediate, stranger.root) },
    ['authority-unknown'],
    /leads to Stranger Root/,
  ],
  [
    'a certificate for clients',
    { tls: shown(leaf({ names: ['localhost'], server: false }), intermediate) },
    ['certificate-purpose'],
    /Certificate +wrong/,
  ],
  ['old versions of TLS', { tls, oldest: 'TLSv1' }, ['protocol-old'], /TLS +wrong +accepts 1\.0, 1\.1, 1\.2 and 1\.3/],
  [
    'no new version of TLS',
    { tls, newest: 'TLSv1.2' },
    ['protocol-missing'],
    /TLS +wrong +accepts 1\.2, refuses 1\.0, 1\.1 and 1\.3/,
  ],
  ...[400, 200, 426, 404].map(
    (status) =>
      [
        `a web socket answered with ${status}`,
        { tls, socket: status },
        ['websocket-refused'],
        new RegExp(`Web socket +wrong +is answered with status ${status} by proxy instead of 101`),
      ] as const,
  ),
  ['a web socket that the proxy cannot open', { tls, socket: 502 }, ['websocket-unready'], /status 502/],
  ['a web socket that stays mute', { socket: 'mute' }, ['websocket-silent'], /no answer within 0\.3 s/],
  ['a web socket of another program', { socket: 'other' }, ['websocket-mute'], /says hello from another program/],
  ['a web socket with another protocol', { socket: 'old' }, ['websocket-mute'], /failed/],
  ['a web socket that hangs up', { socket: 'hangs-up' }, ['websocket-mute'], /says nothing, and hung up/],
  ['a forged web socket', { socket: 'forged' }, ['websocket-mute'], /answers another request/],
  ['a small limit for uploads', { tls, upload: 1_000_000 - 800_000 }, ['upload-limit'], /Upload +wrong +.*status 413/],
  ['an upload that is cut', { upload: 'cut' }, ['upload-cut'], /Upload +wrong/],
  ['an upload before a broken proxy', { upload: 'broken' }, ['upload-failed'], /status 502/],
  ['strangers refused before the upload is read', { upload: 'early' }, [], /Upload +well +301 kB .*status 401/],
  ['another version', { tls, version: '7.13' }, ['version-other'], /Rocket\.Chat +wrong +7\.13 answers/],
  ['another patch', { version: '8.6.0' }, ['version-other'], /8\.6\.0 answers/],
  [
    'another site',
    { tls, page: { status: 200, headers: { 'content-type': 'text/html' }, text: '<html>Welcome' } },
    ['not-rocketchat'],
    /Rocket\.Chat +wrong +answers with status 200/,
  ],
  ['a proxy without Rocket.Chat', { tls, page: { status: 502 } }, ['proxy-alone'], /status 502/],
  [
    'a redirect to itself',
    { tls, page: { status: 301, headers: { location: '/api/info' } } },
    ['redirect-loop'],
    /status 301/,
  ],
  [
    'a redirect back to http',
    { tls, page: { status: 301, headers: { location: 'http://localhost/' } } },
    ['redirect-loop'],
    /status 301/,
  ],
  [
    'a redirect elsewhere',
    { tls, page: { status: 302, headers: { location: 'https://www.example.org/' } } },
    ['redirect-elsewhere'],
    /status 302/,
  ],
]
for (const [title, options, codes, words] of kinds)
  test(`${title} is named`, () =>
    at(options, async (site) => {
      const found = await prove(site.url, {}, options.socket === 'mute' ? { websocket: { timeout: 300 } } : {})
      assert.equal(found.codes, codes, found.table)
      assert.match(found.table, words)
      for (const { mend, code } of found.findings) assert.ok(mend, `${code} has a mend`)
      assert.is(
        found.error instanceof ToolError,
        codes.some((one) => !one.includes('warning')),
      )
    }))

test('what is wrong with the certificate hides nothing else', () =>
  at(
    { tls: shown(stranger.leaf({ names: ['x.example.org'], until: -0.5 })), socket: 400, upload: 1 },
    async ({ url }) => {
      const { codes } = await prove(url)
      assert.equal([...codes].sort(), [
        'certificate-expired',
        'certificate-names',
        'chain-incomplete',
        'upload-limit',
        'websocket-refused',
      ])
    },
  ))

test('plain http must lead to the chat', async () => {
  const found: string[] = []
  for (const location of ['http://localhost/', 'https://www.example.org/'])
    await behind(
      () => location,
      { tls },
      async (site, plain) => {
        found.push(...(await prove(site.url, { redirect_from: plain.port })).codes)
      },
    )
  await at({ tls }, async (site) =>
    at({}, async (plain) => {
      found.push(...(await prove(site.url, { redirect_from: plain.port })).codes)
    }),
  )
  await at({ tls }, async (site) => {
    found.push(...(await prove(site.url, { redirect_from: 1 })).codes)
  })
  assert.equal(found, ['redirect-loop', 'redirect-elsewhere', 'redirect-missing', 'redirect-unseen (warning)'])
})

test('Strict-Transport-Security is asked for where it is wanted', () =>
  at({ tls, hsts: 'max-age=60' }, async ({ url }) => {
    assert.equal((await prove(url)).codes, [])
    assert.equal((await prove(url, { hsts: 31_536_000 })).codes, ['hsts-missing'])
  }))

test('https where http is spoken is said', () =>
  at({}, async ({ port }) => {
    const { codes, table } = await prove(`https://localhost:${port}`)
    assert.equal(codes, ['tls-none'])
    assert.match(table, /Certificate +wrong +what answers there does not speak TLS/)
  }))

test('a closed port is wrong', async () => {
  const site = await publicSite({ tls })
  await site.close()
  const { codes, error } = await prove(site.url)
  assert.equal(codes, ['port-closed'])
  assert.not.ok(error instanceof ConnectError)
  assert.equal((await prove(site.url, { required: false })).codes, ['out-of-reach (warning)', 'port-closed (warning)'])
})

test('a name that leads nowhere is out of reach, or a warning where that is no failure', async () => {
  const url = `https://${'x'.repeat(70)}.example.org`
  const { codes, error } = await prove(url)
  assert.ok(error instanceof ConnectError)
  assert.equal(codes, ['name-unknown'])
  assert.equal((await prove(url, { required: false })).codes, ['out-of-reach (warning)', 'name-unknown (warning)'])
})

test('a rehearsal is passed over and says so', async () => {
  const { table, codes } = await prove('https://chat.example.org', {}, {}, true)
  assert.match(table, 'nothing outside of the rehearsal exists')
  assert.equal(codes, [])
})

test.after(() => rmSync(folder, { recursive: true, force: true }))
test.run()
