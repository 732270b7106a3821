import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import type { HostDouble } from '../../lib/sandbox/host-double.ts'
import { type Rehearsal, rehearsal } from '../fakes/rehearsal.ts'
import { type Ran, runWords } from '../fakes/run-words.ts'

const test = suite<{ at: Rehearsal }>('scenarios/operator')

test.before(async (my) => {
  my.at = await rehearsal()
  const { code, findings } = await runWords('install.yml', ['--inventory', my.at.inventory])
  assert.is(code, 0, findings.map((one) => one.message).join('\n'))
})
test.after((my) => my.at.remove())

const run = ({ inventory }: Rehearsal, name: string, ...words: string[]): Promise<Ran> =>
  runWords(`${name}.yml`, ['--inventory', inventory, ...words])

const logs = (at: Rehearsal, of: string, tail: number): Promise<Ran> =>
  run(at, 'logs', '-e', JSON.stringify({ logs_of: of, logs_tail: tail }))

const states = (host: HostDouble): readonly string[] =>
  ['mongodb', 'rocketchat', 'caddy'].map((name) => {
    const { State } = host.docker()?.inspect(name) ?? {}
    const checked = State?.Running && State.Health !== undefined
    return `${name} ${checked ? State.Health?.Status : State?.Status}`
  })

/** Starts and stops of containers since `from`, in their order. */
const moves = (host: HostDouble, from: number): readonly string[] =>
  (host.docker()?.events() ?? []).slice(from).flatMap(({ Type, Action, Actor }) => {
    const { name } = Actor.Attributes
    return Type === 'container' && (Action === 'start' || Action === 'stop') ? [`${Action} ${name}`] : []
  })

const errors = ({ findings }: Ran): readonly string[] =>
  findings.filter((one) => one.severity === 'error').map((one) => one.code)

test('status tells every part as a table and changes nothing', async ({ at }) => {
  const before = at.host.writes
  const ran = await run(at, 'status')
  assert.is(ran.code, 0, ran.findings.map((one) => one.message).join('\n'))
  assert.equal(at.host.writes, before)
  for (const line of [
    /^Rocket\.Chat +8\.6\.1, healthy, up \d+ s$/m,
    /^MongoDB +8\.0\.17, healthy, up \d+ s, primary of rs0$/m,
    /^Messages +can be written/m,
    /^Token +works, belongs to ametys-chat$/m,
    /^Proxy +Caddy \S+, running, up \d+ s$/m,
    /^Docker +\S+, answers$/m,
    /^Machine +Debian GNU\/Linux 12 \(bookworm\), up .*35\.0 of 40\.0 GiB disk/m,
    /^Certificate +could not be looked at/m,
  ])
    assert.match(ran.messages, line)
})

test('stop, status, start and restart keep the right order', async ({ at }) => {
  const { host } = at
  let from = host.docker()?.events().length ?? 0
  const since = () => {
    const seen = moves(host, from)
    from = host.docker()?.events().length ?? 0
    return seen
  }
  assert.is((await run(at, 'stop')).code, 0)
  assert.equal(since(), ['stop caddy', 'stop rocketchat', 'stop mongodb'])
  assert.equal(states(host), ['mongodb exited', 'rocketchat exited', 'caddy exited'])
  assert.equal((await run(at, 'stop')).tasks, [
    'The proxy is stopped ok',
    'Rocket.Chat is stopped ok',
    'Its database is stopped ok',
  ])

  const stopped = await run(at, 'status')
  assert.is(stopped.code, 1)
  assert.equal(errors(stopped), ['not-well', 'container-stopped', 'container-stopped', 'container-stopped'])
  assert.match(stopped.findings[0]?.detail ?? '', /^Rocket\.Chat +8\.6\.1, stopped$/m)

  assert.is((await run(at, 'start')).code, 0)
  assert.equal(since(), ['start mongodb', 'start rocketchat', 'start caddy'])
  assert.equal(states(host), ['mongodb healthy', 'rocketchat healthy', 'caddy running'])
  assert.ok((await run(at, 'start')).tasks.every((one) => one.endsWith(' ok')))

  assert.is((await run(at, 'restart')).code, 0)
  assert.equal(since(), [
    'stop caddy',
    'stop rocketchat',
    'stop mongodb',
    'start mongodb',
    'start rocketchat',
    'start caddy',
  ])
  assert.is((await run(at, 'status')).code, 0)
})

test('logs show the last lines of one or of all', async ({ at }) => {
  const both = await logs(at, 'all', 3)
  assert.is(both.code, 0)
  assert.match(both.messages, 'Waiting for connections')
  assert.match(both.messages, 'Site URL: https://localhost')
  assert.match(both.messages, 'serving initial configuration')
  const one = await logs(at, 'mongodb', 2)
  assert.is(one.messages.match(/^\d{4}-\d\d-\d\dT[\d:.]+Z \{/gm)?.length, 2)
  assert.not.match(one.messages, 'Site URL')
})

test('a token that the server does not know, and an engine that is stopped, are told', async ({ at }) => {
  const { host, inventory } = at
  const file = path.join(inventory, 'secrets', `${host.name}.json`)
  const kept = readFileSync(file, 'utf8')
  const { ametys_token: token } = JSON.parse(kept) as { ametys_token: string }
  writeFileSync(file, kept.replace(token, 'another'))
  const useless = await run(at, 'status')
  assert.equal(errors(useless), ['not-well', 'token-useless'])
  assert.match(useless.findings[0]?.detail ?? '', /^Token +does not work: the server does not know it$/m)
  writeFileSync(file, kept)
  assert.equal(errors(await run(at, 'status')), [])

  await host.machine.host.units.stop('docker')
  const ran = await run(at, 'status')
  assert.is(ran.code, 1)
  assert.ok(errors(ran).includes('docker-unavailable'), errors(ran).join(', '))
  assert.match(ran.findings[0]?.detail ?? '', /^Docker +does not answer$/m)
  assert.is((await run(at, 'start')).code, 0)
  assert.equal(states(host), ['mongodb healthy', 'rocketchat healthy', 'caddy running'])
})

test('a host that cannot be reached ends with 4', async ({ at }) => {
  const { faults } = at.host.machine
  faults.refuseLogin = true
  assert.is((await run(at, 'status')).code, 4)
  delete faults.refuseLogin
})

test('each command explains itself', () => {
  for (const name of ['status', 'logs', 'restart', 'stop', 'start']) {
    const said = execFileSync(process.execPath, [path.join(root, 'playbooks', `${name}.ts`), '--help']).toString()
    assert.match(said, `Usage: npx zx playbooks/${name}.ts [flags]`)
    if (name === 'logs') assert.match(said, '--service all|rocketchat|mongodb')
  }
})

test.run()
