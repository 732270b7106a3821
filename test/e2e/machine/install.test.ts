import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { askChat } from './chat.ts'
import { type Machine, startMachine } from './machine.ts'
import { makeSite, type Run, type Site } from './site.ts'

const test = suite('e2e/machine/install')
let machine: Machine
let site: Site

test.before(async () => {
  machine = await startMachine({ mongodb: '8.0.17', rocketchat: '8.6.1' }).catch((error: unknown) => {
    // The runner keeps to itself what a hook throws.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    throw error
  })
  site = makeSite(machine)
})
test.after(async () => {
  site?.remove()
  await machine?.stop()
})

/** A run that must do exactly this: tasks whose names match, in this order. */
async function changes(expected: readonly RegExp[]): Promise<Run> {
  const run = await site.install()
  assert.is(run.code, 0, `${run.complaints}\n${run.output.slice(-3000)}`)
  const right = run.changed.length === expected.length && expected.every((one, at) => one.test(run.changed[at] ?? ''))
  assert.ok(right, `changed: ${run.changed.join(' | ')}; expected: ${expected.join(' | ')}`)
  return run
}

async function fails(code: RegExp, words: readonly string[] = []): Promise<Run> {
  const run = await site.install(words)
  assert.is(run.code, 1, run.output.slice(-3000))
  assert.match(run.complaints, code)
  return run
}

const listening = async () =>
  (await machine.on('ss -Hltn'))
    .split('\n')
    .map((line) => line.split(/\s+/)[3] ?? '')
    .filter((address) => /:(3000|27017)$/.test(address))

test('a check of a bare server tells what would change and leaves it as it is', async () => {
  const before = await machine.touched()
  const run = await site.install(['--check'])
  assert.is(run.code, 0, run.output.slice(-3000))
  assert.ok(run.changed.includes('Docker is installed'), run.changed.join())
  assert.equal(await machine.touched(), before)
  assert.not(existsSync(join(site.folder, 'secrets')))
})

test('one run takes the bare server to a chat with its token', async () => {
  const run = await site.install()
  assert.is(run.code, 0, `${run.complaints}\n${run.output.slice(-3000)}`)
  assert.is(run.counts.failed, 0)
  const credentials = await site.credentials()
  const me = await askChat(machine, '/api/v1/me', { as: credentials })
  assert.equal([me.status, me.json.username], [200, 'ametys-chat'])
  assert.equal(await listening(), ['127.0.0.1:3000'])
})

test('no secret shows in what was said, in the command lines or in what the engine tells of the containers', async () => {
  const secrets = Object.entries(site.secrets()).filter(([name]) => name !== 'ametys_user_id')
  assert.ok(secrets.length >= 5)
  const run = await site.install(['-vvv'])
  const places = {
    output: run.output,
    inspect: await machine.on('docker inspect mongodb rocketchat'),
    processes: await machine.on('ps axww -o args'),
    journal: await machine.on('journalctl --no-pager'),
    logs: await machine.on('docker logs mongodb 2>&1; docker logs rocketchat 2>&1'),
  }
  for (const [place, text] of Object.entries(places)) {
    for (const [name, value] of secrets) assert.not.ok(text.includes(value), `${name} is in ${place}`)
  }
})

test('the same again changes nothing', async () => {
  await changes([])
})

test('exactly what was broken is mended', async () => {
  const as = await site.credentials()
  const setting = '/api/v1/settings/Unread_Count'
  const broken = await askChat(machine, setting, { as, body: { value: 'user_mentions_only' } })
  assert.is(broken.status, 200, JSON.stringify(broken.json))
  const tokenName = 'Ametys'
  const gone = await askChat(machine, '/api/v1/users.removePersonalAccessToken', { as, body: { tokenName } })
  assert.is(gone.status, 200, JSON.stringify(gone.json))
  assert.is((await askChat(machine, '/api/v1/me', { as })).status, 401)
  await machine.on('chmod 644 /opt/rocketchat/mongodb/key; docker stop rocketchat')
  await changes([/key of the replica set/, /Rocket\.Chat runs/, /has a token/, /settings of the manual/])
  const now = await site.credentials()
  const value = await askChat(machine, setting, { as: now })
  assert.equal([value.status, value.json.value], [200, 'all_messages'])
  assert.is((await machine.on('stat -c %a /opt/rocketchat/mongodb/key')).trim(), '400')
  await changes([])
})

test('a stopped and disabled engine is started again', async () => {
  await machine.on('systemctl disable --now docker.service docker.socket')
  await changes([/Docker runs/])
  assert.is((await machine.on('systemctl is-enabled docker.service')).trim(), 'enabled')
})

test('after a restart of the machine everything is there by itself', async () => {
  await machine.reboot()
  await changes([])
})

test('a wrong image tag is told, and what runs goes on', async () => {
  const run = await fails(/image-not-pulled.*not found/s, ['-e', `rocketchat_image=${machine.images.rocketchat}9`])
  assert.equal(run.changed, [])
  await changes([])
})

test('a port that is taken is told', async () => {
  await machine.on('docker rm -f rocketchat')
  await machine.on(
    `systemd-run --unit squatter perl -MIO::Socket::INET -e '@kept = IO::Socket::INET->new(LocalAddr=>"127.0.0.1",LocalPort=>3000,Listen=>1) or die; sleep 600'`,
  )
  try {
    await fails(/port|3000/)
  } finally {
    await machine.on('systemctl stop squatter')
  }
  await changes([/Rocket\.Chat runs/])
})

test('the data of another replica set are refused at once', async () => {
  const rename = (from: string, to: string) =>
    machine.on(
      `cd /var/lib/docker/volumes/rocketchat_mongodb/_data && sed -i 's/"${from}"/"${to}"/g' sandbox-mongod.json && docker restart mongodb`,
    )
  await rename('rs0', 'rs9')
  await fails(/foreign-replica-set/)
  await rename('rs9', 'rs0')
  await changes([])
})

test('a link that is cut in the middle of a task is told, and the next run goes on from there', async () => {
  await machine.on('docker rm -f rocketchat mongodb; docker rmi -f $(docker images -q)')
  let cutting: Promise<unknown> = Promise.resolve()
  const run = await site.install([], (event) => {
    if (event.kind !== 'task.start' || !/image of MongoDB/.test(event.task)) return
    cutting = machine.on('kill -9 $(pgrep -f "[s]shd: root@")')
  })
  await cutting
  assert.is(run.code, 4, run.output.slice(-3000))
  assert.match(run.complaints, 'link-lost')
  const next = await site.install()
  assert.is(next.code, 0, `${next.complaints}\n${next.output.slice(-3000)}`)
  await changes([])
})

test('an account that needs sudo and its password sees the same', async () => {
  site.signInAs('deploy')
  await changes([])
  await machine.on('docker stop rocketchat; chmod 644 /opt/rocketchat/mongodb/key')
  await changes([/key of the replica set/, /Rocket\.Chat runs/])
})

test.run()
