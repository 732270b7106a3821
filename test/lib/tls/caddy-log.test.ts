import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { caddyLines, complaintIn, gaveUp, troubleIn } from '../../../lib/tls/caddy-log.ts'

const test = suite('lib/tls/caddy-log')

const line = (json: object) => `2026-11-22T18:00:00.1Z ${JSON.stringify({ level: 'error', ts: 1, ...json })}`
const retry = { logger: 'tls.obtain', msg: 'will retry', attempt: 1 }
const refused = 'Get "https://acme.example.org/dir": dial tcp 192.0.2.1:443: connect: connection refused'

test('what the network said is told without what stands around it', () => {
  const lines = caddyLines([
    line({ ...retry, error: `[chat.example.org] Obtain: ${refused} (ca=https://x)` }),
    'no JSON',
  ])
  assert.is(troubleIn(lines), refused)
  assert.ok(gaveUp(lines))
})

test('what the authority said of each challenge tells more than that no way is left', () => {
  const failed = { logger: 'http.acme_client', msg: 'challenge failed' }
  const lines = caddyLines([
    line({ ...failed, challenge_type: 'http-01', problem_type: 'urn:x:connection', error: 'refused' }),
    line({ ...failed, challenge_type: 'tls-alpn-01', problem: { type: 'urn:x:dns', detail: 'NXDOMAIN' } }),
    line({ logger: 'tls.obtain', msg: 'could not get certificate from issuer', error: 'no solvers available' }),
  ])
  assert.is(troubleIn(lines), 'http-01: refused (urn:x:connection); tls-alpn-01: NXDOMAIN (urn:x:dns)')
  assert.not.ok(gaveUp(lines))
})

test('other errors are no trouble with a certificate', () => {
  assert.is(
    troubleIn(caddyLines([line({ logger: 'http.log.error', msg: 'dial', error: 'connection refused' })])),
    undefined,
  )
})

test('a complaint is the line that says so, with the name of the file as it will be', () => {
  const output = `{"level":"info"}\nError: adapting config using caddyfile: /etc/caddy/Caddyfile.candidate:2: unrecognized directive: foo\n\n`
  assert.is(complaintIn(output), 'Caddyfile:2: unrecognized directive: foo')
  assert.is(complaintIn(''), 'it said nothing')
})

test.run()
