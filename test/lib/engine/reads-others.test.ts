import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Task } from '../../../lib/core/playbook.ts'
import type { HostRun } from '../../../lib/engine/host-run.ts'
import { readsOthers } from '../../../lib/engine/reads-others.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar } from '../../../lib/load/template.ts'
import { s } from '../../../lib/task.ts'
import { play } from '../../fakes/play.ts'

const test = suite('lib/engine/reads-others')

const templar = createTemplar()
const variables = { plain: 'x', others: "{{ hostvars['b'].x }}", byWayOf: '{{ others }}' }
const scope = createScope(templar, [{ name: 'test', values: variables }])
const run = { state: { batch: [1, 2], scopeOf: () => scope, templar }, host: {} } as unknown as HostRun

function reads(args: Task['args'], searchPath: readonly string[] = []): boolean {
  const fields = { src: s.template('A template.'), variable_start_string: s.string('Its marks.'), text: s.string('x') }
  return readsOthers(run, { args, searchPath, module: { args: { fields } }, keywords: { when: [], vars: [] } } as never)
}

for (const { title, text, expected } of [
  { title: 'no variables', text: 'x\n', expected: false },
  { title: 'variables of the host alone', text: '{{ plain }}{% for x in [1] %}{{ x }}{% endfor %}', expected: false },
  { title: 'hostvars', text: "{{ hostvars['b'].x }}", expected: true },
  { title: 'a variable that needs hostvars', text: '{{ byWayOf }}', expected: true },
  { title: 'a name that is computed', text: '{{ vars[plain] }}', expected: true },
  { title: 'all variables', text: '{{ vars | length }}', expected: true },
  { title: 'another template', text: "{% include 'other.j2' %}", expected: true },
  { title: 'marks that are not understood', text: '{{ plain', expected: true },
]) {
  test(`a template with ${title} ${expected ? 'may need' : 'needs nothing of'} other hosts`, () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'reads-others-'))
    try {
      writeFileSync(path.join(folder, 'one.j2'), text)
      assert.is(reads({ src: 'one.j2' }, [folder]), expected)
      assert.is(reads({ src: path.join(folder, 'one.j2') }), expected)
      assert.is(reads({ src: 'one.j2', variable_start_string: '<<' }, [folder]), true)
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
}

test('a template that is not there or whose name is computed may need other hosts', () => {
  assert.ok(reads({ src: 'nowhere.j2' }, [tmpdir()]))
  assert.ok(reads({ src: '{{ plain }}.j2' }, [tmpdir()]))
})

test('an argument needs other hosts where it asks for their variables', () => {
  assert.not.ok(reads({ text: '{{ plain }}' }))
  assert.ok(reads({ text: '{{ byWayOf }}' }))
})

test('a variable may need other hosts on one host and not on another', async () => {
  const { lines, hosts } = await play(
    `- hosts: all
  gather_facts: false
  tasks:
    - thing: { name: x, value: y }
    - set_fact: { learnt: by a }
      when: inventory_hostname == 'a'
    - name: reads
      act: "{{ wish }}"
`,
    {
      inventory: `all: { hosts: { a: { wish: plain }, c: { wish: plain }, b: { wish: "{{ hostvars['a'].learnt | default('nothing') }}" } } }\n`,
      prepare: (host) => {
        for (const name of ['a', 'b', 'c']) host(name).values.set('x', 'y')
        host('a').delay = 30
      },
    },
  )
  assert.ok(lines.includes('b reads changed'))
  assert.equal(hosts.get('c')?.applied, ['run plain'])
  assert.equal(hosts.get('b')?.applied, ["run 'by a'"])
})

test('what was prepared ahead is prepared again with what other hosts have learnt since', async () => {
  const { lines, hosts } = await play(
    `- hosts: all
  gather_facts: false
  tasks:
    - thing: { name: x, value: y }
    - set_fact: { learnt: by b }
      when: inventory_hostname == 'b'
    - name: reads
      act: "{{ hostvars['b'].learnt }}"
      when: inventory_hostname == 'a'
`,
    {
      inventory: 'all: { hosts: { a: , b: } }\n',
      prepare: (host) => {
        for (const name of ['a', 'b']) host(name).values.set('x', 'y')
      },
    },
  )
  assert.ok(lines.includes('a reads changed'))
  assert.equal(hosts.get('a')?.applied, ["run 'by b'"])
})

test.run()
