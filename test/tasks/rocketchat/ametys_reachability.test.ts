import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import type { Answer } from '../../../lib/core/query.ts'
import reachability from '../../../tasks/rocketchat/ametys_reachability.ts'
import { answer } from '../../fakes/io.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/ametys_reachability')

const addresses = { chat: 'https://chat.example.org/sub', back_office: 'https://cms.example.org/_admin' }
const saw = (json: unknown): Answer => answer({ ok: true, code: 0, json })
const chat = saw({ status: 200, contentType: 'application/json', text: '{"version":"8.6","success":true}' })
const page = saw({ status: 302, contentType: 'text/html', text: '' })
const trouble = (code: string, message: string) => saw({ code, message })

function look(answers: readonly Answer[], more: { readonly [name: string]: unknown } = {}) {
  const args = argsOf(reachability, { ...addresses, ...more })
  const state = reachability.probe(args, context).read(answers)
  const changes = () => reachability.diff(args, state, context)
  return { changes, ...reachability.result?.(args, state) }
}

test('asks for the API of the chat from here, and for the back office from the host', () => {
  const { ask } = reachability.probe(argsOf(reachability, addresses), context)
  assert.equal(ask, [
    { on: 'controller', observe: 'http', input: { url: 'https://chat.example.org/api/info' } },
    { on: 'controller', observe: 'http', input: { url: 'https://cms.example.org/_admin' }, from: 'host' },
  ])
  assert.is(reachability.probe(argsOf(reachability, { ...addresses, from_host: false }), context).ask.length, 1)
})

test('says of all three directions with whose eyes they were seen', () => {
  const { message, values, warnings } = look([chat, page])
  assert.is(
    message,
    [
      'Ametys to chat: https://chat.example.org/sub answers (as seen from this machine; the machine of Ametys itself could not be asked)',
      'browsers to chat: https://chat.example.org/sub answers (as seen from this machine, which stands in for them)',
      'chat to Ametys: https://cms.example.org/_admin answers (as seen from the host of the chat; from inside its container could not be looked)',
    ].join('\n'),
  )
  assert.equal(values, { reached: true })
  assert.is(warnings, undefined)
})

test('without a link to the host it says what a person has to try there', () => {
  assert.match(
    String(look([chat], { from_host: false }).message),
    /chat to Ametys: not checked.*open https:\/\/cms\.example\.org\/_admin from there/,
  )
})

for (const [title, answers, words] of [
  [
    'another site at the address of the chat',
    [saw({ status: 200, contentType: 'text/html; charset=utf-8', text: '<html>' }), page],
    /not as Rocket\.Chat does \(status 200, text\/html\)/,
  ],
  [
    'a certificate that is not trusted',
    [trouble('CERT_HAS_EXPIRED', 'certificate has expired'), page],
    /certificate has expired/,
  ],
  ['a name that does not resolve', [trouble('ENOTFOUND', 'getaddrinfo ENOTFOUND chat.example.org'), page], /ENOTFOUND/],
  [
    'a back office that the host cannot reach',
    [chat, trouble('dial-refused', 'connect ECONNREFUSED')],
    /chat to Ametys: .*ECONNREFUSED/,
  ],
  ['a back office behind a broken proxy', [chat, saw({ status: 502, contentType: '', text: '' })], /status 502/],
] as const) {
  test(`${title} is a warning, and an error where that is wished`, () => {
    const { message, values, warnings, changes } = look(answers)
    assert.not.match(String(message), words)
    assert.equal(values, { reached: false })
    assert.equal(
      warnings?.map(({ code, severity }) => [code, severity]),
      [['not-reached', 'warning']],
    )
    assert.match(String(warnings?.[0]?.detail), words)
    assert.equal(changes(), [])
    const strict = look(answers, { required: true })
    try {
      strict.changes()
      assert.unreachable()
    } catch (error) {
      assert.is((error as ToolError).code, 'not-reached')
    }
  })
}

test('in a rehearsal nothing is wrong with addresses that nobody has', () => {
  const nowhere = trouble('REHEARSAL', 'nothing outside of the rehearsal exists')
  const { message, values, warnings } = look([nowhere, nowhere], { required: true })
  assert.match(String(message), /^Ametys to chat: not checked, nothing outside of the rehearsal exists/)
  assert.equal(values, { reached: true })
  assert.is(warnings, undefined)
})

test('a link that lets nothing be asked is said to be that', () => {
  const nothing: Answer = {
    ...answer({ ok: false, code: -1 }),
    unavailable: { code: 'x', severity: 'error', message: 'x' },
  }
  assert.match(String(look([chat, nothing]).message), /chat to Ametys: not checked, nothing could be asked/)
})

test.run()
