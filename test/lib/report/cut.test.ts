import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { noShell } from '../../../lib/connect/trouble.ts'
import type { Output } from '../../../lib/core/connection.ts'
import type { HttpAnswer, HttpRequest } from '../../../lib/core/http.ts'
import type { Answer } from '../../../lib/core/query.ts'
import { sh } from '../../../lib/core/script.ts'
import { shortened } from '../../../lib/core/text.ts'
import { commandFailed } from '../../../lib/engine/io.ts'
import { refusal as lockRefusal } from '../../../lib/lock/trouble.ts'
import { readReply } from '../../../lib/mongodb/mongosh.ts'
import { commandProblem } from '../../../lib/posix/command.ts'
import { createRedactor } from '../../../lib/report/redactor.ts'
import { refusal as apiRefusal } from '../../../lib/rocketchat/refusal.ts'
import { unreadable } from '../../../lib/rocketchat/server-settings.ts'
import { refusal as recipientRefusal } from '../../../lib/secrets/recipients.ts'
import { checkStatus } from '../../../lib/web/status.ts'
import { shownRequest, type UriWish } from '../../../lib/web/uri-request.ts'
import caddyRoot from '../../../tasks/tls/caddy_root.ts'

const test = suite('lib/report/cut')

/** Lines of a key, as a program may print it. */
const lines = Array.from({ length: 30 }, (_, at) => `q${at}x`)
const key = lines.join('\n')
const password = 'Zq8fK2mW7xR4tY9bN3vC'

/** A text in which the password stands across the place where so many characters end. */
const across = (most: number): string => `${'-'.repeat(most - 10)}${password} and more ${'-'.repeat(most)}`

const answer = (text: string, code = 404): Answer => ({ ok: false, code, text, errors: '' })
const output = (stdout: string): Output => ({ code: 1, stdout: Buffer.from(stdout), stderr: Buffer.from('') }) as Output

const http = (text: string) =>
  ({
    status: 500,
    url: 'https://chat.example.org',
    reason: 'Oops',
    bytes: Buffer.from(text),
    headers: {},
    cookies: [],
  }) as unknown as HttpAnswer

const caught = (call: () => unknown): unknown => {
  try {
    return call()
  } catch (error) {
    return (error as { readonly diagnostics: unknown }).diagnostics
  }
}

const textsIn = (value: unknown): readonly string[] =>
  typeof value === 'string' ? [value] : Object.values(value ?? {}).flatMap(textsIn)

const places: { readonly [title: string]: () => unknown } = {
  'the body of a status that is not wanted': () => caught(() => checkStatus(http(across(2000)), [200], false)),
  'a request that would be sent': () =>
    shownRequest({} as UriWish, { method: 'POST', url: '', headers: {}, body: across(4000) } as unknown as HttpRequest),
  'what is no answer of the API': () =>
    apiRefusal('GET /api/v1/me', { status: 502, contentType: 'text/html', text: across(300) } as never).diagnostics,
  'settings that cannot be read': () => unreadable('the settings', answer(across(300))).diagnostics,
  'an authority that is not there': () =>
    caught(() => caddyRoot.probe({ container: 'caddy' } as never, {} as never).read([answer(across(300))])),
  'a lock that is none': () =>
    lockRefusal(
      'one',
      { file: '/run/x' } as never,
      { kind: 'regular file', account: 'root', text: across(80) } as never,
    ),
  'the end of a failed script': () => commandFailed(sh`true`, output(key)),
  'the end of a failed command': () => commandProblem({ code: 1, stdout: key, stderr: '' } as never, 'true'),
  'the end of what mongosh says': () =>
    caught(() => readReply({ text: key, errors: 'a complaint', code: 1 }, { container: 'db' } as never)),
  'what a login shell says': () => noShell({ label: 'one', user: 'root' } as never, key).diagnostics,
}

for (const [title, say] of Object.entries(places)) {
  test(`a secret that is cut in two is not shown in part: ${title}`, () => {
    const redactor = createRedactor()
    redactor.close()
    for (const one of [password, key]) redactor.learn(one)
    const said = textsIn(say())
    const shown = said.map(redactor.mask).join('\n')
    assert.match(said.join('\n'), /Zq8fK2|q29x/)
    assert.match(shown, /<secret>/)
    assert.not.match(shown, /Zq8fK2|9bN3vC|q2\dx/)
  })
}

test('so is what is no recipient', async () => {
  const wrong = `${'b'.repeat(70)}${password}`
  assert.is((await recipientRefusal(wrong))?.message, `"${shortened(wrong, 80)}" is no public key of age`)
})

test.run()
