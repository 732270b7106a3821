import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import type { Answer } from '../../../lib/core/query.ts'
import { Secret } from '../../../lib/core/secret.ts'
import type { Io } from '../../../lib/task.ts'
import replicaset from '../../../tasks/mongodb/mongodb_replicaset.ts'

const test = suite('tasks/mongodb/mongodb_replicaset')

const context = { host: 'a', variable: () => undefined }
const args = {
  container: 'mongodb',
  replica_set: 'rs0',
  member: 'mongodb:27017',
  port: 27_017,
  login_user: 'root',
  login_password: new Secret('root-pass-word', 'root'),
  timeout: 10,
}

const said = (value: object): Answer => ({
  ok: true,
  code: 0,
  errors: '',
  text: `noise\n@@0 ${JSON.stringify(value)}\n`,
})
const hello = (value: object): Answer =>
  said({
    ok: true,
    value: { primary: false, set: null, me: null, hosts: [], code: 0, codeName: '', message: '', ...value },
  })

const changes = (answer: Answer) => replicaset.diff(args, replicaset.probe(args, context).read([answer]), context)

const check = (title: string, answer: Answer, expected: string[]) =>
  test(title, () =>
    assert.equal(
      changes(answer).map(({ action, target }) => `${action} ${target}`),
      expected,
    ),
  )

check('a primary under the right name is as wanted', hello({ primary: true, set: 'rs0', me: 'mongodb:27017' }), [])
check('before initiation (code 94) it is initiated', hello({ code: 94 }), ['create replica set rs0'])
check(
  'a server that does not listen yet is initiated when it does, if need be',
  { ok: false, code: 1, text: '', errors: 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017' },
  ['run replica set rs0, once MongoDB listens'],
)
check('initiated, but no primary yet: wait', hello({ set: 'rs0', me: 'mongodb:27017' }), [
  'run wait for the primary of rs0',
])
check(
  'a member under another name (a renamed container) is renamed',
  hello({ primary: true, set: 'rs0', me: '4f1a:27017' }),
  ['update member of replica set rs0'],
)

check(
  'a server whose first start was cut off before it had an account gets it',
  said({
    ok: true,
    empty: true,
    value: { primary: true, set: 'rs0', me: 'mongodb:27017', hosts: [], code: 0, codeName: '', message: '' },
  }),
  ['create account root'],
)

check(
  'a server that no longer finds itself in its set (code 93) is renamed',
  hello({ set: 'rs0', hosts: ['4f1a:27017'], code: 93 }),
  ['update member of replica set rs0'],
)

const refused = (title: string, answer: Answer, code: string) =>
  test(title, () => {
    try {
      changes(answer)
      assert.unreachable()
    } catch (error) {
      assert.ok(error instanceof ToolError, String(error))
      assert.is(error.code, code)
    }
  })

refused(
  'a volume of another replica set is refused',
  hello({ primary: true, set: 'other', me: 'mongodb:27017' }),
  'foreign-replica-set',
)
refused(
  'the same where the server itself will not have it (code 93)',
  hello({ set: 'other', hosts: ['mongodb:27017'], code: 93 }),
  'foreign-replica-set',
)
refused(
  'a wrong password is no reason to wait',
  said({ ok: false, code: 18, codeName: 'AuthenticationFailed', message: 'Authentication failed.' }),
  'mongodb-login-refused',
)
refused(
  'a shell that fails tells its words',
  { ok: false, code: 127, text: '', errors: 'mongosh: not found' },
  'mongosh-failed',
)

test('the password travels on standard input and is in no argument', () => {
  const [query] = replicaset.probe(args, context).ask
  assert.ok(query?.on === 'exec')
  assert.not.match(JSON.stringify(query.command), 'root-pass-word')
  assert.instance(query.stdin, Secret)
  assert.is(JSON.parse((query.stdin as Secret).reveal())[0].password, 'root-pass-word')
})

/** Answers of the database in their order; the last one stays. */
const talk = (...answers: readonly Answer[]) => {
  const left = [...answers]
  const programs: string[] = []
  const io = {
    progress: () => undefined,
    until: async (_what: string, probe: (seen: () => void) => Promise<unknown>) => {
      for (let tries = 0; tries < 10; tries++) {
        const found = await probe(() => undefined)
        if (found !== undefined) return found
      }
      throw new Error('it never came')
    },
    docker: {
      exec: async (_container: string, words: readonly string[]) => {
        programs.push(words.at(-1) ?? '')
        const { text = '', errors = '', code = 0 } = (left.length > 1 ? left.shift() : left[0]) as Answer
        return { code, stdout: Buffer.from(text), stderr: Buffer.from(errors) }
      },
    },
  } as unknown as Io
  return { io, initiations: () => programs.filter((one) => one.includes('rs.initiate(')).length }
}

const silent: Answer = {
  ok: false,
  code: 1,
  text: '',
  errors: 'MongoNetworkError: connect ECONNREFUSED 127.0.0.1:27017',
}
const primary = hello({ primary: true, set: 'rs0', me: 'mongodb:27017' })
const [initiate] = changes(silent)

test('a server that was only starting is not said to have been changed', async () => {
  assert.ok(initiate)
  const { io, initiations } = talk(silent, primary)
  assert.equal(await replicaset.apply?.(initiate, io, args), { changed: false, values: { primary: true } })
  assert.is(initiations(), 0)
})

test('a server that turns out to be fresh is initiated', async () => {
  assert.ok(initiate)
  const { io, initiations } = talk(silent, hello({ code: 94 }), said({ ok: true, value: { ok: 1 } }), primary)
  assert.equal(await replicaset.apply?.(initiate, io, args), { changed: true, values: { primary: true } })
  assert.is(initiations(), 1)
})

test.run()
