import { existsSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { parseCommandLine } from '../../lib/command-line.ts'
import { LoadError } from '../../lib/core/diagnostic.ts'
import { tellWhy } from '../../lib/tell-why.ts'
import { whyFlags } from '../../lib/why-flags.ts'
import { createProject } from './load/project.ts'

const test = suite('lib/tell-why')

const project = createProject({
  'hosts.yml': `all:
  vars: {port: 80, home: /srv}
  children:
    web:
      vars: {port: 81}
      hosts:
        web1:
          port: 82
`,
  'group_vars/web.yml': 'port: 83\nsecret_word: !age |\n  nothing that opens\nurl: "http://{{ name }}:{{ port }}"\n',
  'play/group_vars/all.yml':
    'name: "{{ inventory_hostname }}.example.org"\nrun: "{{ lookup(\'pipe\', \'touch TOUCHED\') }}"\n',
  'play/host_vars/web1.yml': 'port: 84\n',
  'play/site.yml': `- name: First
  hosts: web
  vars: {port: 85}
  tasks:
    - name: Mine
      vars: {port: 86}
      debug: {msg: "{{ port }}"}
    - name: Made
      command: "true"
      register: made
    - set_fact: {also_made: 1}
- name: Second
  hosts: all
  tasks: []
- name: Third
  hosts: localhost
  vars: {port: 1}
  tasks: []
`,
})

test.after(() => project.remove())

async function why(...words: readonly string[]): Promise<string> {
  const here = (name: string) => path.join(project.root, name)
  const given = [...words, '-i', here('hosts.yml'), '--playbook', here('play/site.yml')]
  const parsed = parseCommandLine(given, {
    name: 'test',
    summary: 'A test.',
    examples: [],
    flags: whyFlags,
    operands: { name: 'X', least: 2, most: 2, help: '' },
  })
  if (!('options' in parsed)) throw new LoadError(parsed.diagnostics)
  let out = ''
  const forever = new AbortController().signal
  await tellWhy({
    ...parsed,
    emit: () => undefined,
    print: (text) => {
      out += text
    },
    disclose: () => assert.unreachable('nothing secret is asked for'),
    stopping: forever,
    signal: forever,
    env: {},
  })
  return out.replaceAll(`${project.root}/`, '')
}

test('the place that won, what lost in order, and tasks that have it otherwise', async () => {
  assert.is(
    await why('web1', 'port'),
    `port on web1, in "First"
  85

from    play/site.yml:3:16 (play vars)
lost
  play/host_vars/web1.yml:1:7: 84
  hosts.yml:8:17: 82
  group_vars/web.yml:1:7: 83
  hosts.yml:5:20: 81
  hosts.yml:2:16: 80

port on web1, in "Second"
  84

from    play/host_vars/web1.yml:1:7
lost
  hosts.yml:8:17: 82
  group_vars/web.yml:1:7: 83
  hosts.yml:5:20: 81
  hosts.yml:2:16: 80

elsewhere
  play/site.yml:6:20: vars of the task "Mine"
`,
  )
})

test('extra variables win over all', async () => {
  assert.match(await why('web1', 'port', '-e', 'port=99'), /^port on web1, in "First"\n {2}"99"\n\nfrom {4}-e\nlost\n/)
})

test('a template with what it renders to and needs', async () => {
  const said = await why('web1', 'url')
  assert.match(
    said,
    'url on web1, in "First"\n  http://web1.example.org:85\n\nfrom    group_vars/web.yml:4:6\nwritten\n',
  )
  assert.match(said, '  http://{{ name }}:{{ port }}\n')
  assert.match(said, '  inventory_hostname: names of the host\n  name: play/group_vars/all.yml:1:7\n')
  assert.match(said, 'lost\n  nothing\n')
})

test('a secret is its label, and nothing opens it', async () => {
  assert.match(
    await why('web1', 'secret_word'),
    'secret_word on web1\n  <secret secret_word>\n\nfrom    group_vars/web.yml:2:',
  )
})

test('no program is run for a template', async () => {
  const said = await why('web1', 'run')
  assert.match(said, 'which cannot be filled in before a run: the lookup "pipe" is not available here')
  assert.not(existsSync(path.join(project.root, 'play/TOUCHED')))
})

test('what only a run makes is said to be made there', async () => {
  assert.is(await why('web1', 'made'), 'elsewhere\n  play/site.yml:8:7: the task "Made" makes it when it runs\n')
  assert.match(await why('web1', 'also_made'), 'the task "set_fact" makes it')
})

test('the implicit localhost', async () => {
  assert.match(await why('localhost', 'port'), 'port on localhost\n  1\n')
})

const refused = (title: string, words: readonly string[], code: string, mend: RegExp) =>
  test(title, async () => {
    try {
      await why(...words)
      assert.unreachable()
    } catch (error) {
      if (!(error instanceof LoadError)) throw error
      assert.is(error.code, code)
      assert.match(error.diagnostics[0]?.mend ?? '', mend)
    }
  })

refused('a host that there is not', ['web2', 'port'], 'no-such-host', /did you mean "web1"/)
refused('a variable that there is not', ['web1', 'prot'], 'no-such-variable', /did you mean "port"/)

test.run()
