import { X509Certificate } from 'node:crypto'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { proofOf } from '../../../lib/tls/proof.ts'
import type { Expected, Outside } from '../../../lib/tls/seen.ts'
import { authority } from '../../fakes/certificates.ts'

const test = suite('lib/tls/proof')

const { root, intermediate, leaf } = authority()
const versions = { TLSv1: 'refused', 'TLSv1.1': 'refused', 'TLSv1.2': 'accepted', 'TLSv1.3': 'accepted' }
const json = 'application/json; charset=utf-8'
const refused = { code: 'ECONNREFUSED', message: 'connect ECONNREFUSED 192.0.2.10:3000' }
const silence = { code: 'LATE', message: 'no answer within 5 s' }
const expected: Expected = {
  url: new URL('https://chat.example.org'),
  version: '8.6.1',
  days: 21,
  hsts: 0,
  redirectFrom: 80,
  ownPort: 3000,
}
const well: Outside = {
  addresses: ['192.0.2.10'],
  machine: ['192.0.2.10'],
  port: true,
  tls: { chain: [leaf().pem, intermediate.pem], versions },
  redirect: { status: 308, contentType: '', text: '', location: 'https://chat.example.org/' },
  info: { status: 200, contentType: json, text: '{"version":"8.6","success":true}' },
  socket: { session: 's1' },
  upload: { status: 401, server: '', text: '', sent: 1000, size: 1000 },
  own: refused,
  trusted: [new X509Certificate(root.pem)],
  now: Date.now(),
}

/** One case: what is seen otherwise, the line of the table that says so, and the codes. */
const check = (
  title: string,
  seen: Partial<Outside>,
  line: RegExp | undefined,
  codes: readonly string[] = [],
  wish: Partial<Expected> = {},
) =>
  test(title, () => {
    const { table, findings } = proofOf({ ...expected, ...wish }, { ...well, ...seen })
    assert.equal(
      findings.map(({ code, severity }) => (severity === 'warning' ? `${code} (warning)` : code)),
      codes,
    )
    if (line)
      assert.ok(
        table.split('\n').some((one) => line.test(one)),
        table,
      )
  })

check('all is well', {}, /^Port 3000 +well +is closed from outside, as it should be$/)
check('the name is the machine', {}, /^Name +well +leads to 192\.0\.2\.10, which is the machine$/)
check(
  'the name leads to a proxy',
  { addresses: ['192.0.2.1'] },
  /^Name +well +.*the machine itself is reached at 192\.0\.2\.10$/,
)
check('nothing is known of the machine', { machine: undefined }, /^Name +well +leads to 192\.0\.2\.10$/)
check('the name was looked at from the host', { addresses: undefined }, /^Name +open/)
check('an address instead of a name', { tls: undefined }, /^Name +well +2001:db8::1 is an address$/, [], {
  url: new URL('https://[2001:db8::1]'),
  redirectFrom: 0,
})
check('the own port is filtered', { own: silence }, /^Port 3000 +well/)
check(
  'the own port says something odd',
  { own: { code: 'HPE_INVALID_CONSTANT', message: 'Parse Error' } },
  /^Port 3000 +open +.*Parse Error$/,
)
check(
  'the own port is open',
  { own: { status: 200, contentType: json, text: '{}' } },
  /^Port 3000 +wrong +answers with status 200$/,
  ['port-exposed'],
)
check(
  'the name leads back here',
  { addresses: ['127.0.0.1', '::1'], own: { status: 200, contentType: '', text: '' } },
  /^Port 3000 +open/,
)
check('nobody looks at the own port', { own: undefined }, undefined, [], { ownPort: 0 })
check(
  'the handshake is refused',
  { tls: { code: 'ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR', message: 'tlsv1 alert internal error' } },
  /^Certificate +wrong +the handshake is refused/,
  ['tls-refused'],
)
check('the handshake gets no answer', { tls: silence }, /^Certificate +wrong +silence/, ['tls-silent'])
check(
  'OpenSSL refuses what we find well',
  { tls: { chain: [leaf().pem, intermediate.pem], versions, distrust: 'EE_KEY_TOO_SMALL' } },
  /^Chain +wrong +.*EE_KEY_TOO_SMALL$/,
  ['certificate-refused'],
)
check(
  'an old version that could not be tried',
  { tls: { chain: [leaf().pem, intermediate.pem], versions: { ...versions, TLSv1: 'odd' } } },
  /^TLS +look +accepts 1\.2 and 1\.3, refuses 1\.1, 1\.0: odd$/,
  ['protocol-unclear (warning)'],
)
check(
  'a certificate for hours',
  { tls: { chain: [leaf({ until: 0.51 }).pem, intermediate.pem], versions } },
  /^Validity +well +.*12 hours left$/,
  [],
  { days: 0 },
)
check('a silent chat', { info: silence }, /^Rocket\.Chat +wrong +silence: no answer within 5 s, as when a firewall/, [
  'chat-silent',
])
check('a hidden patch that differs', {}, /^Rocket\.Chat +well/, [], { version: '8.6.9' })
check(
  'any version',
  { info: { status: 200, contentType: json, text: '{"version":"9.1","success":true}' } },
  /^Rocket\.Chat +well +9\.1 answers$/,
  [],
  { version: undefined },
)
check(
  'a page that only looks like JSON',
  { info: { status: 200, contentType: json, text: '<html>' } },
  /^Rocket\.Chat +wrong/,
  ['not-rocketchat'],
)
check('an upload without an answer', { upload: silence }, /^Upload +wrong/, ['upload-silent'])
check(
  'an upload that is led elsewhere',
  { upload: { status: 302, server: '', text: '', sent: 10, size: 1000 } },
  /^Upload +wrong/,
  ['upload-failed'],
)
check(
  'a slow upload',
  { upload: { ...silence, sent: 3_000_000, size: 100_000_000 } },
  /^Upload +look +3\.0 MB of 100\.0 MB/,
  ['upload-slow (warning)'],
)
check('no upload', { upload: undefined }, undefined)
check(
  'a port that is refused hides the rest',
  { port: refused },
  /^Port 443 +wrong +the connection is refused: nothing listens there$/,
  ['port-closed'],
)
check('a port that is silent hides the rest', { port: silence }, /^Port 443 +wrong +silence/, ['port-silent'])

test('how far the look came is said', () => {
  const reached = (seen: Partial<Outside>) => proofOf(expected, { ...well, ...seen }).reached
  assert.is(reached({}), 'open')
  assert.is(reached({ port: refused }), 'closed')
  assert.is(reached({ port: silence }), 'silent')
  assert.is(reached({ addresses: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND' } }), 'silent')
})

test.run()
