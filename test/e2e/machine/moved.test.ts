import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { askChat, askOutside } from './chat.ts'
import { type Machine, startMachine } from './machine.ts'
import { host, makeSite, type Run, type Site } from './site.ts'

const test = suite('e2e/machine/moved')
let machine: Machine
let site: Site

const onHttp = {
  rocketchat_url: `http://${host}`,
  ametys_cms_url: 'http://cms.example.org',
  ametys_spaces_url: 'http://spaces.example.org',
  rocketchat_certificate: 'internal',
}
const onHttps = { rocketchat_certificate: 'internal' }

test.before(async () => {
  machine = await startMachine({ mongodb: '8.0.17', rocketchat: '8.6.1' }).catch((error: unknown) => {
    // The runner keeps to itself what a hook throws.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    throw error
  })
  site = makeSite(machine)
  site.set(onHttp)
})
test.after(async () => {
  site?.remove()
  await machine?.stop()
})

const end = (run: Run): string => `${run.complaints}\n${run.output.slice(-3000)}`

async function fine(run: Promise<Run>): Promise<readonly string[]> {
  const ended = await run
  assert.is(ended.code, 0, end(ended))
  return ended.changed
}

type Moment = readonly [kind: 'task.planned' | 'task.done', task: string]

/** An installation that is killed as soon as it says this. */
async function killedAt([kind, task]: Moment): Promise<void> {
  const run = await site.install([], (event: Event, kill) => {
    if (event.kind === kind && event.task === task) kill()
  })
  assert.is(run.code, 137, `${task}: ${end(run)}`)
}

const moments: readonly Moment[] = [
  ['task.planned', 'Docker is installed'],
  ['task.done', 'Passwords and keys exist'],
  ['task.planned', 'Ametys has a token that needs no second factor'],
]

test('killed at three of its events, an installation ends as one that was not', async () => {
  const [atPackages, atSecrets, atToken] = moments as [Moment, Moment, Moment]
  await killedAt(atPackages)
  await killedAt(atSecrets)
  const made = site.secrets()
  await killedAt(atToken)
  await fine(site.install())
  assert.equal(await fine(site.install()), [])
  const { rocketchat_admin_password, mongodb_key } = site.secrets()
  assert.equal(
    { rocketchat_admin_password, mongodb_key },
    {
      rocketchat_admin_password: made.rocketchat_admin_password,
      mongodb_key: made.mongodb_key,
    },
  )
  const state = await machine.on(`dpkg --audit; docker ps --format '{{.Names}} {{.Status}}' | sort; ls /run/lock`)
  assert.match(state, /^caddy Up .*\nmongodb Up .*\(healthy\)\nrocketchat Up .*\(healthy\)\n/)
  assert.not.match(state, 'ametys-rocketchat.lock')
  const as = await site.credentials()
  const tokens = await askChat(machine, '/api/v1/users.getPersonalAccessTokens', { as })
  assert.is((tokens.json.tokens as readonly unknown[]).length, 1)
  assert.is((await askOutside(machine, host, '/api/v1/me', { as })).status, 200)
})

test('a stale lock of somebody else is told, and taken over when that is wanted', async () => {
  const lock = '/run/lock/ametys-rocketchat.lock'
  const stale = {
    run: 'a1b2c3d4',
    owner: 'anna@desk',
    pid: 4711,
    space: 'elsewhere',
    started: '2026-01-02T03:04:05.000Z',
    purpose: 'playbooks/install.yml, inventory prod',
    lease: 300,
  }
  await machine.on(`cat > ${lock} && touch -d '2 hours ago' ${lock} && chmod 644 /opt/rocketchat/mongodb/key`, {
    input: `${JSON.stringify(stale)}\n`,
  })
  const refused = await site.install()
  assert.equal([refused.code, refused.changed], [1, []], end(refused))
  assert.match(refused.complaints, /^lock-stale: anna@desk .* since 2026-01-02.*not been heard of.*\(.*--take-over/s)
  const key = 'The key of the replica set is in place'
  assert.equal(await fine(site.install(['--take-over'])), [key])
  assert.is((await machine.on(`ls /run/lock | grep -c ametys || true`)).trim(), '0')
  assert.equal(await fine(site.install()), [])
})

test('a chat on http moves to https with its data, its token and its configuration', async () => {
  const as = await site.credentials()
  const room = await askChat(machine, '/api/v1/channels.create', { as, body: { name: 'kept' } })
  assert.is(room.status, 200, JSON.stringify(room.json))
  const own = '/api/v1/settings/Message_MaxAllowedSize'
  assert.is((await askChat(machine, own, { as, body: { value: 4321 } })).status, 200)
  const before = site.secrets()
  site.set(onHttps)

  // Killed when the restart is owed: the next run makes up for it.
  await killedAt(['task.done', 'The environment of Rocket.Chat is in place'])
  const changed = await fine(site.install())
  assert.ok(changed.includes('Restart Rocket.Chat'), changed.join())
  assert.equal(await fine(site.install()), [])

  assert.equal(site.secrets(), before)
  assert.equal(await site.credentials(), as)
  const root = readFileSync(join(site.folder, `${host}-root.pem`), 'utf8')
  const asked = async (path: string) => {
    const got = await askOutside(machine, host, path, { root, as })
    assert.is(got.status, 200, `${path}: ${got.text}`)
    return JSON.parse(got.text)
  }
  assert.is((await asked('/api/v1/me')).username, 'ametys-chat')
  assert.is(
    (await asked('/api/v1/channels.info?roomName=kept')).channel._id,
    (room.json.channel as { _id: string })._id,
  )
  assert.is((await asked('/api/v1/settings/Message_MaxAllowedSize')).value, 4321)
  assert.is((await asked('/api/v1/settings/Site_Url')).value, `https://${host}`)
  assert.is((await askOutside(machine, host, '/home')).location, `https://${host}/home`)
})

test('what was moved is proven from outside, with an upload of the permitted size', async () => {
  await machine.on(`echo 127.0.1.1 ${host} >> /etc/hosts`)
  const proof = await site.verify(['-e', 'rocketchat_proof_from=host'])
  assert.is(proof.code, 0, end(proof))
  assert.match(proof.output, /Upload +well +104\.9 MB/)
})

test.run()
