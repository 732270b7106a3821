import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parse } from 'yaml'
import { namesIn } from '../../../lib/load/files.ts'
import { createRegistry } from '../../../lib/load/registry.ts'
import { root } from '../../../lib/root.ts'
import { misfits } from '../../fakes/json-schema.ts'

const test = suite('lib/schema')

const schema = (name: string) => path.join(root, 'docs/schema', `${name}.json`)
/** As an editor reads YAML. */
const yaml = (text: string): unknown => parse(text, { logLevel: 'silent' })
const yamlFile = (file: string): unknown => yaml(readFileSync(path.join(root, file), 'utf8'))

const files = (folder: string, kind: string) =>
  namesIn(path.join(root, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => [`${folder}/${name}`, kind] as const)

const inventories = namesIn(path.join(root, 'inventory')).filter((name) => !name.startsWith('.'))
const own = [
  ...files('playbooks', 'playbook'),
  ...files('playbooks/group_vars', 'vars'),
  ...inventories.flatMap((name) => files(`inventory/${name}/group_vars`, 'vars')),
  ...inventories.map((name) => [`inventory/${name}/hosts.yml`, 'inventory'] as const),
].filter(([file]) => existsSync(path.join(root, file)))

for (const [file, kind] of own) {
  test(`${file} fits its schema and names it to editors`, () => {
    assert.equal(misfits(schema(kind), yamlFile(file)), [])
    const [, named = ''] =
      /^# yaml-language-server: \$schema=(\S+)$/m.exec(readFileSync(path.join(root, file), 'utf8')) ?? []
    assert.is(path.resolve(root, path.dirname(file), named), schema(kind))
  })
}

test('the examples of all tasks fit', () => {
  const registry = createRegistry(path.join(root, 'tasks'))
  for (const name of registry.names()) {
    for (const example of registry.get(name)?.examples ?? []) {
      const tasks = [yaml(example)].flat()
      assert.equal(misfits(schema('playbook'), [{ hosts: 'all', tasks }]), [], `${name}: ${example}`)
    }
  }
})

const playbook = (text: string) => misfits(schema('playbook'), yaml(text))
const tasks = (text: string) => playbook(`- hosts: all\n  tasks:\n    - ${text.replaceAll('\n', '\n      ')}`)

const good = (title: string, found: () => readonly string[]) => test(`fits: ${title}`, () => assert.equal(found(), []))
const wrong = (title: string, found: () => readonly string[], place: RegExp) =>
  test(`does not fit: ${title}`, () => assert.match(found().join('\n') || 'it fits', place))

good('loops, conditions, blocks', () =>
  tasks(
    'name: a\nblock:\n  - copy: { src: x, dest: /y, mode: 0644 }\n    loop: [1, 2]\n    when: [a, true]\nrescue:\n  - debug:',
  ),
)
good('free form, key=value, full names, with_*', () =>
  tasks('command: uptime\nwith_items: [a]').concat(
    tasks('file: path=/x state=directory'),
    tasks('ansible.builtin.copy: { content: x, dest: /y }'),
  ),
)
good('templates for flags, numbers and lists', () =>
  tasks('wait_for: { port: "{{ p }}", timeout: "{{ t }}" }\nbecome: "{{ b }}"\nloop: "{{ l }}"'),
)
good('words that YAML 1.1 reads as booleans', () => tasks('copy: { content: x, dest: /y, force: no }\nbecome: yes'))
good('imports', () =>
  playbook('- import_playbook: other.yml\n  when: x\n- hosts: [a, b]\n  roles: [r, { role: s, port: 80 }]\n  tasks:'),
)
good('settings', () =>
  tasks('rocketchat_settings: { settings: { Unread_Count: all_messages, NPS_survey_enabled: false } }'),
)

wrong('a keyword that there is not', () => tasks('debug: { msg: x }\nwhenn: x'), /\/whenn: not here/)
wrong('an argument that there is not', () => tasks('copy: { src: x, dst: /y }'), /copy\/dst: not here/)
wrong('a word that is no choice', () => tasks('file: { path: /x, state: directorry }'), /file\/state: (one of|\\)/)
wrong('a task that there is not', () => tasks('copi: { src: x, dest: /y }'), /\/copi: not here/)
wrong('a play without hosts', () => playbook('- tasks: []'), /missing|not here/)
wrong('a task at the top', () => playbook('- debug: { msg: x }'), /not here|missing/)
wrong('a flag that is none', () => tasks('debug:\nbecome: perhaps'), /become: /)
wrong('a list in the place of a mapping', () => playbook('- hosts: all\n  vars: [a]'), /vars: object/)
wrong(
  'a setting that there is not',
  () => tasks('rocketchat_settings: { settings: { Unread_Cuont: all_messages } }'),
  /Unread_Cuont: not here/,
)
wrong(
  'a choice that a setting does not have',
  () => tasks('rocketchat_settings: { settings: { Unread_Count: some } }'),
  /Unread_Count: /,
)
wrong(
  'a setting of another type',
  () => tasks('rocketchat_settings: { settings: { NPS_survey_enabled: "no" } }'),
  /NPS_survey_enabled: /,
)
wrong('a name that no variable can have', () => tasks('debug:\nregister: a-b'), /register: /)

const vars = (text: string) => misfits(schema('vars'), yaml(text))
good("variables of one's own", () =>
  vars('mine: [1, {a: b}]\nrocketchat_certificate: acme\nrocketchat_hsts: 0\nsmtp_password: !age |\n  x'),
)
wrong(
  'a source of certificates that there is not',
  () => vars('rocketchat_certificate: acmee'),
  /rocketchat_certificate: /,
)
wrong('a flag that is none', () => vars('rocketchat_adopt: perhaps'), /rocketchat_adopt: /)
wrong('a setting in a variable', () => vars('rocketchat_settings: { Site_Ulr: x }'), /Site_Ulr: not here/)
wrong('a connection variable', () => vars('ansible_connection: telnet'), /ansible_connection: /)
wrong('a variable with a dash', () => vars('my-name: x'), /my-name: not here/)

const inventory = (text: string) => misfits(schema('inventory'), yaml(text))
good('groups in groups', () =>
  inventory(
    'all:\n  children:\n    web:\n      hosts:\n        web[1:3]:\n          ansible_port: 2222\n        x:\n      vars: {a: 1}\n    db:\n',
  ),
)
wrong('hosts as a list', () => inventory('web:\n  hosts: [a, b]'), /hosts: /)
wrong('a part that a group does not have', () => inventory('web:\n  host: {a: }'), /host: not here/)
wrong('a variable of a host', () => inventory('web:\n  hosts:\n    a: {ansible_port: many}'), /ansible_port: /)

test('what stands above a variable is its description', () => {
  const { properties } = JSON.parse(readFileSync(schema('vars'), 'utf8')) as {
    properties: { [name: string]: { description?: string } }
  }
  assert.match(properties.rocketchat_hsts?.description ?? '', /^Seconds for which browsers/)
  assert.match(properties.rocketchat_url?.description ?? '', /^Where browsers and Ametys find the chat/)
})

test.run()
