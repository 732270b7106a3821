import { chmodSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type Docker from 'dockerode'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askMongo } from '../../../../lib/sandbox/programs/ask-mongo.ts'
import { readMongoUrl } from '../../../../lib/sandbox/programs/mongo-url.ts'
import { mongodbProgram } from '../../../../lib/sandbox/programs/mongodb.ts'
import type { Io, Text } from '../../../../lib/task.ts'
import replicaset from '../../../../tasks/mongodb/mongodb_replicaset.ts'
import { type Bench, bench, doors, puppet, until, whole } from '../docker/bench.ts'

const test = suite('lib/sandbox/programs/mongodb')

const image = {
  entrypoint: ['docker-entrypoint.sh'],
  cmd: ['mongod'],
  exposedPorts: ['27017/tcp'],
  volumes: ['/data/configdb', '/data/db'],
}

const key = 'a2V5a2V5a2V5'

/** A bench with a network `net`, the images of some releases, and a key file and a password on the machine. */
const mongoBench = async (options: Parameters<typeof bench>[0] = {}): Promise<Bench> => {
  const made = await bench({ programs: { mongo: mongodbProgram() }, ...options })
  for (const tag of ['6.0.20', '7.0.9', '8.0.17']) made.double.addImage(`mongo:${tag}`, image)
  await made.docker.createNetwork({ Name: 'net' })
  const secrets = join(made.folder, 'state', 'host', 'secrets')
  mkdirSync(secrets, { recursive: true })
  writeFileSync(join(secrets, 'key'), key, { mode: 0o400 })
  writeFileSync(join(secrets, 'root'), 'secret\n', { mode: 0o400 })
  return made
}

const account = ['MONGO_INITDB_ROOT_USERNAME=root', 'MONGO_INITDB_ROOT_PASSWORD_FILE=/secrets/root']
const mongod = ['mongod', '--replSet', 'rs0', '--keyFile', '/secrets/key', '--bind_ip_all']

interface Wish {
  readonly Cmd?: readonly string[]
  readonly Env?: readonly string[]
  readonly tag?: string
  readonly volume?: string
  readonly name?: string
}

const launch = async (docker: Docker, { Cmd = mongod, Env = account, tag = '8.0.17', ...wish }: Wish = {}) => {
  const { name = 'mongodb', volume = 'data' } = wish
  const container = await docker.createContainer({
    name,
    Image: `mongo:${tag}`,
    Cmd: [...Cmd],
    Env: [...Env],
    HostConfig: { Binds: [`${volume}:/data/db`, '/secrets:/secrets:ro'], NetworkMode: 'net' },
    NetworkingConfig: { EndpointsConfig: { net: { Aliases: ['db'] } } },
  })
  await container.start()
  return container
}

interface Said {
  readonly code: number
  readonly text: string
  readonly errors: string
}

const run = async (container: Docker.Container, cmd: readonly string[], stdin?: string): Promise<Said> => {
  const exec = await container.exec({
    Cmd: [...cmd],
    AttachStdout: true,
    AttachStderr: true,
    AttachStdin: stdin !== undefined,
  })
  const stream = await exec.start({ hijack: true, stdin: stdin !== undefined })
  if (stdin !== undefined) stream.end(stdin)
  const raw = await whole(stream)
  let text = ''
  let errors = ''
  for (let at = 0; at < raw.length; ) {
    const length = raw.readUInt32BE(at + 4)
    const piece = raw.toString('utf8', at + 8, at + 8 + length)
    if (raw[at] === 2) errors += piece
    else text += piece
    at += 8 + length
  }
  return { code: (await exec.inspect()).ExitCode ?? -1, text: text.trim(), errors: errors.trim() }
}

const shell = (container: Docker.Container, script: string, ...more: readonly string[]): Promise<Said> =>
  run(container, ['mongosh', '--quiet', ...more, '--eval', script])

const asRoot = ['-u', 'root', '-p', 'secret']
const initiate = 'rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "mongodb:27017" }] })'

const listening = (container: Docker.Container, more: readonly string[] = asRoot): Promise<void> =>
  until('mongod takes its account', async () => (await shell(container, '1', ...more)).code === 0)

const settled = async (container: Docker.Container): Promise<void> => {
  await until('the temporary server is gone', async () =>
    /NotYetInitialized/.test((await shell(container, 'rs.status()', ...asRoot)).errors),
  )
}

const exitOf = async (container: Docker.Container): Promise<number> => (await container.wait()).StatusCode

test('a fresh server becomes the primary of its set, and keeps it over a restart', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker)
    await settled(container)
    assert.match(
      (await shell(container, 'rs.status()')).errors,
      /^MongoServerError\[Unauthorized\]: Command replSetGetStatus requires/,
    )
    assert.match(
      (await shell(container, '1', '-u', 'root', '-p', 'wrong')).errors,
      /AuthenticationFailed\]: Authentication failed\.$/,
    )
    assert.is((await shell(container, 'db.hello().isWritablePrimary')).text, 'false')
    assert.match(
      (await shell(container, initiate.replace('mongodb:', 'other:'), ...asRoot)).errors,
      /^MongoServerError\[NodeNotFound\]/,
    )
    assert.match((await shell(container, initiate.replace('rs0', 'rs1'), ...asRoot)).errors, /InvalidReplicaSetConfig/)
    const done = await shell(
      container,
      `${initiate}; while (!db.hello().isWritablePrimary) sleep(1); db.hello().me`,
      ...asRoot,
    )
    assert.equal(done, { code: 0, text: 'mongodb:27017', errors: '' })
    const again = await shell(container, initiate, ...asRoot)
    assert.equal(again, { code: 1, text: '', errors: 'MongoServerError[AlreadyInitialized]: already initialized' })

    await container.restart()
    await until(
      'it is primary again',
      async () => (await shell(container, 'db.hello().isWritablePrimary')).text === 'true',
    )
    assert.is((await shell(container, 'rs.conf().members[0].host', ...asRoot)).text, 'mongodb:27017')
  } finally {
    await end()
  }
})

test('the first start goes through a server without replica set', async () => {
  const { pass, open } = doors()
  const { docker, end } = await mongoBench({ programs: { mongo: mongodbProgram({ hold: pass }) } })
  try {
    const container = await launch(docker)
    assert.match((await shell(container, '1')).errors, /^MongoNetworkError: connect ECONNREFUSED 127\.0\.0\.1:27017$/)
    open()
    await listening(container, [])
    assert.match((await shell(container, 'rs.status()')).errors, /NoReplicationEnabled/)
    assert.match((await shell(container, '1', ...asRoot)).errors, /AuthenticationFailed/)
    open()
    await until('it is gone again', async () => (await shell(container, '1')).code !== 0)
    open()
    await listening(container)
    assert.match((await shell(container, 'rs.status()', ...asRoot)).errors, /NotYetInitialized/)
  } finally {
    await end()
  }
})

test('accounts are made, changed and refused', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker)
    await settled(container)
    const make =
      'db.getSiblingDB("admin").createUser({ user: "chat", pwd: "one", roles: [{ role: "readWrite", db: "chat" }] })'
    assert.match(
      (await shell(container, make, ...asRoot)).errors,
      /^MongoServerError\[NotWritablePrimary\]: not primary/,
    )
    await shell(container, `${initiate}; sleep(10)`, ...asRoot)
    assert.is((await shell(container, make, ...asRoot)).code, 0)
    assert.match(
      (await shell(container, make, ...asRoot)).errors,
      /^MongoServerError\[Location51003\]: User "chat@admin" already exists$/,
    )
    const asChat = (password: string) => shell(container, 'rs.status()', '-u', 'chat', '-p', password)
    assert.match((await asChat('one')).errors, /^MongoServerError\[Unauthorized\]: not authorized on admin/)
    await shell(
      container,
      'db.getSiblingDB("admin").updateUser("chat", { pwd: "two", roles: [{ role: "clusterMonitor", db: "admin" }] })',
      ...asRoot,
    )
    assert.match((await asChat('one')).errors, /AuthenticationFailed/)
    assert.is((await asChat('two')).code, 0)
    const roles = await shell(
      container,
      'print(EJSON.stringify(db.getSiblingDB("admin").getUser("chat").roles))',
      ...asRoot,
    )
    assert.is(roles.text, '[{"role":"clusterMonitor","db":"admin"}]')
    assert.is((await shell(container, 'db.getSiblingDB("admin").getUser("nobody")', ...asRoot)).text, 'null')
    assert.match(
      (await shell(container, 'db.getSiblingDB("admin").dropUser("nobody")', ...asRoot)).errors,
      /UserNotFound/,
    )
  } finally {
    await end()
  }
})

test('without accounts the server trusts its own machine, until the first one is made', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker, { Env: [] })
    await listening(container, [])
    assert.is((await shell(container, `${initiate}; sleep(10)`)).code, 0)
    const make = (name: string) =>
      shell(container, `db.getSiblingDB("admin").createUser({ user: "${name}", pwd: "x", roles: ["root"] })`)
    assert.is((await make('first')).code, 0)
    assert.match((await make('second')).errors, /Unauthorized\]: Command createUser requires authentication/)
  } finally {
    await end()
  }
})

test('a start that was cut off before the image had made its account is made up for', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker, { Env: [] })
    await listening(container, [])
    const args = {
      container: 'mongodb',
      replica_set: 'rs0',
      member: 'mongodb:27017',
      port: 27_017,
      login_user: 'root',
      login_password: 'secret',
      timeout: 20,
    }
    const context = { host: 'web1', variable: () => undefined }
    const wrong = async () => {
      const { ask, read } = replicaset.probe(args, context)
      const [query] = ask
      if (query?.on !== 'exec') throw new Error('it asks inside the container')
      const { code, text, errors } = await run(container, query.command, String(query.stdin))
      return replicaset.diff(args, read([{ ok: code === 0, code, text, errors }]), context)
    }
    const io = {
      docker: {
        exec: async (_name: string, command: readonly string[], { stdin }: { stdin?: Text } = {}) => {
          const { code, text, errors } = await run(container, command, String(stdin))
          return { code, stdout: Buffer.from(text), stderr: Buffer.from(errors) }
        },
      },
      until: async (what: string, look: (seen: (state: string) => void) => Promise<unknown>) => {
        let found: unknown
        await until(what, async () => {
          found = await look(() => undefined)
          return found !== undefined
        })
        return found
      },
    } as unknown as Io
    const changes = await wrong()
    assert.equal(
      changes.map(({ target }) => target),
      ['replica set rs0'],
    )
    for (const change of changes) await replicaset.apply?.(change, io, args)
    assert.equal(await wrong(), [])
    assert.is((await shell(container, 'db.getSiblingDB("admin").getUser("root").user', ...asRoot)).text, 'root')
    assert.match((await shell(container, 'rs.status()')).errors, /requires authentication/)
  } finally {
    await end()
  }
})

test('a script reads its parameters from the input, and errors are its own', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker)
    await listening(container)
    const program = `
const p = JSON.parse(require('fs').readFileSync(0, 'utf8'));
try { db.getSiblingDB('admin').auth(p.user, 'wrong') } catch (e) { print(JSON.stringify([e.code, e.codeName, e instanceof Error])) }
db.getSiblingDB('admin').auth(p.user, p.password);
const c = { members: [1] }; print(Array.isArray(c.members));
print(JSON.stringify((function () { return db.hello().ok })()));`
    const said = await run(
      container,
      ['mongosh', '--quiet', '--norc', 'mongodb://127.0.0.1:27017/?directConnection=true', '--eval', program],
      JSON.stringify({ user: 'root', password: 'secret' }),
    )
    assert.equal(said, { code: 0, text: '[18,"AuthenticationFailed",true]\ntrue\n1', errors: '' })
    const typed = await run(container, ['mongosh', '--quiet'], 'db.adminCommand(\n{ ping: 1 })\nuse admin\nnope\n')
    assert.is(typed.code, 0)
    assert.match(
      typed.text,
      /test> { ok: 1 }\n.*test> switched to db admin\n.*admin> ReferenceError: nope is not defined/s,
    )
    assert.is((await shell(container, 'quit(7)')).code, 7)
    assert.match((await shell(container, 'throw new Error("no")')).errors, /^Error: no$/)
    const script = await run(container, [
      'sh',
      '-c',
      'mongosh --quiet --eval "db.adminCommand({ ping: 1 }).ok" | grep -q 1 && echo up',
    ])
    assert.is(script.text, 'up')
  } finally {
    await end()
  }
})

test('a sleep of a script takes its time without holding anything up', async () => {
  const { docker, end } = await mongoBench()
  try {
    const container = await launch(docker)
    await listening(container)
    const before = Date.now()
    let ticks = 0
    const timer = setInterval(() => ticks++, 5)
    const said = await shell(container, 'const from = Date.now(); sleep(120); Date.now() - from >= 120')
    clearInterval(timer)
    assert.is(said.text, 'true')
    assert.ok(Date.now() - before >= 115)
    assert.ok(ticks > 3)
  } finally {
    await end()
  }
})

test('what keeps the real server from starting keeps the double from it', async () => {
  const { docker, folder, end } = await mongoBench()
  const log = async (container: Docker.Container) =>
    (await container.logs({ stdout: true, stderr: true })).toString('utf8')
  try {
    const half = await launch(docker, { name: 'half', volume: 'half', Env: ['MONGO_INITDB_ROOT_USERNAME=root'] })
    assert.is(await exitOf(half), 1)
    assert.match(await log(half), /both must be specified for a user to be created/)
    const noKey = await launch(docker, { name: 'no-key', volume: 'no-key', Cmd: ['mongod', '--replSet', 'rs0'] })
    assert.is(await exitOf(noKey), 2)
    assert.match(await log(noKey), /security\.keyFile is required when authorization is enabled with replica sets/)
    const odd = await launch(docker, { name: 'odd', volume: 'odd', Cmd: ['mongod', '--fast'] })
    assert.is(await exitOf(odd), 2)
    chmodSync(join(folder, 'state', 'host', 'secrets', 'key'), 0o644)
    const open = await launch(docker, { name: 'open', volume: 'open' })
    assert.is(await exitOf(open), 1)
    assert.match(await log(open), /permissions on \/secrets\/key are too open/)
  } finally {
    await end()
  }
})

test('other commands of the image are run as they are', async () => {
  const { docker, end } = await mongoBench()
  try {
    const server = await launch(docker)
    await listening(server)
    const once = async (Cmd: string[]) => {
      const container = await docker.createContainer({ Image: 'mongo:8.0.17', Cmd, HostConfig: { NetworkMode: 'net' } })
      await container.start()
      const code = await exitOf(container)
      return `${code} ${(await container.logs({ stdout: true, stderr: true })).toString('utf8').slice(8)}`.trim()
    }
    assert.is(await once(['chown', '-R', '999:999', '/data/db']), '0')
    assert.is(await once(['sh', '-c', 'echo one; exit 3']), '3 one')
    assert.is(await once(['mongosh', '--quiet', 'mongodb://db:27017', '--eval', 'db.version()']), '0 8.0.17')
    assert.match(
      await once(['mongosh', '--host', 'gone', '--eval', '1']),
      /^1 MongoNetworkError: getaddrinfo ENOTFOUND gone$/,
    )
  } finally {
    await end()
  }
})

test('without AVX MongoDB 5 and later die of an illegal instruction', async () => {
  const { docker, double, end } = await mongoBench({ programs: { mongo: mongodbProgram({ avx: false }) } })
  try {
    const container = await launch(docker)
    assert.is(await exitOf(container), 132)
    double.addImage('mongo:4.4.29', image)
    const old = await launch(docker, { name: 'old', tag: '4.4.29', volume: 'old' })
    await listening(old)
  } finally {
    await end()
  }
})

test('a volume is opened by its own release and by the next one only', async () => {
  const { docker, end } = await mongoBench()
  try {
    const six = await launch(docker, { tag: '6.0.20', name: 'six' })
    await listening(six)
    await six.stop()
    const eight = await launch(docker, { tag: '8.0.17', name: 'eight' })
    assert.is(await exitOf(eight), 62)
    const seven = await launch(docker, { tag: '7.0.9', name: 'seven' })
    await listening(seven)
    const version =
      'db.adminCommand({ getParameter: 1, featureCompatibilityVersion: 1 }).featureCompatibilityVersion.version'
    assert.is((await shell(seven, version, ...asRoot)).text, '6.0')
    assert.match(
      (await shell(seven, 'db.adminCommand({ setFeatureCompatibilityVersion: "7.0" })', ...asRoot)).errors,
      /confirm: true/,
    )
    await shell(seven, 'db.adminCommand({ setFeatureCompatibilityVersion: "7.0", confirm: true })', ...asRoot)
    await seven.stop()
    await eight.start()
    await listening(eight)
  } finally {
    await end()
  }
})

test('a volume of another set starts but never becomes primary', async () => {
  const { docker, end } = await mongoBench()
  try {
    const one = await launch(docker)
    await settled(one)
    await shell(one, `${initiate}; sleep(10)`, ...asRoot)
    await one.remove({ force: true })
    const two = await launch(docker, { Cmd: mongod.map((word) => (word === 'rs0' ? 'other' : word)) })
    await listening(two)
    assert.match((await shell(two, 'rs.status()', ...asRoot)).errors, /^MongoServerError\[InvalidReplicaSetConfig\]/)
    assert.is((await shell(two, 'sleep(20); db.hello().isWritablePrimary')).text, 'false')
  } finally {
    await end()
  }
})

test('another container is told how the database stands', async () => {
  const { program, starts } = puppet()
  const { docker, double, end } = await mongoBench({ programs: { mongo: mongodbProgram(), chat: program } })
  try {
    double.addImage('chat:1', {})
    const chat = await docker.createContainer({ Image: 'chat:1', HostConfig: { NetworkMode: 'net' } })
    await chat.start()
    const ask = async (text: string): Promise<string> => {
      const url = readMongoUrl(text)
      const [context] = starts
      if (url === undefined || context === undefined) throw new Error('no connection string')
      return (await askMongo(context, url)).state
    }
    const good = 'mongodb://chat:pw@mongodb:27017/chat?replicaSet=rs0&authSource=admin'
    assert.is(await ask(good), 'unreachable')
    const container = await launch(docker)
    await settled(container)
    assert.is(await ask(good), 'no-primary')
    await shell(
      container,
      `${initiate}; sleep(10); db.getSiblingDB('admin').createUser({ user: 'chat', pwd: 'pw', roles: [{ role: 'readWrite', db: 'chat' }] })`,
      ...asRoot,
    )
    assert.is(await ask(good), 'primary')
    assert.is(await ask(good.replace('@mongodb', '@db')), 'primary')
    assert.is(await ask(good.replace('rs0', 'rs1')), 'wrong-set')
    assert.is(await ask(good.replace(':pw', ':no')), 'refused')
    assert.is(await ask(good.replace('/chat?', '/other?')), 'refused')
    assert.is(await ask('mongodb://mongodb:27017/chat?replicaSet=rs0'), 'refused')
    assert.ok(starts[0]?.resolve('mongodb', 27_017))
    // A set whose member is named so that others cannot find it is of no use to them.
    await shell(
      container,
      `const c = rs.conf(); c.members[0].host = 'localhost:27017'; c.version++; rs.reconfig(c, { force: true })`,
      ...asRoot,
    )
    assert.is(await ask(good), 'unreachable')
    await container.stop()
    assert.is(await ask(good), 'unreachable')
  } finally {
    await end()
  }
})

test.run()
