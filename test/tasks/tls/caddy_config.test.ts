import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskError } from '../../../lib/core/diagnostic.ts'
import type { TaskModule } from '../../../lib/core/module.ts'
import caddyConfig from '../../../tasks/tls/caddy_config.ts'
import { authority } from '../../fakes/certificates.ts'
import { answer, fakeIo, type Replies } from '../../fakes/io.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/tls/caddy_config')

const folder = '/opt/rocketchat/caddy'
const given = (more: { readonly [name: string]: unknown } = {}) =>
  argsOf(caddyConfig, { config: 'new\n', folder, name: 'chat.example.org', port: 443, source: 'internal', ...more })

const own = { fingerprint: 'ab', issuer: 'Caddy Local Authority - ECC Intermediate', names: ['chat.example.org'] }
const log = (json: object) => ({
  ok: true,
  code: 200,
  text: `2026-11-22T18:00:00.1Z ${JSON.stringify({ level: 'error', ts: 5, ...json })}\n`,
})

/** Applies the change; gives what was done, and what failed. */
async function apply(replies: Replies, more: { readonly [name: string]: unknown } = {}) {
  const io = fakeIo(replies)
  const [change] = caddyConfig.diff(given(more), 'old\n', context)
  let error: TaskError | undefined
  try {
    if (change) await (caddyConfig as TaskModule).apply?.(change, io, given(more))
  } catch (caught) {
    error = caught as TaskError
  }
  const done = io.calls.flatMap((call) =>
    'exec' in call
      ? [call.exec.slice(1).join(' ')]
      : 'put' in call
        ? [`put ${call.put}`]
        : 'sh' in call
          ? [call.sh]
          : [],
  )
  return { done, error: error?.diagnostics[0] }
}

const candidate = '/etc/caddy/Caddyfile.candidate --adapter caddyfile'
const put = `put ${folder}/Caddyfile.candidate`
const dropped = `rm -f ${folder}/Caddyfile.candidate`
const validated = `caddy validate --config ${candidate}`
const reloaded = `caddy reload --config ${candidate}`
const back = 'caddy reload --config /etc/caddy/Caddyfile --adapter caddyfile'

test('is content with the same configuration, and tells another one line by line', () => {
  assert.equal(caddyConfig.diff(given(), 'new', context), [])
  assert.equal(
    caddyConfig.diff(given(), undefined, context).map(({ action }) => action),
    ['create'],
  )
  const [change] = caddyConfig.diff(given(), 'old\n', context)
  assert.equal([change?.before, change?.after], ['old\n', 'new\n'])
  const read = (code: number, text: string) =>
    caddyConfig.probe(given(), context).read([answer({ ok: code === 0, code, text })])
  assert.is(read(0, 'x'), 'x')
  assert.is(read(4, ''), undefined)
  assert.throws(() => read(1, ''), /cannot be read/)
})

test('tries, loads and looks before the file takes its place, then removes what nothing names any more', async () => {
  const { done, error } = await apply({
    observe: () => ({ ok: true, json: own }),
    sh: (script) => (script.startsWith('ls') ? 'Caddyfile\ncertificate-0a.pem\ncertificate-0a.key\nroot.pem\n' : ''),
  })
  assert.is(error, undefined)
  assert.equal(done, [
    put,
    validated,
    reloaded,
    `mv -f ${folder}/Caddyfile.candidate ${folder}/Caddyfile`,
    `ls ${folder}`,
    `cd ${folder} && rm -f certificate-0a.pem certificate-0a.key`,
  ])
})

test('what Caddy refuses is dropped before anything is changed', async () => {
  const { done, error } = await apply({ exec: () => ({ code: 1, stderr: 'Error: loading: no such file\n' }) })
  assert.is(error?.code, 'proxy-config-refused')
  assert.match(error?.message ?? '', /no such file$/)
  assert.equal(done, [put, validated, dropped])
})

test('what cannot be loaded is dropped', async () => {
  const { done, error } = await apply({ exec: (_, [, verb]) => ({ code: verb === 'reload' ? 1 : 0 }) })
  assert.is(error?.code, 'proxy-config-refused')
  assert.equal(done, [put, validated, reloaded, dropped])
})

test('without the right certificate the configuration before is loaded again', async () => {
  const other = { ...own, issuer: 'Somebody' }
  const { done, error } = await apply({ observe: () => ({ ok: true, json: other }) })
  assert.is(error?.code, 'certificate-not-served')
  assert.match(error?.message ?? '', /the certificate of Somebody is still shown/)
  assert.equal(done, [put, validated, reloaded, back, dropped])
})

test('what an authority says ends the wait, and its mend fits', async () => {
  const mends: readonly (readonly [string, RegExp])[] = [
    ['dial tcp: lookup acme.example.org: no such host', /rocketchat_acme_directory/],
    ['x509: certificate signed by unknown authority', /rocketchat_acme_root/],
    ['urn:ietf:params:acme:error:connection - timeout', /port 80/],
    ['urn:ietf:params:acme:error:rateLimited - too many', /wait/],
    ['something else', /what the authority names/],
  ]
  for (const [told, mend] of mends) {
    let asked = 0
    const { done, error } = await apply(
      {
        observe: () => ({ ok: false, code: 1, errors: 'alert' }),
        docker: () => (asked++ === 0 ? log({ ts: 1 }) : log({ logger: 'tls.obtain', msg: 'will retry', error: told })),
      },
      { source: 'acme' },
    )
    assert.is(error?.code, 'certificate-not-obtained')
    assert.match(error?.message ?? '', told)
    assert.match(error?.mend ?? '', mend)
    assert.is(done.at(-2), back)
  }
})

test('a certificate from files is waited for by its fingerprint; plain http by its port', async () => {
  const { leaf, intermediate } = authority()
  const chain = leaf().pem + intermediate.pem
  const wrong = await apply({ observe: () => ({ ok: true, json: own }) }, { source: 'files', chain })
  assert.match(wrong.error?.message ?? '', /another certificate is still shown/)
  const looks: string[] = []
  const observe = (name: string) => {
    looks.push(name)
    return { ok: true, json: {} }
  }
  const plain = await apply({ observe }, { source: 'none' })
  assert.is(plain.error, undefined)
  assert.equal(looks, ['port'])
  assert.is(
    caddyConfig.validate?.(given({ source: 'files', chain: 'none' }), context)[0]?.diagnostic.code,
    'wrong-argument',
  )
})

test.run()
