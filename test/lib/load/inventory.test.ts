import { chmodSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Layer } from '../../../lib/core/inventory.ts'
import { type InventoryOptions, inventoryNames, loadInventory } from '../../../lib/load/inventory.ts'
import { createProject, lines, type Project } from './project.ts'

const test = suite('lib/load/inventory')

let project: Project
test.before.each(() => {
  project = createProject()
})
test.after.each(() => project.remove())

const load = (selectors: string | readonly string[], more: Partial<InventoryOptions> = {}) =>
  loadInventory([selectors].flat(), { root: project.root, ...more })

const valuesOf = (layers: readonly Layer[] | undefined): object =>
  Object.assign({}, ...(layers ?? []).map((layer) => layer.values))

const site = `all:
  vars: {v_all: inline, v: 0}
  hosts:
    lone:
  children:
    web:
      hosts:
        web[01:03].example.org:
          x: 1
        solo.example.org:2222:
      vars: {v_web: inline, v: 1}
      children:
        edge:
    edge:
      hosts: web02.example.org
      vars: {v: 2}
    db:
      hosts:
        db-[a:b]:
`

test('reads a folder: hosts, groups, ranges, ports, depth and order', () => {
  project.write({ 'inventory/prod/hosts.yml': site })
  const { inventory, diagnostics } = load('prod')
  assert.equal(diagnostics, [])
  assert.is(inventory.name, 'prod')
  assert.is(inventory.folder, `${project.root}/inventory/prod`)
  assert.equal(
    [...inventory.hosts.keys()],
    ['lone', 'web01.example.org', 'web02.example.org', 'web03.example.org', 'solo.example.org', 'db-a', 'db-b'],
  )
  assert.equal(inventory.groups.get('all')?.children, ['ungrouped', 'web', 'edge', 'db'])
  assert.equal(inventory.groups.get('all')?.hosts, ['lone'])
  assert.equal(inventory.groups.get('ungrouped')?.hosts, ['lone'])
  assert.is(inventory.groups.get('edge')?.depth, 2)
  const second = inventory.hosts.get('web02.example.org')
  assert.equal(second?.groups, ['edge', 'web'])
  assert.equal(second?.at, { file: 'inventory/prod/hosts.yml', line: 8, col: 9 })
  assert.equal(valuesOf(second?.layers), { v_all: 'inline', v: 2, v_web: 'inline', x: 1 })
  assert.equal(valuesOf(inventory.hosts.get('solo.example.org')?.layers), {
    v_all: 'inline',
    v: 1,
    v_web: 'inline',
    ansible_port: 2222,
  })
  assert.equal(inventory.hosts.get('lone')?.groups, ['ungrouped'])
})

test('orders layers as Ansible does: group_vars above all inline group vars, the playbook above the inventory, hosts last', () => {
  project.write({
    'inventory/prod/hosts.yml': site,
    'inventory/prod/group_vars/all.yml': 'v: 10\ng: inventory\n',
    'inventory/prod/group_vars/web/b.yml': 'v: 12\n',
    'inventory/prod/group_vars/web/a.yml': 'v: 11\nw: a\n',
    'inventory/prod/host_vars/web01.example.org.yml': 'h: inventory\ng: host\n',
    'playbooks/group_vars/all.yaml': 'g: playbook\n',
    'playbooks/host_vars/web01.example.org': 'h: playbook\n',
  })
  const { inventory, diagnostics } = load('prod', { playbookFolder: `${project.root}/playbooks` })
  assert.equal(diagnostics, [])
  const host = inventory.hosts.get('web01.example.org')
  assert.equal(
    host?.layers.map((layer) => layer.name),
    [
      'inventory/prod/hosts.yml',
      'inventory/prod/hosts.yml',
      'inventory/prod/group_vars/all.yml',
      'playbooks/group_vars/all.yaml',
      'inventory/prod/group_vars/web/a.yml',
      'inventory/prod/group_vars/web/b.yml',
      'inventory/prod/hosts.yml',
      'inventory/prod/host_vars/web01.example.org.yml',
      'playbooks/host_vars/web01.example.org',
    ],
  )
  const { v, g, h, w } = valuesOf(host?.layers) as { v: number; g: string; h: string; w: string }
  assert.equal([v, g, h, w], [12, 'host', 'playbook', 'a'])
  assert.equal(host?.layers[4]?.positionOf?.('w'), { file: 'inventory/prod/group_vars/web/a.yml', line: 2, col: 4 })
  assert.is(inventory.hosts.get('lone')?.layers.length, 3)
})

test('priority decides among groups of the same depth', () => {
  project.write({
    'inventory/p.yml':
      'all:\n  children:\n    a:\n      hosts: h\n      vars: {v: a, ansible_group_priority: 2}\n    b:\n      hosts: h\n      vars: {v: b}\n',
  })
  const { inventory } = load('p')
  assert.is((valuesOf(inventory.hosts.get('h')?.layers) as { v: string }).v, 'a')
})

test('reads the INI form with values as Python literals', () => {
  project.write({
    'hosts.ini': `# mail
mail.example.org ansible_user=root   # the mail
[web]
web[1:2].example.org:2222 http_port=80 name="a b" flag=True s=yes
[web:vars]
a = 1
b= some text here
d=0644
[prod:children]
web
[prod:vars]
l=['x', 2]
`,
  })
  const { inventory, diagnostics } = load('./hosts.ini')
  assert.equal(diagnostics, [])
  assert.equal(valuesOf(inventory.hosts.get('mail.example.org')?.layers), { ansible_user: 'root' })
  const host = inventory.hosts.get('web2.example.org')
  assert.equal(host?.groups, ['prod', 'web'])
  assert.equal(valuesOf(host?.layers), {
    l: ['x', 2],
    a: 1,
    b: 'some text here',
    d: '0644',
    ansible_port: 2222,
    http_port: 80,
    name: 'a b',
    flag: true,
    s: 'yes',
  })
  assert.equal(host?.layers.at(-1)?.positionOf?.('name'), { file: 'hosts.ini', line: 4, col: 45 })
  assert.equal(inventory.hosts.get('mail.example.org')?.groups, ['ungrouped'])
})

test('merges several inventories, later ones win', () => {
  project.write({
    'inventory/a/hosts.yml': 'all:\n  hosts:\n    h: {x: 1, y: 1}\n',
    'inventory/b/hosts': 'h y=2\nother\n',
  })
  const { inventory, diagnostics } = load(['a', 'inventory/b', 'named.example.org,'])
  assert.equal(diagnostics, [])
  assert.equal(valuesOf(inventory.hosts.get('h')?.layers), { x: 1, y: 2 })
  assert.equal([...inventory.hosts.keys()], ['h', 'other', 'named.example.org'])
  assert.is(inventory.folder, `${project.root}/inventory/a`)
})

test('takes no secrets, notes and variables of a folder for hosts', () => {
  project.write({
    'inventory/prod/hosts.yml': 'all:\n  hosts:\n    h:\n',
    'inventory/prod/vault.yml': 'password: x\n',
    'inventory/prod/README.md': '# notes',
    'inventory/prod/group_vars/all.yml': '',
    'inventory/prod/host_vars/.gitkeep': '',
  })
  const { inventory, diagnostics } = load('prod')
  assert.equal(diagnostics, [])
  assert.equal([...inventory.groups.keys()], ['all', 'ungrouped'])
})

test('vault.yml beside the hosts holds variables of all of them', () => {
  project.write({
    'inventory/prod/hosts.yml': 'all:\n  children:\n    web:\n      hosts:\n        h:\n',
    'inventory/prod/vault.yml': 'a: vault\nb: vault\n',
    'inventory/prod/group_vars/all.yml': 'a: all\nc: all\n',
    'inventory/prod/group_vars/web.yml': 'b: web\n',
  })
  const { inventory, diagnostics } = load('prod')
  assert.equal(diagnostics, [])
  assert.equal(valuesOf(inventory.hosts.get('h')?.layers), { a: 'vault', b: 'web', c: 'all' })
})

test('runs an executable inventory through the function it is given', () => {
  project.write({ 'inventory/dyn/hosts.sh': '#!/bin/sh\n' })
  chmodSync(`${project.root}/inventory/dyn/hosts.sh`, 0o755)
  const output = '{"web": {"hosts": ["a", "b"], "vars": {"v": 1}}, "_meta": {"hostvars": {"a": {"x": 2}}}}'
  const { inventory, diagnostics } = load('dyn', { execute: () => output })
  assert.equal(diagnostics, [])
  assert.equal(valuesOf(inventory.hosts.get('a')?.layers), { v: 1, x: 2 })
  assert.equal(inventory.hosts.get('b')?.groups, ['web'])
  assert.equal(lines(load('dyn').diagnostics), [
    'inventory-script: the inventory inventory/dyn/hosts.sh is a program, and programs are not run here',
  ])
  assert.equal(lines(load('dyn', { execute: () => 'no' }).diagnostics), [
    'inventory-script: the inventory program inventory/dyn/hosts.sh failed: what it printed is not JSON',
  ])
})

test('names the inventories there are when one is not', () => {
  project.write({ 'inventory/prod/hosts.yml': '', 'inventory/staging/hosts.yml': '', 'inventory/lab.yml': '' })
  assert.equal(inventoryNames(project.root), ['lab', 'prod', 'staging'])
  const { diagnostics } = load('prd')
  assert.equal(lines(diagnostics), ['no-such-inventory: there is no inventory "prd"'])
  assert.is(diagnostics[0]?.mend, 'did you mean "prod"? (inventories: lab, prod, staging)')
  project.write({ 'inventory/empty/group_vars/all.yml': 'a: 1\n' })
  assert.is(
    lines(load('empty').diagnostics)[0],
    'no-hosts-file: the inventory folder inventory/empty holds no hosts file',
  )
})

test('a placeholder where a host belongs brings all others of the inventory to light', () => {
  project.write({
    'inventory/prod/hosts.yml':
      'all:\n  children:\n    chat:\n      hosts:\n        <CHANGE: machine>:\n          ansible_user: <CHANGE: account>\n',
    'inventory/prod/group_vars/chat.yml': 'url: "<CHANGE: address>"\nport: 3000\n',
    'inventory/prod/group_vars/all.yml': 'mail: "<CHANGE: mail>"\n',
  })
  const expected = [
    'inventory/prod/hosts.yml:5:9: placeholder-left: this line still holds the placeholder <CHANGE: machine>',
    'inventory/prod/hosts.yml:6:25: placeholder-left: this line still holds the placeholder <CHANGE: account>',
    'inventory/prod/group_vars/all.yml:1:7: placeholder-left: "mail" still is the placeholder <CHANGE: mail>',
    'inventory/prod/group_vars/chat.yml:1:6: placeholder-left: "url" still is the placeholder <CHANGE: address>',
  ]
  assert.equal(lines(load('prod').diagnostics), expected)
})

test('warns of variables for names that do not exist', () => {
  project.write({
    'inventory/prod/hosts.yml': 'all:\n  children:\n    web:\n      hosts: {web01: }\n',
    'inventory/prod/group_vars/wbe.yml': 'a: 1\n',
    'inventory/prod/host_vars/web02/x.yml': 'a: 1\n',
  })
  const { diagnostics } = load('prod')
  assert.equal(lines(diagnostics), [
    'inventory/prod/group_vars/wbe.yml:1:1: warning: vars-for-unknown-group: these variables are for the group "wbe", which this inventory does not have',
    'inventory/prod/host_vars/web02/x.yml:1:1: warning: vars-for-unknown-host: these variables are for the host "web02", which this inventory does not have',
  ])
  assert.is(diagnostics[0]?.mend, 'did you mean "web"? (groups: all, ungrouped, web)')
})

/** One inventory file, what is found wrong, and the mend of the first. */
const check = (title: string, text: string, expected: string | readonly string[], mend?: string, name = 'i.yml') =>
  test(title, () => {
    project.write({ [name]: text })
    const { diagnostics } = load(`./${name}`)
    assert.equal(lines(diagnostics), [expected].flat())
    if (mend !== undefined) assert.is(diagnostics[0]?.mend, mend)
  })

check(
  'hosts as a list',
  'all:\n  hosts:\n    - a.example.org\n    - b.example.org\n',
  'i.yml:2:3: list-for-mapping: "hosts" is written as a list; it is a mapping, each name with a colon behind it',
  'should be written as:\n  hosts:\n    a.example.org:\n    b.example.org:',
)
check(
  'an unknown key of a group',
  'web:\n  host:\n    a:\n',
  'i.yml:2:3: unknown-key: "host" is not a part of the group "web"',
  'did you mean "hosts"? (a group takes: hosts, children, vars)',
)
check(
  'groups that contain each other',
  'a:\n  children:\n    b:\n      children:\n        c:\nc:\n  children:\n    a:\n',
  'i.yml:8:5: group-loop: the groups contain each other: a → b → c → a',
  'take "a" out of "c"',
)
check(
  'a group inside of itself',
  'a:\n  children:\n    a:\n',
  'i.yml:3:5: group-loop: the groups contain each other: a → a',
)
check('bad names, all at once', 'all:\n  hosts:\n    "a b":\n    "x,y":\n    web[3:1]:\n  children:\n    "we!b":\n', [
  'i.yml:3:5: bad-name: "a b" cannot be the name of a host',
  'i.yml:4:5: bad-name: "x,y" cannot be the name of a host',
  'i.yml:5:5: bad-range: web[3:1]: the range ends (1) before it starts (3)',
  'i.yml:7:5: bad-name: "we!b" cannot be the name of a group',
])
check(
  'a variable that cannot be named in a template',
  'all:\n  vars:\n    my-port: 1\n',
  'i.yml:3:5: bad-variable-name: "my-port" cannot be the name of a variable',
  'names of variables have letters, digits and "_": my_port',
)
check('text where variables belong', 'all:\n  hosts:\n    a: 10.0.0.1\n', [
  'i.yml:3:8: wrong-type: the host "a" takes variables (name: value), found the text "10.0.0.1"',
])
check(
  'a list at the top',
  '- a\n- b\n',
  'i.yml:1:3: inventory-not-mapping: an inventory starts with a group such as "all:", found a list',
)
check('an empty file', '\n', 'i.yml:1:1: file-empty: inventory i.yml is empty')
check(
  'a host called like a group',
  'web:\n  hosts:\n    web:\n',
  'i.yml:3:5: warning: name-of-both: "web" is the name of a host and of a group',
)
check(
  'a placeholder as the name of a host',
  'all:\n  hosts:\n    "<CHANGE: name of the machine>":\n',
  'i.yml:3:5: placeholder-left: the name of this host still is the placeholder <CHANGE: name of the machine>',
  'write here: name of the machine',
)
check(
  'variables of a group that INI does not know',
  '[web]\na\n[wbe:vars]\nx=1\n[p:children]\nwen\n',
  [
    'i.ini:3:1: unknown-group: [wbe:vars] gives variables to a group that does not exist',
    'i.ini:6:1: unknown-group: "wen" is named as a child of "p" but is no group',
  ],
  'did you mean "web"? (groups: all, ungrouped, web, p)',
  'i.ini',
)
check(
  'lines that INI does not understand',
  '[web]\na x\nb y="1\n[web:var]\n[web:vars]\nfoo\n',
  [
    'i.ini:2:3: bad-host-line: "x" is no variable; after the name of a host come key=value pairs',
    'i.ini:3:1: unclosed-argument: a quote in this line is never closed',
    'i.ini:4:1: unknown-key: ":var" is not a kind of section',
    'i.ini:6:1: bad-host-line: a line of a :vars section is key=value',
  ],
  'put values with blanks in quotes: key="some words"',
  'i.ini',
)
check(
  'YAML in a file that is called .ini',
  'all:\n  hosts:\n',
  [
    'i.ini:1:1: inventory-form: this looks like YAML inside an inventory in INI form',
    'i.ini:2:3: inventory-form: this looks like YAML inside an inventory in INI form',
  ],
  'name the file hosts.yml',
  'i.ini',
)

test('variables in files that are no mapping', () => {
  project.write({
    'inventory/prod/hosts.yml': 'all: {hosts: {h: }}\n',
    'inventory/prod/group_vars/all.yml': '- a: 1\n',
  })
  assert.equal(lines(load('prod').diagnostics), [
    'inventory/prod/group_vars/all.yml:1:1: vars-not-mapping: a file of variables holds "name: value" lines, found a list',
  ])
})

test.run()
