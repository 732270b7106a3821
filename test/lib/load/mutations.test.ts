import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { loadInventory } from '../../../lib/load/inventory.ts'
import { loadPlaybook } from '../../../lib/load/playbook.ts'
import { registry } from './modules.ts'
import { createProject } from './project.ts'

const test = suite('lib/load/mutations')

const playbook = `- name: Play
  hosts: web
  become: yes
  vars: {a: 1, b: &b [x, y]}
  roles:
    - {role: r, tags: [t], when: a == 1}
  tasks:
    - name: "quoted: {{ a }}"
      file: path=/x state=directory mode="0755"
      when: [a, "b == 'c'"]
      loop: *b
    - block:
        - copy:
            dest: /etc/x
            content: |
              some text: {{ here }}
              # and more
          notify: restart
        - command: echo 'it''s' creates=/x
      rescue:
        - include_tasks: more.yml
      always:
        - debug: {msg: "x"}
  handlers:
    - name: restart
      debug:
`

const inventories = {
  'hosts.yml': `all:
  vars: {v: "{{ x }}"}
  children:
    web:
      hosts:
        web[01:20].example.org:
          port: 0644
      children:
        edge:
    edge:
      hosts: {a: , b: {c: 'd'}}
`,
  'hosts.ini': `[web]
web[1:3] x='a b' y=[1,2]
[web:vars]
a=1
[all:children]
web
`,
}

/** A small generator of numbers, so that a failure can be repeated. */
function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const bits = [
  '\t',
  ':',
  ' ',
  '"',
  "'",
  '{',
  '}',
  '[',
  ']',
  '-',
  '\n',
  '*',
  '&x ',
  '!',
  '{{',
  '#',
  '|',
  '\0',
  '\u2028',
  '? ',
  '<<: ',
  '%',
  '@',
]

function mutate(text: string, next: (below: number) => number): string {
  let out = text
  for (let count = 1 + next(3); count > 0; count--) {
    const at = next(out.length)
    const kind = next(4)
    const bit = bits[next(bits.length)] ?? ''
    if (kind === 0) out = out.slice(0, at) + out.slice(at + 1 + next(6))
    else if (kind === 1) out = out.slice(0, at) + bit + out.slice(at)
    else if (kind === 2) out = out.slice(0, at) + bit.repeat(1 + next(3)) + out.slice(at + 1)
    else out = out.slice(0, at) + out.slice(next(out.length), next(out.length)) + out.slice(at)
  }
  return out
}

const rounds = 150

test('whatever happens to a playbook, there are findings with places and never anything thrown', () => {
  const project = createProject({
    'more.yml': '- debug:\n',
    'roles/r/tasks/main.yml': '- debug:\n',
  })
  try {
    const next = random(7)
    for (let round = 0; round < rounds; round++) {
      const text = mutate(playbook, next)
      project.write({ 'p.yml': text })
      const started = performance.now()
      const { diagnostics } = loadPlaybook(`${project.root}/p.yml`, { root: project.root, registry })
      assert.ok(performance.now() - started < 2000, `took too long:\n${text}`)
      for (const { at, message, code } of diagnostics) {
        assert.match(code, /^[a-z0-9]+(-[a-z0-9]+)*$/)
        assert.ok(message.length > 0 && !message.includes('undefined'), message)
        if (code.startsWith('file-')) continue
        assert.ok(
          at && at.line >= 1 && at.col >= 1 && at.line <= text.split('\n').length + 1,
          `${code} at ${JSON.stringify(at)}`,
        )
      }
    }
  } finally {
    project.remove()
  }
})

test('whatever happens to an inventory, there are findings and never anything thrown', () => {
  const project = createProject()
  try {
    const next = random(11)
    for (let round = 0; round < rounds; round++) {
      for (const [name, text] of Object.entries(inventories)) {
        project.write({ [name]: mutate(text, next) })
        const started = performance.now()
        loadInventory([`./${name}`], { root: project.root })
        assert.ok(performance.now() - started < 2000)
      }
    }
  } finally {
    project.remove()
  }
})

test.run()
