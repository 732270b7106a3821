import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine/delegate')

const playbook = (name: string) => `- hosts: a
  gather_facts: false
  tasks:
    - thing: { name: x, value: v }
      delegate_to: ${name}
`
const waits = async (name: string, inventory: string) => {
  const { events, hosts } = await play(playbook(name), { inventory })
  assert.is(hosts.get(name)?.values.get('x'), 'v')
  return JSON.stringify(events)
}

test('a task delegated to this machine needs no SSH, although no inventory names it', async () => {
  assert.match(await waits('localhost', 'all: { hosts: { a: } }\n'), '"local localhost"')
})

test('a host that only delegated tasks work on is reached with its own variables', async () => {
  const inventory = 'all: { hosts: { a: , b: { ansible_host: 192.0.2.7 } } }\n'
  assert.match(await waits('b', inventory), '"ssh 192.0.2.7"')
})

test.run()
