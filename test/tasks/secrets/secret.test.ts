import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import secret from '../../../tasks/secrets/secret.ts'
import { play } from '../../fakes/play.ts'

const test = suite('tasks/secrets/secret')

const made = async (args: string): Promise<string> => {
  const { hosts } = await play(`- hosts: all
  gather_facts: false
  tasks:
    - secret: { name: x, ${args} }
    - thing: { name: kept, value: "{{ secrets.x }}" }
`)
  return hosts.get('a')?.values.get('kept') ?? ''
}

test('letters by default, none that are confused with others', async () => {
  assert.match(await made('length: 200'), /^[A-HJ-NP-Za-km-z2-9]{200}$/)
})

test('base64 for key files', async () => {
  assert.match(await made('length: 756, alphabet: base64'), /^[A-Za-z0-9+/]{756}$/)
})

test('two are never the same', async () => {
  assert.is.not(await made('length: 32'), await made('length: 32'))
})

test('one that exists is left alone', () => {
  const args = { name: 'x', length: 32, alphabet: 'letters' as const }
  assert.equal(secret.diff(args, true, { host: 'a', variable: () => undefined }), [])
})

test('its value is in no event', async () => {
  const { events, hosts } = await play(
    '- hosts: all\n  gather_facts: false\n  tasks:\n    - secret: { name: x }\n    - thing: { name: kept, value: "{{ secrets.x }}" }\n',
  )
  const value = hosts.get('a')?.values.get('kept') ?? 'missing'
  assert.is(value.length, 32)
  assert.ok(events.some((event) => event.kind === 'task.planned' && event.task === 'secret'))
  assert.not.match(JSON.stringify(events.filter((event) => 'task' in event && event.task === 'secret')), value)
})

test.run()
