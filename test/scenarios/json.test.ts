import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../lib/core/event.ts'
import { withStage } from './stage.ts'

const test = suite('scenarios/json')

const playbook = `
- name: Web
  hosts: all
  gather_facts: false
  tasks:
    - name: A folder
      file: { path: /srv/www, state: directory }
      notify: Reload
    - name: What is there
      command: ls /srv
      changed_when: false
    - name: Ends here
      fail: { msg: "nothing\\nmore" }
      when: inventory_hostname == 'web2'
  handlers:
    - name: Reload
      command: echo reloaded
`

/** The events of a run, read as a program would: every line is one object, and there is nothing else. */
async function eventsOf(words: string, expected: number): Promise<readonly Event[]> {
  let events: readonly Event[] = []
  await withStage(async (stage) => {
    await stage.machine('web1')
    await stage.machine('web2')
    await stage.machine('web3', { refuseLogin: true })
    stage.write('hosts.yml', 'all:\n  hosts:\n    web[1:3]:\n')
    stage.write('site.yml', playbook)
    const run = stage.start(`npx zx playbooks/run.ts site.yml -i hosts.yml --output json ${words}`)
    const { code, stdout, stderr } = await run.ended
    assert.is(stderr, '')
    assert.is(code, expected, stdout)
    assert.match(stdout, /\}\n$/)
    events = stdout
      .slice(0, -1)
      .split('\n')
      .map((line) => JSON.parse(line) as Event)
  })
  return events
}

const kindsOf = (events: readonly Event[]) => new Set(events.map(({ kind }) => kind))
const resultsOf = (events: readonly Event[]) =>
  events
    .filter((event) => event.kind === 'task.done')
    .map(({ host, task, status }) => `${host} ${task}: ${status}`)
    .sort()

test('one event a line, from the start of the run to its end', async () => {
  const events = await eventsOf('', 4)
  assert.is(events[0]?.kind, 'run.start')
  assert.is(events.at(-1)?.kind, 'run.end')
  for (const kind of ['play.start', 'task.start', 'task.planned', 'task.output', 'handler.notified'] as const) {
    assert.ok(kindsOf(events).has(kind), kind)
  }
  assert.equal(resultsOf(events), [
    'web1 A folder: changed',
    'web1 Ends here: skipped',
    'web1 Reload: changed',
    'web1 What is there: ok',
    'web2 A folder: changed',
    'web2 Ends here: failed',
    'web2 What is there: ok',
    'web3 A folder: unreachable',
  ])
  for (const event of events) assert.match((event as Event & { at: string }).at, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
})

test('the last event holds the counts and the exit code', async () => {
  const end = (await eventsOf('--limit web1', 0)).at(-1)
  assert.is(end?.kind === 'run.end' && end.exitCode, 0)
  assert.equal(end?.kind === 'run.end' && end.stats, {
    web1: { ok: 3, changed: 2, unreachable: 0, failed: 0, skipped: 1, rescued: 0, ignored: 0, unknown: 0 },
  })
  assert.equal(end?.kind === 'run.end' && end.changed, { web1: ['A folder', 'Reload'] })
})

test('verbosity and check mode add events, never text', async () => {
  assert.ok(kindsOf(await eventsOf('-vvv --check --diff --limit web1,web2', 1)).has('task.planned'))
})

test.run()
