import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { chatServers } from '../../../../lib/sandbox/programs/chat-servers.ts'
import type { MongoUrl } from '../../../../lib/sandbox/programs/mongo-url.ts'
import { registry } from '../../../../lib/sandbox/programs/registry.ts'
import { type MongoAnswer, rocketChatProgram } from '../../../../lib/sandbox/programs/rocketchat.ts'
import { type Bench, bench, until } from '../docker/bench.ts'

const test = suite('lib/sandbox/programs/rocketchat')

const image = 'rocketchat/rocket.chat:8.6.1'
const env = ['MONGO_URL=mongodb://db:27017/chat?replicaSet=rs0', 'ROOT_URL=https://chat.example.org']

interface Setup extends Bench {
  readonly chats: ReturnType<typeof chatServers>
  readonly asked: MongoUrl[]
  answer: MongoAnswer
  /** Creates and starts a container of Rocket.Chat. */
  launch(more?: object): Promise<void>
  log(): Promise<string>
}

/** An engine whose Rocket.Chat finds the database that `answer` says. */
async function setup(): Promise<Setup> {
  const chats = chatServers()
  const asked: MongoUrl[] = []
  const made = await bench({
    registry,
    programs: {
      '*rocket.chat': rocketChatProgram({
        chats,
        mongo: async (_context, url) => {
          asked.push(url)
          return self.answer
        },
      }),
    },
  })
  const spec = await registry(image, undefined)
  if (typeof spec === 'object') made.double.addImage(image, spec)
  const self: Setup = {
    ...made,
    chats,
    asked,
    answer: { state: 'primary', version: '8.0.17', folder: join(made.folder, 'data') },
    launch: async (more) => {
      const container = await made.docker.createContainer({ name: 'chat', Image: image, Env: env, ...more })
      await container.start()
    },
    log: async () => (await made.docker.getContainer('chat').logs({ stdout: true, stderr: true })).toString(),
  }
  return self
}

const inEach = (title: string, use: (at: Setup) => Promise<void>) =>
  test(title, async () => {
    const at = await setup()
    await use(at).finally(() => at.end())
  })

const state = (at: Setup) => at.double.inspect('chat').State

inEach('starts on its database, says so and answers', async (at) => {
  await at.launch()
  await until('it has happened', () => at.chats.running().length === 1)
  assert.equal(at.asked[0], {
    host: 'db',
    port: 27_017,
    database: 'chat',
    authSource: 'chat',
    replicaSet: 'rs0',
  })
  await until('it has happened', async () => (await at.log()).includes('SERVER RUNNING'))
  const log = await at.log()
  assert.match(log, /Rocket\.Chat Version: 8\.6\.1/)
  assert.match(log, /MongoDB Version: 8\.0\.17/)
  assert.match(log, /Site URL: https:\/\/chat\.example\.org/)
  const [chat] = at.chats.running()
  const health = await fetch(`${chat?.url}/health`)
  assert.equal(await health.json(), { status: 'ok' })
  await at.docker.getContainer('chat').stop()
  assert.is(at.chats.running().length, 0)
  assert.is(state(at).ExitCode, 0)
})

inEach('keeps its database where the database server keeps its own', async (at) => {
  await at.launch()
  await until('it has happened', () => at.chats.running().length === 1)
  const first = at.chats.running()[0]?.database.settings['uniqueID']?.value
  await at.docker.getContainer('chat').kill()
  await at.docker.getContainer('chat').start()
  await until('it has happened', () => at.chats.running().length === 1)
  assert.is(at.chats.running()[0]?.database.settings['uniqueID']?.value, first)
})

for (const [answer, words] of [
  [{ state: 'unreachable' }, /MongoServerSelectionError: getaddrinfo ENOTFOUND db/],
  [{ state: 'no-primary' }, /MongoServerSelectionError: .*not primary/],
  [{ state: 'wrong-set' }, /no member of replica set rs0/],
  [{ state: 'refused' }, /MongoServerError: Authentication failed\./],
] as const) {
  inEach(`ends with code 1 when the database is ${answer.state}`, async (at) => {
    at.answer = answer
    await at.launch()
    await until('it has happened', () => !state(at).Running)
    assert.is(state(at).ExitCode, 1)
    assert.match(await at.log(), words)
  })
}

inEach('waits for a primary that comes in time', async (at) => {
  at.answer = { state: 'no-primary' }
  await at.launch()
  await until('it has happened', () => at.asked.length > 1)
  at.answer = { state: 'primary', version: '8.0.17', folder: join(at.folder, 'data') }
  await until('it has happened', () => at.chats.running().length === 1)
})

inEach('takes its environment from a file that its start script reads', async (at) => {
  const folder = join(at.folder, 'state', 'host', 'opt')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'env'), `export MONGO_URL='mongodb://other/x' ROOT_URL=https://from.example.org\n`)
  await at.launch({
    Env: [],
    Entrypoint: ['sh', '-c', '. /etc/chat/env && exec node main.js'],
    Cmd: [],
    HostConfig: { Binds: ['/opt:/etc/chat:ro'] },
  })
  await until('it has happened', () => at.chats.running().length === 1)
  assert.is(at.asked[0]?.host, 'other')
  assert.is(at.chats.running()[0]?.database.settings['Site_Url']?.value, 'https://from.example.org')
})

inEach('a start script that fails ends the container', async (at) => {
  await at.launch({ Entrypoint: ['sh', '-c', 'cat /nothing && exec node main.js'], Cmd: [] })
  await until('it has happened', () => !state(at).Running)
  assert.is(state(at).ExitCode, 1)
  assert.match(await at.log(), /\/nothing: No such file or directory/)
})

inEach('can be stopped while it starts', async (at) => {
  at.answer = { state: 'no-primary' }
  await at.launch()
  await at.docker.getContainer('chat').stop()
  assert.not.ok(state(at).Running)
})

test.run()
