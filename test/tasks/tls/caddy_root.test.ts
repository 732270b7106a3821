import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { NotYetError } from '../../../lib/core/diagnostic.ts'
import caddyRoot from '../../../tasks/tls/caddy_root.ts'
import { issue } from '../../fakes/certificates.ts'
import { answer } from '../../fakes/io.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/tls/caddy_root')

const args = argsOf(caddyRoot, { url: 'https://chat.example.org', file: '/inventory/chat.example.org-root.pem' })
const { ask, read } = caddyRoot.probe(args, context)

test('reads the root out of the archive that the engine gives, and says what to do with it', () => {
  assert.equal(ask, [
    { on: 'docker', path: '/containers/caddy/archive?path=%2Fdata%2Fcaddy%2Fpki%2Fauthorities%2Flocal%2Froot.crt' },
  ])
  const { pem } = issue({ subject: 'Root', ca: true })
  const found = read([answer(`root.crt\0\0\u{fffd}0000600\0${pem}\0\0\0`)])
  assert.is(found, pem)
  const result = caddyRoot.result?.(args, found)
  assert.is(result?.values?.certificate, pem)
  assert.match(result?.message ?? '', /keytool .* -file chat\.example\.org-root\.pem/)
})

test('there is none before a certificate was asked for', () => {
  assert.throws(
    () => read([answer({ ok: false, code: 404, text: 'Could not find the file' })]),
    (error: unknown) => error instanceof NotYetError,
  )
  assert.throws(() => read([answer({ ok: false, code: 500, text: 'no' })]), /no authority of its own/)
})

test.run()
