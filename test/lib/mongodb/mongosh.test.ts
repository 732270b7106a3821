import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Answer } from '../../../lib/core/query.ts'
import { Secret, type Text } from '../../../lib/core/secret.ts'
import { type Exec, jointly } from '../../../lib/engine/jointly.ts'
import { command, type Login, parameters, question, readReply } from '../../../lib/mongodb/mongosh.ts'
import { type MongodbProgramOptions, mongodbProgram } from '../../../lib/sandbox/programs/mongodb.ts'
import { bench, doors, frames, until, whole } from '../sandbox/docker/bench.ts'

const test = suite('lib/mongodb/mongosh')

const password = new Secret('root-password', 'root')
const root: Login = { container: 'mongodb', port: 27_017, user: 'root', password }

/** A database of the double, and a way to send it a program. */
const database = async (options: MongodbProgramOptions = {}) => {
  const made = await bench({ programs: { mongo: mongodbProgram(options) } })
  made.double.addImage('mongo:8.0.17', { entrypoint: ['docker-entrypoint.sh'], cmd: ['mongod'], volumes: ['/data/db'] })
  const container = await made.docker.createContainer({
    name: 'mongodb',
    Image: 'mongo:8.0.17',
    Entrypoint: ['sh', '-c'],
    Cmd: [
      'echo a2V5a2V5 > /tmp/key && chmod 400 /tmp/key && exec docker-entrypoint.sh mongod --replSet rs0 --keyFile /tmp/key',
    ],
    Env: ['MONGO_INITDB_ROOT_USERNAME=root', `MONGO_INITDB_ROOT_PASSWORD=${password.reveal()}`],
  })
  await container.start()
  const run = async (cmd: readonly string[], input: Text): Promise<Pick<Answer, 'text' | 'errors' | 'code'>> => {
    const exec = await container.exec({
      Cmd: [...cmd],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    })
    const stream = await exec.start({ hijack: true, stdin: true })
    stream.end(typeof input === 'string' ? input : input.reveal())
    const said = frames(await whole(stream))
    const text = (wanted: string) =>
      said
        .filter(([from]) => from === wanted)
        .map(([, piece]) => piece)
        .join('')
    return { text: text('stdout'), errors: text('stderr'), code: (await exec.inspect()).ExitCode ?? -1 }
  }
  const send = async (login: Login, body: string) =>
    readReply<unknown>(await run(command(login, body), parameters(login, { set: 'rs0' })), login)
  /** Asks several things at once, as the engine does. */
  const ask = async (...asked: readonly (readonly [Login, string])[]) => {
    const queries = asked.map(([login, body]) => question(login, body) as Exec)
    const runs = { count: 0 }
    const answers = jointly(
      queries.map((query, index) => ({ key: String(index), query, become: undefined })),
      async (query) => {
        runs.count++
        return { ok: true, ...(await run(query.command, query.stdin ?? '')) }
      },
    )
    const replies = await Promise.all(answers.values())
    return { ...runs, replies: replies.map((answer) => readReply<unknown>(answer, root)) }
  }
  return { ...made, send, ask }
}

test('a server that sets itself up for the first time counts as not listening', async () => {
  const { pass, open } = doors()
  const { send, end } = await database({ hold: pass })
  const look = async () => {
    const reply = await send(root, 'return rs.status()')
    return reply.ok ? 'fine' : `${reply.code} ${reply.codeName}`
  }
  const comes = (wanted: string) => until(wanted, async () => (await look()) === wanted)
  try {
    assert.is(await look(), '-2 NotListening')
    open()
    await comes('-2 NoReplicationEnabled')
    open()
    await comes('-2 NotListening')
    open()
    await comes('94 NotYetInitialized')
  } finally {
    await end()
  }
})

test('values, refusals of the server and wrong passwords come back', async () => {
  const { send, end } = await database()
  try {
    await until('the server answers', async () => {
      const reply = await send(root, 'return 1')
      return reply.ok
    })
    assert.equal(await send(root, 'return { set: p.set, up: db.hello().ok }'), {
      ok: true,
      value: { set: 'rs0', up: 1 },
    })
    assert.equal(await send(root, 'return rs.status()'), {
      ok: false,
      code: 94,
      codeName: 'NotYetInitialized',
      message: 'no replset config has been received',
    })
    const wrong = await send({ ...root, password: new Secret('wrong', 'root') }, 'return 1')
    assert.is(wrong.ok ? 0 : wrong.code, 18)
    const nobody = await send({ container: 'mongodb', port: 27_017 }, 'return rs.status()')
    assert.is(nobody.ok ? 0 : nobody.code, 13)
  } finally {
    await end()
  }
})

test('what is asked together is one start of mongosh, in which everybody signs in for himself', async () => {
  const { send, ask, end } = await database()
  const who = 'return db.runCommand({ connectionStatus: 1 }).authInfo.authenticatedUsers.map((u) => u.user)'
  try {
    await until('the server answers', async () => (await send(root, 'return 1')).ok)
    await send(root, "rs.initiate({ _id: 'rs0', members: [{ _id: 0, host: '127.0.0.1:27017' }] })")
    await until('a primary', async () => {
      const reply = await send(root, 'return db.hello().isWritablePrimary')
      return reply.ok && reply.value === true
    })
    await send(root, "admin.createUser({ user: 'chat', pwd: 'chat-password', roles: [] }); return 1")
    const chat = { ...root, user: 'chat', password: new Secret('chat-password', 'chat') }
    const wrong = { ...chat, password: new Secret('wrong', 'chat') }
    const unknown = { ...chat, user: 'nobody' }
    const { count, replies } = await ask([root, who], [wrong, 'return 1'], [chat, who], [unknown, who], [root, who])
    assert.is(count, 1)
    assert.equal(
      replies.map((reply) => (reply.ok ? reply.value : reply.code)),
      [['root'], 18, ['chat'], 18, ['root']],
    )
    const nobody = await ask([root, 'return 1'], [{ container: 'mongodb', port: 27_017 }, 'return rs.status()'])
    assert.is(nobody.count, 2)
    assert.is(nobody.replies[1]?.ok, false)
  } finally {
    await end()
  }
})

test('no password is in the command line', () => {
  assert.not.ok(command(root, 'return 1').join(' ').includes(password.reveal()))
})

test.run()
