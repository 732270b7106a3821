import { generateKeyPairSync } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Diagnostic, ToolError } from '../../../lib/core/diagnostic.ts'
import type { Answer } from '../../../lib/core/query.ts'
import { Secret } from '../../../lib/core/secret.ts'
import certificateCheck from '../../../tasks/tls/certificate_check.ts'
import { authority, edPair, issue, rsaPair } from '../../fakes/certificates.ts'
import { answer } from '../../fakes/io.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/tls/certificate_check')

const { root, intermediate, leaf } = authority()
const good = leaf()
const full = good.pem + intermediate.pem
const seconds = Date.now() / 1000

interface Found {
  readonly codes: readonly string[]
  readonly findings: readonly Diagnostic[]
  readonly values: { readonly [name: string]: unknown }
  /** All that can be shown of it. */
  readonly text: string
}

/** What the check says of a chain, with the root of the tests as a trusted one unless others are given. */
function look(
  chain: string,
  more: { readonly [name: string]: unknown } = {},
  { trusted = [root.pem], now = seconds, files }: { trusted?: string[]; now?: number; files?: string } = {},
): Found {
  const onHost = files !== undefined
  const written = { ...(onHost ? { chain_path: '/etc/ssl/chat.pem' } : { chain }), names: 'chat.example.org', ...more }
  const args = argsOf(certificateCheck, written)
  assert.equal(certificateCheck.validate?.(args, context), [])
  const saw = (json: unknown): Answer => answer({ ok: true, code: 0, json })
  const answers = [saw({ seconds: now }), saw({ certificates: trusted }), ...(onHost ? [answer(files)] : [])]
  let findings: readonly Diagnostic[] = []
  try {
    const state = certificateCheck.probe(args, context).read(answers)
    assert.equal(certificateCheck.diff(args, state, context), [])
    const result = certificateCheck.result?.(args, state) ?? {}
    findings = result.warnings ?? []
    return { codes: findings.map(said), findings, values: result.values ?? {}, text: JSON.stringify(result) }
  } catch (error) {
    findings = (error as ToolError).diagnostics
    if (!findings) throw error
    return { codes: findings.map(said), findings, values: {}, text: JSON.stringify(findings) }
  }
}

const said = ({ code, severity }: Diagnostic): string => (severity === 'warning' ? `${code} (warning)` : code)

test('a chain as it should be has no findings, and says what it is', () => {
  const { codes, values } = look(full, { key: new Secret(good.key, 'key') })
  assert.equal(codes, [])
  assert.is(values.subject, 'chat.example.org')
  assert.is(values.issuer, 'Example Intermediate')
  assert.equal(values.names, ['chat.example.org'])
  assert.is(values.days_left, 89)
  assert.match(String(values.serial), /^01[0-9A-F]{24}$/)
})

const many = leaf({ names: ['*.example.org', '192.0.2.7', 'Chat.Example.NET'] })
const names: readonly (readonly [string, boolean])[] = [
  ['chat.example.org', true],
  ['CHAT.example.org.', true],
  ['chat.example.net', true],
  ['192.0.2.7', true],
  ['*.example.org', true],
  ['example.org', false],
  ['a.chat.example.org', false],
  ['192.0.2.8', false],
  ['other.example.net', false],
]
for (const [name, covered] of names)
  test(`${name} is ${covered ? 'covered' : 'not covered'} by wildcard, address and name`, () => {
    assert.equal(look(many.pem + intermediate.pem, { names: [name] }).codes, covered ? [] : ['certificate-names'])
  })

test('a common name stands for nothing', () => {
  const { codes, text } = look(leaf({ names: [] }).pem + intermediate.pem)
  assert.equal(codes, ['certificate-names'])
  assert.match(text, 'counts for nothing')
})

const other = authority('Stranger')
const selfSigned = issue({ subject: 'chat.example.org', names: ['chat.example.org'] })
const weak = leaf({ key: rsaPair(1024) })
const locked = (type: 'pkcs1' | 'pkcs8') =>
  generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey.export({
    type,
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'invented',
  }) as string

const kinds: readonly (readonly [string, string, { readonly [name: string]: unknown }, readonly string[], RegExp])[] = [
  [
    'expired',
    leaf({ from: -90, until: -3 }).pem + intermediate.pem,
    {},
    ['certificate-expired'],
    /3 days ago.*renew it/,
  ],
  [
    'not yet valid',
    leaf({ from: 2 }).pem + intermediate.pem,
    {},
    ['certificate-early'],
    /the clock of this machine says/,
  ],
  ['soon over', leaf({ until: 20.5 }).pem + intermediate.pem, {}, ['certificate-ends (warning)'], /ends in 20 days/],
  [
    'for another name',
    leaf({ names: ['cms.example.org'] }).pem + intermediate.pem,
    {},
    ['certificate-names'],
    /it is for cms\.example\.org/,
  ],
  [
    'without the intermediate',
    good.pem,
    {},
    ['chain-incomplete'],
    /the certificate of Example Intermediate is missing/,
  ],
  [
    'in the wrong order',
    intermediate.pem + good.pem,
    {},
    ['certificate-order'],
    /the right one is: chat\.example\.org, then Example Intermediate/,
  ],
  ['with the root', full + root.pem, {}, ['root-included (warning)'], /Example Root, which nobody needs/],
  ['with a stranger', full + other.intermediate.pem, {}, ['certificate-surplus (warning)'], /Stranger Intermediate/],
  ['with the same twice', full + intermediate.pem, {}, ['certificate-surplus (warning)'], /Example Intermediate/],
  [
    'of an authority unknown here',
    other.leaf().pem + other.intermediate.pem + other.root.pem,
    {},
    ['authority-unknown'],
    /leads to Stranger Root/,
  ],
  [
    'of a private authority that was given',
    other.leaf().pem + other.intermediate.pem,
    { root: other.root.pem },
    [],
    /./,
  ],
  ['self-signed', selfSigned.pem, {}, ['certificate-self-signed'], /browsers refuse it/],
  ['self-signed as wanted', selfSigned.pem, { self_signed: true }, [], /./],
  [
    'without the server',
    intermediate.pem + root.pem,
    {},
    ['certificate-missing', 'certificate-names', 'root-included (warning)'],
    /authorities only/,
  ],
  ['with a weak key', weak.pem + intermediate.pem, {}, ['certificate-weak'], /its RSA key has 1024 bits/],
  ['signed with SHA-1', leaf({ hash: 'sha1' }).pem + intermediate.pem, {}, ['certificate-weak'], /signed with SHA-1/],
  ['for clients', leaf({ server: false }).pem + intermediate.pem, {}, ['certificate-purpose'], /lacks serverAuth/],
  ['on Ed25519', leaf({ key: edPair() }).pem + intermediate.pem, {}, ['key-unusual (warning)'], /many browsers/],
  [
    'by one who is no authority',
    issue({ subject: 'x', names: ['chat.example.org'], by: good }).pem + full,
    {},
    ['authority-unfit'],
    /may not be one/,
  ],
  [
    'damaged',
    full.replace(/MII/, 'MAA'),
    {},
    ['certificate-unreadable', 'certificate-missing', 'certificate-names'],
    /block 1 of chain\.pem/,
  ],
  [
    'a request',
    '-----BEGIN CERTIFICATE REQUEST-----\nMII=\n-----END CERTIFICATE REQUEST-----\n',
    {},
    ['certificate-missing'],
    /a request for one/,
  ],
  ['cut off', good.pem.slice(0, -30), {}, ['certificate-missing'], /its end is missing/],
  ['binary', '0\u0082', {}, ['certificate-missing'], /-inform DER/],
  [
    'with another key',
    full,
    { key: leaf().key },
    ['key-mismatch'],
    /does not belong to the certificate of chat\.example\.org/,
  ],
  [
    'with the key of the authority',
    full,
    { key: intermediate.key },
    ['key-mismatch'],
    /belongs to that of Example Intermediate/,
  ],
  ['with a locked key', full, { key: locked('pkcs8') }, ['key-encrypted'], /take the passphrase off: openssl pkey/],
  ['with an old locked key', full, { key: locked('pkcs1') }, ['key-encrypted'], /passphrase/],
  ['with a certificate as the key', full, { key: good.pem }, ['key-unreadable'], /it holds a certificate/],
  ['with rubbish as the key', full, { key: 'rubbish' }, ['key-unreadable'], /no block that begins/],
  ['with the key in the chain', full + good.key, {}, ['chain-holds-key'], /give the certificates alone/],
]
for (const [title, chain, more, codes, words] of kinds)
  test(`a chain ${title}`, () => {
    const found = look(chain, more)
    assert.equal(found.codes, codes)
    assert.match(found.text, words)
    for (const one of found.findings) assert.ok(one.mend, `${one.code} has a mend`)
    for (const { key } of [good, intermediate]) assert.not.ok(found.text.includes(key.slice(40, 90)), 'no key is shown')
  })

test('everything wrong is said at once', () => {
  const bad = other.leaf({ names: ['cms.example.org'], from: -20, until: -2 })
  assert.equal(look(bad.pem, { key: good.key }).codes, [
    'chain-incomplete',
    'certificate-expired',
    'certificate-names',
    'key-mismatch',
  ])
})

for (const [title, pair] of [
  ['RSA', rsaPair(2048)],
  ['Ed25519', edPair()],
] as const)
  test(`an ${title} key that fits is seen to`, () => {
    const own = leaf({ key: pair })
    const codes = (key: string) =>
      look(own.pem + intermediate.pem, { key }).codes.filter((one) => !one.includes('warning'))
    assert.equal(codes(own.key), [])
    assert.equal(codes(good.key), ['key-mismatch'])
  })

test('an expired intermediate or root is named', () => {
  const old = authority('Old')
  const late = issue({ subject: 'Late Intermediate', ca: true, by: old.root, from: -50, until: -1 })
  const own = leaf({ by: late })
  const found = look(own.pem + late.pem, {}, { trusted: [old.root.pem] })
  assert.equal(found.codes, ['certificate-expired'])
  assert.match(found.text, 'the certificate of Late Intermediate expired')
})

const files = (more: { stat?: string; key?: string } = {}): string =>
  `==chain\n${full}==key-stat\n${more.stat ?? '600 root root'}\n${more.key ?? `==key-public\n${publicOf(good)}`}`
const publicOf = ({ pair }: { pair: { publicKey: import('node:crypto').KeyObject } }): string =>
  pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()

const onHost: readonly (readonly [
  string,
  Parameters<typeof files>[0],
  { readonly [name: string]: unknown },
  readonly string[],
])[] = [
  ['that fits', {}, {}, []],
  ['that does not fit', { key: `==key-public\n${publicOf(leaf())}` }, {}, ['key-mismatch']],
  ['with a passphrase', { key: '==key-encrypted\n' }, {}, ['key-encrypted']],
  ['that openssl cannot read', { key: '==key-public\n' }, {}, ['key-unreadable']],
  ['where there is no openssl', { key: '' }, {}, ['key-unseen (warning)']],
  ['that everybody can read', { stat: '644 root root' }, {}, ['key-exposed']],
  ['that a group can read', { stat: '640 root ssl-cert' }, {}, ['key-exposed']],
  ['that a group may read', { stat: '640 root ssl-cert' }, { readers: 'ssl-cert' }, []],
  ['of another owner', { stat: '600 www-data www-data' }, {}, ['key-exposed']],
]
for (const [title, seen, more, codes] of onHost)
  test(`a key on the host ${title}`, () => {
    const found = look('', { key_path: '/etc/ssl/chat.key', ...more }, { files: files(seen) })
    assert.equal(found.codes, codes)
  })

test('what is not on the host yet is waited for in a check, what may not be read needs root', () => {
  assert.is(look('', { key_path: '/k' }, { files: '==chain-missing\n' }).codes[0], 'file-missing')
  assert.match(look('', { key_path: '/k' }, { files: `==chain\n${full}==key-closed\n` }).text, 'become: true')
})

test('arguments that leave open what is meant are refused', () => {
  const refused = (written: { readonly [name: string]: unknown }) =>
    certificateCheck.validate?.(argsOf(certificateCheck, written), context).map(({ path }) => path[0])
  assert.equal(refused({ names: 'a.example.org' }), ['chain'])
  assert.equal(refused({ names: [], chain: 'x', chain_path: '/y' }), ['chain', 'names'])
  assert.equal(refused({ names: 'a', chain_path: 'y', key: 'k', key_path: '/k' }), ['key', 'chain_path'])
})

test.run()
