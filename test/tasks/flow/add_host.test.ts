import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../../lib/core/module.ts'
import addHost from '../../../tasks/flow/add_host.ts'
import groupBy from '../../../tasks/flow/group_by.ts'
import { type PlayOptions, play } from '../../fakes/play.ts'

const test = suite('tasks/flow/add_host')

const modules = { add_host: addHost as unknown as TaskModule, group_by: groupBy as unknown as TaskModule }
const inventory = 'web: { hosts: { a: { n: 1 }, b: { n: 2 }, c: { n: 2 } } }\n'
const run = (text: string, how: PlayOptions = {}) => play(text, { inventory, modules, ...how })

const later = `
- hosts: fresh
  tasks:
    - thing: { name: who, value: "{{ inventory_hostname }} {{ port }} {{ group_names | join(',') }}" }
`

test('a host that was added is there for the next play, with its groups and variables', async () => {
  const { lines, hosts, stats } = await run(`
- hosts: web
  tasks:
    - add_host: { name: new, groups: "fresh,other", port: 3001 }
      register: added
    - debug: { msg: "{{ groups.fresh | join }} {{ hostvars.new.port }} {{ added is defined }}" }
${later}`)
  assert.equal(lines.slice(0, 1), ['a add_host changed'])
  assert.is(lines.filter((line) => line.includes('add_host')).length, 1, 'it runs for the first host alone')
  assert.is(hosts.get('new')?.values.get('who'), 'new 3001 fresh,other')
  assert.is(stats.a?.changed, 1)
  assert.is(stats.b?.ok, 1)
  assert.is(stats.new?.changed, 1)
})

test('what is there already is no change', async () => {
  const add = '    - add_host: { name: new, groups: [fresh], port: 1 }\n'
  const { lines } = await run(`- hosts: a\n  tasks:\n${add}${add}    - add_host: { name: new, port: 2 }\n`)
  assert.equal(lines, ['a add_host changed', 'a add_host ok', 'a add_host changed'])
})

test('a check adds hosts as well, since the inventory of the run is not the machine', async () => {
  const { lines, hosts } = await run(
    `- hosts: a\n  tasks:\n    - add_host: { name: "new:2222", groups: fresh, port: 1 }\n${later}`,
    { options: { check: true } },
  )
  assert.equal(lines, ['a add_host changed', 'new thing changed'])
  assert.equal(hosts.get('new')?.applied, [])
})

test('hosts are put into groups by what is known of them', async () => {
  const { events, lines } = await run(`
- hosts: web
  tasks:
    - group_by: { key: "kind {{ n }}", parents: [kinds] }
      register: done
    - group_by: { key: "kind {{ n }}", parents: [kinds] }
    - debug: { msg: "{{ groups['kind-2'] | join(',') }} {{ groups.kinds | sort | join(',') }} {{ group_names | join(',') }} {{ done.add_group }}" }
- hosts: kind-2:!c
  tasks:
    - debug: { msg: here }
`)
  const said = events.flatMap((event) => (event.kind === 'task.done' ? [`${event.host} ${event.message ?? ''}`] : []))
  assert.ok(said.includes('b b,c a,b,c kind-2,kinds,web kind-2'), said.join('\n'))
  assert.ok(said.includes('a b,c a,b,c kind-1,kinds,web kind-1'))
  assert.is(lines.filter((line) => line === 'b group_by changed').length, 1)
  assert.is(lines.filter((line) => line === 'b group_by ok').length, 1)
  assert.equal(said.at(-1), 'b here')
})

test('a play for hosts that nobody added does nothing and says so', async () => {
  const { events, lines } = await run(`
- hosts: a
  tasks:
    - add_host: { name: new, groups: fresh }
      when: false
- hosts: fresh
  tasks:
    - debug: { msg: "{{ groups.fresh }} {{ hostvars.new.port }}" }
`)
  assert.equal(lines, ['a add_host skipped'])
  const warnings = events.flatMap((event) => (event.kind === 'diagnostic' ? [event.diagnostic] : []))
  assert.equal(
    warnings.map(({ code, severity }) => [code, severity]),
    [['pattern-matches-nothing', 'warning']],
  )
})

test('without a task that adds hosts, a pattern that matches nothing is found before the run', async () => {
  const error = await run('- hosts: fresh\n  tasks: []\n').catch((thrown) => thrown)
  assert.is(error.code, 'pattern-matches-nothing')
})

test('a name that no group can have fails the task', async () => {
  const { lines } = await run('- hosts: a\n  tasks:\n    - add_host: { name: new, groups: ["x:y"] }\n')
  assert.equal(lines, ['a add_host failed'])
})

test('variables that are written for a new group count', async () => {
  const { hosts } = await run(
    `
- hosts: a
  tasks:
    - group_by: { key: fresh }
- hosts: fresh
  tasks:
    - thing: { name: who, value: "{{ port }}" }
`,
    { inventory: 'all: { hosts: { a: }, children: { fresh: { vars: { port: 7 } } } }\n' },
  )
  assert.is(hosts.get('a')?.values.get('who'), '7')
})

test.run()
