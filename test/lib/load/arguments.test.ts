import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Task } from '../../../lib/core/playbook.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { checkArguments } from '../../../lib/load/arguments.ts'
import { loadPlaybook } from '../../../lib/load/playbook.ts'
import { registry } from './modules.ts'
import { createProject, lines } from './project.ts'

const test = suite('lib/load/arguments')

const project = createProject()
test.after(() => project.remove())

function load(task: string) {
  project.write({ 'p.yml': `- hosts: all\n  tasks:\n    - ${task.replaceAll('\n', '\n      ')}\n` })
  const { playbook, diagnostics } = loadPlaybook(`${project.root}/p.yml`, { root: project.root, registry })
  return { task: playbook.plays[0]?.steps[0] as Task, diagnostics }
}

/** A task that starts in line 3, column 7 of p.yml, and what is found wrong with it; the mend is the first one's. */
const check = (title: string, task: string, expected: string | readonly string[], mend?: string) =>
  test(title, () => {
    const { diagnostics } = load(task)
    assert.equal(lines(diagnostics), [expected].flat())
    if (mend !== undefined) assert.is(diagnostics[0]?.mend, mend)
  })

check(
  'an unknown argument',
  'file:\n  path: /x\n  stat: directory',
  'p.yml:5:9: unknown-key: "stat" is not an argument of file',
  'did you mean "state"? It takes: path, state, mode, owner, recurse',
)
check(
  'an unknown argument that is like none',
  'file:\n  path: /x\n  zzz: 1',
  ['p.yml:5:9: unknown-key: "zzz" is not an argument of file'],
  'it takes: path, state, mode, owner, recurse',
)
check(
  'a missing argument',
  'file:\n  state: absent',
  'p.yml:4:9: missing-argument: file needs "path"',
  'path: Path on the host.',
)
check(
  'an argument with nothing behind it',
  'file:\n  path:',
  'p.yml:4:9: missing-argument: "path" has nothing behind it',
)
check(
  'no truth value',
  'file: {path: /x, recurse: maybe}',
  'p.yml:3:33: wrong-type: recurse: expected true or false, found the text "maybe"',
)
check(
  'no choice of a list',
  'file: {path: /x, state: dirctory}',
  'p.yml:3:31: wrong-value: state: expected one of file, directory, absent, found the text "dirctory"',
  'did you mean "directory"? (choices: file, directory, absent)',
)
check(
  'a decimal mode',
  'file:\n  path: /x\n  mode: 644',
  'p.yml:5:15: mode-is-decimal: mode: 644 is a decimal number here and would mean the mode 01204',
  'write "0644"',
)
check(
  'a decimal mode with four digits',
  'file:\n  path: /x\n  mode: 1777',
  'p.yml:5:15: mode-is-decimal: mode: 1777 is a decimal number here and would mean the mode 03361',
  'write "1777"',
)
check(
  'no mode at all',
  'file: {path: /x, mode: rw}',
  'p.yml:3:30: wrong-value: mode: expected an octal mode such as "0644" or a symbolic one such as "u=rw,go=r", found the text "rw"',
)
check(
  'an octal number for a text',
  'file: {path: /x, owner: 0022}',
  'p.yml:3:31: number-for-text: owner: 0022 is read as the number 18',
  'write "0022" in quotes',
)
check(
  'ports in base 60',
  'docker_container:\n  name: x\n  ports: [80:80, 22:22]',
  'p.yml:5:24: number-for-text: ports[1]: 22:22 is read as the number 1342',
  'write "22:22" in quotes',
)
check(
  'true for a text',
  'file: {path: /x, owner: yes}',
  'p.yml:3:31: wrong-type: owner: expected a text, found true',
  'write "yes" in quotes when the text is meant',
)
check('a list for a text', 'file: {path: [/x]}', 'p.yml:3:20: wrong-type: path: expected a text, found a list')
check(
  'a wrong key deep inside',
  'docker_container:\n  name: x\n  healthcheck:\n    test: a\n    retris: 3',
  'p.yml:7:11: unknown-key: "retris" is not a part of healthcheck',
  'did you mean "retries"? (It takes: test, retries)',
)
check('a missing key deep inside', 'docker_container:\n  name: x\n  networks:\n    - nam: y', [
  'p.yml:6:13: missing-argument: networks[0] needs "name"',
  'p.yml:6:13: unknown-key: "nam" is not a part of networks[0]',
])
check(
  'a number below the least',
  'docker_container: {name: x, memory: 4}',
  'p.yml:3:43: wrong-value: memory: expected a number from 16 up, found the number 4',
)
check(
  'no whole number',
  'docker_container: {name: x, memory: 20.5}',
  'p.yml:3:43: wrong-type: memory: expected a whole number, found the number 20.5',
)
check(
  'neither of two kinds',
  'docker_container: {name: x, wait: soon}',
  'p.yml:3:41: wrong-type: wait: expected true or false or a number, found the text "soon"',
)
check(
  'a secret that is a list, not shown',
  'docker_container: {name: x, password: [hunter2]}',
  'p.yml:3:45: wrong-type: password: expected text, found a list',
)
check('several at once, free form among them', 'file: path=/x stat=file mode=9', [
  'p.yml:3:21: unknown-key: "stat" is not an argument of file',
  'p.yml:3:31: wrong-value: mode: expected an octal mode such as "0644" or a symbolic one such as "u=rw,go=r", found the text "9"',
])

test('passes over what holds a template, and checks the rest', () => {
  const { diagnostics } = load(
    'docker_container:\n  name: "{{ n }}"\n  ports: ["{{ p }}", {a: b}]\n  env: {A: "{{ x }}", B: [1]}\n  healthcheck: "{{ h }}"\n  memory: "{{ m }}"',
  )
  assert.equal(lines(diagnostics), [
    'p.yml:5:28: wrong-type: ports[1]: expected a text, found a mapping',
    'p.yml:6:32: wrong-type: env.B: expected text, found a list',
  ])
})

test('leaves expressions and names of files alone until they are known', () => {
  assert.equal(load('assert: {that: [a == 1, b]}').diagnostics, [])
  assert.equal(load('copy: {src: x, dest: /x}').diagnostics, [])
})

test('gives the arguments as the module takes them, with defaults', () => {
  const { task } = load('file: {path: "{{ p }}", recurse: "{{ r }}", mode: 0644}')
  assert.equal(checkArguments(task, { path: 5, recurse: 'yes', mode: 420, owner: null }), {
    args: { path: '5', recurse: true, mode: '0644' },
  })
  assert.equal(checkArguments(task, { path: 'x' }), { args: { path: 'x', recurse: false } })
})

test('finds what only rendering shows, at the place where it was written', () => {
  const { task } = load('file:\n  path: "{{ p }}"\n  mode: "{{ m }}"')
  const checked = checkArguments(task, { path: ['a'], mode: 644 })
  assert.ok('diagnostics' in checked)
  assert.equal(lines(checked.diagnostics), [
    'p.yml:4:15: wrong-type: path: expected a text, found a list',
    'p.yml:5:15: mode-is-decimal: mode: 644 is a decimal number here and would mean the mode 01204',
  ])
})

test('never shows a secret', () => {
  const { task } = load('docker_container: {name: x, wait: "{{ w }}"}')
  const checked = checkArguments(task, { name: new Secret('hunter2', 'w'), wait: new Secret('hunter2', 'w') })
  assert.ok('diagnostics' in checked)
  assert.match(JSON.stringify(checked.diagnostics), 'found a secret')
  assert.not.match(JSON.stringify(checked.diagnostics), 'hunter2')
})

test('passes over values that are not known yet', () => {
  const { task } = load('docker_container: {name: x}')
  const later = Symbol('later')
  const unresolved = (value: unknown): boolean => value === later
  assert.equal(checkArguments(task, { name: later, ports: ['a', later] }, { unresolved }), { args: {} })
  const checked = checkArguments(task, { name: later, ports: [[], later] }, { unresolved })
  assert.ok('diagnostics' in checked)
  assert.equal(checked.diagnostics.length, 1)
})

test('open modules take any name', () => {
  const { task, diagnostics } = load('set_fact: {a: 1, cacheable: yes}')
  assert.equal(diagnostics, [])
  assert.equal(checkArguments(task, { a: 1, cacheable: true }), { args: { a: 1, cacheable: true } })
})

test.run()
