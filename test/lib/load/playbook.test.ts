import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError } from '../../../lib/core/diagnostic.ts'
import type { Block, Include, Keywords, Play, Step, Task } from '../../../lib/core/playbook.ts'
import { createLookups } from '../../../lib/load/lookups.ts'
import { loopLookups } from '../../../lib/load/loops.ts'
import { loadPlaybook } from '../../../lib/load/playbook.ts'
import { registry } from './modules.ts'
import { createProject, lines, type Project } from './project.ts'

const test = suite('lib/load/playbook')

let project: Project
test.before.each(() => {
  project = createProject()
})
test.after.each(() => project.remove())

/** Loads a playbook that must be without mistakes. */
function load(files: Readonly<Record<string, string>>, name = 'site.yml'): readonly [Play, ...Play[]] {
  project.write(files)
  const { playbook, diagnostics } = loadPlaybook(`${project.root}/${name}`, { root: project.root, registry })
  assert.equal(lines(diagnostics), [])
  assert.ok(playbook.plays[0])
  return [playbook.plays[0], ...playbook.plays.slice(1)]
}

const tasksOf = (text: string): readonly Step[] => load({ 'site.yml': `- hosts: all\n  tasks:\n${text}` })[0].steps
const first = (text: string): Task => tasksOf(text)[0] as Task
const whens = (keywords: Keywords) => keywords.when.map((one) => one.value)
const layers = (keywords: Keywords) => keywords.vars.filter((one) => one.rank !== 'special').map((one) => one.values)

test('reads a play with all it can say', () => {
  const [play] = load({
    'vars/a.yml': 'from_file: 1\n',
    'site.yml': `- name: First
  hosts: [web, "db:!old"]
  become: yes
  become_user: app
  gather_facts: no
  serial: [1, "30%"]
  max_fail_percentage: 20
  any_errors_fatal: true
  force_handlers: true
  environment: {A: b}
  vars: {a: 1}
  vars_files: [vars/a.yml, [nowhere.yml, vars/a.yml]]
  vars_prompt:
    - name: password
      prompt: Password?
    - {name: user, private: no, default: app, confirm: yes}
  tags: x, y
  pre_tasks:
    - debug:
  tasks:
    - debug:
  post_tasks:
    - debug:
  handlers:
    - name: restart
      listen: [restart all]
      debug:
`,
  })
  assert.is(play.name, 'First')
  assert.equal(play.hosts, { value: ['web', 'db:!old'], at: { file: 'site.yml', line: 2, col: 10 } })
  assert.is(play.keywords.become?.value, true)
  assert.is(play.keywords.becomeUser?.value, 'app')
  assert.is(play.gatherFacts?.value, false)
  assert.equal(
    play.serial.map((one) => one.value),
    [1, '30%'],
  )
  assert.is(play.maxFailPercentage?.value, 20)
  assert.is(play.forceHandlers?.value, true)
  assert.equal(play.keywords.tags, ['x', 'y'])
  assert.equal(
    play.vars.map((one) => one.name),
    ['play vars (site.yml:11)'],
  )
  assert.equal(
    play.varsFiles.map((one) => ('names' in one ? '' : one.name)),
    ['vars/a.yml', 'vars/a.yml'],
  )
  assert.equal(play.keywords.vars, [])
  assert.equal(
    play.prompts.map(({ at: _at, ...rest }) => rest),
    [
      { name: 'password', prompt: 'Password?', private: true, confirm: false },
      { name: 'user', prompt: 'user', private: false, default: 'app', confirm: true },
    ],
  )
  assert.equal(
    play.steps.map((one) => (one.kind === 'meta' ? one.action : one.kind)),
    ['task', 'flush_handlers', 'task', 'flush_handlers', 'task'],
  )
  const [handler] = play.handlers as Task[]
  assert.equal(handler?.keywords.listen, ['restart all'])
  assert.equal(
    handler?.keywords.environment.map((one) => one.value),
    [{ A: 'b' }],
  )
})

test('pushes keywords down: conditions, tags and vars add up, the innermost of the others wins', () => {
  const [play] = load({
    'site.yml': `- hosts: all
  become: true
  tags: p
  tasks:
    - name: outer
      when: a
      tags: [b, p]
      vars: {v: 1}
      become: false
      environment: {A: 1}
      block:
        - debug:
          when: [b, c == 1]
          tags: t
          vars: {v: 2}
          become_user: x
          environment: {B: 1}
        - block:
            - debug:
      rescue:
        - debug:
      always:
        - debug:
`,
  })
  const block = play.steps[0] as Block
  const inner = block.steps[0] as Task
  assert.equal(whens(inner.keywords), ['a', 'b', 'c == 1'])
  assert.equal(inner.keywords.when[1]?.at, { file: 'site.yml', line: 13, col: 18 })
  assert.equal(inner.keywords.tags, ['p', 'b', 't'])
  assert.equal(layers(inner.keywords), [{ v: 1 }, { v: 2 }])
  assert.is(inner.keywords.become?.value, false)
  assert.is(inner.keywords.becomeUser?.value, 'x')
  assert.equal(
    inner.keywords.environment.map((one) => one.value),
    [{ A: 1 }, { B: 1 }],
  )
  const deep = (block.steps[1] as Block).steps[0] as Task
  assert.equal(whens(deep.keywords), ['a'])
  assert.is(deep.keywords.becomeUser, undefined)
  assert.is(deep.keywords.vars, block.keywords.vars)
  assert.equal([block.rescue.length, block.always.length], [1, 1])
})

test('what concerns one task alone is not handed down', () => {
  const [play] = load({
    'more.yml': '- debug:\n',
    'site.yml':
      '- hosts: all\n  tasks:\n    - import_tasks: more.yml\n      register: x\n      changed_when: false\n      when: a\n',
  })
  const { keywords } = play.steps[0] as Task
  assert.is(keywords.register, undefined)
  assert.is(keywords.changedWhen, undefined)
  assert.equal(whens(keywords), ['a'])
})

test('reads the keywords of a task', () => {
  const { keywords } = first(`    - debug:
      until: ["a is done", b]
      retries: 3
      delay: "{{ d }}"
      register: found
      changed_when: "'x' in found.stdout"
      failed_when: false
      ignore_errors: "yes"
      notify: [restart, "{{ n }}"]
      delegate_to: localhost
      run_once: true
      no_log: true
      check_mode: false
      diff: no
      throttle: 2
      timeout: 30
      remote_user: me
`)
  assert.equal(
    keywords.until?.map((one) => one.value),
    ['a is done', 'b'],
  )
  assert.is(keywords.retries?.value, 3)
  assert.is(keywords.delay?.value, '{{ d }}')
  assert.is(keywords.register, 'found')
  assert.equal(
    keywords.changedWhen?.map((one) => one.value),
    ["'x' in found.stdout"],
  )
  assert.equal(
    keywords.failedWhen?.map((one) => one.value),
    [false],
  )
  assert.is(keywords.ignoreErrors?.value, true)
  assert.equal(
    keywords.notify.map((one) => one.value),
    ['restart', '{{ n }}'],
  )
  assert.is(keywords.delegateTo?.value, 'localhost')
  assert.is(keywords.runOnce?.value, true)
  assert.is(keywords.checkMode?.value, false)
  assert.is(keywords.timeout?.value, 30)
  assert.is(keywords.remoteUser?.value, 'me')
})

const loops: readonly (readonly [string, string, unknown])[] = [
  ['loop: [1, 2]', 'loop', [1, 2]],
  ['loop: "{{ l }}"', 'loop', '{{ l }}'],
  ['with_items: [[1], 2]', 'items', [[1], 2]],
  ['with_items: x', 'items', 'x'],
  ['with_dict: {a: 1}', 'dict', { a: 1 }],
  ['with_list: [1]', 'loop', [1]],
  ['with_sequence: start=1 end={{ n }}', 'loop', "{{ query('sequence', 'start=1 end=' ~ (n)) }}"],
  ['with_nested: [[1, "it\'s"], "{{ l }}"]', 'loop', "{{ query('nested', [1, 'it\\'s'], (l)) }}"],
  ['with_together: [[{a: yes}], [~]]', 'loop', "{{ query('together', [{'a': true}], [none]) }}"],
]

test('reads loops', () => {
  for (const [text, kind, over] of loops) {
    const { loop } = first(`    - debug:\n      ${text}\n`).keywords
    assert.is(loop?.kind, kind, text)
    assert.equal(loop?.over.value, over, text)
    assert.is(loop?.loopVar, 'item')
  }
  const { loop } = first(
    '    - debug:\n      loop: [1]\n      loop_control: {loop_var: one, index_var: i, label: "{{ one }}", pause: 1, extended: yes}\n',
  ).keywords
  assert.equal(
    [loop?.loopVar, loop?.indexVar, loop?.label?.value, loop?.pause?.value, loop?.extended],
    ['one', 'i', '{{ one }}', 1, true],
  )
})

const calls: readonly (readonly [string, string, object])[] = [
  ['ansible.builtin.file: {dest: /x}', 'file', { path: '/x' }],
  ['community.docker.docker_container: {name: x}', 'docker_container', { name: 'x' }],
  ['file: path=/x mode=0644', 'file', { path: '/x', mode: '0644' }],
  ['action: file dest=/x', 'file', { path: '/x' }],
  ['action: {module: file, path: /x}', 'file', { path: '/x' }],
  ['command: echo "a=b" creates=/y z', 'command', { cmd: 'echo "a=b" z', creates: '/y' }],
  ['command: {cmd: ls, chdir: /}', 'command', { cmd: 'ls', chdir: '/' }],
  ['command: ls\n      args: {chdir: /tmp}', 'command', { cmd: 'ls', chdir: '/tmp' }],
  ['command: "{{ cmd }} x"', 'command', { cmd: '{{ cmd }} x' }],
  ["command: echo it's fine", 'command', { cmd: "echo it's fine" }],
  ['command: echo a{#b', 'command', { cmd: 'echo a{#b' }],
  ['debug:', 'debug', {}],
  ['debug: msg="{{ a }} b"', 'debug', { msg: '{{ a }} b' }],
]

test('every lookup that a loop may name exists', () => {
  const known = Object.keys(createLookups({}))
  assert.equal(
    [...loopLookups].filter((name) => !known.includes(name)),
    [],
  )
})

test('reads all forms of arguments', () => {
  for (const [text, name, args] of calls) {
    const task = first(`    - ${text}\n`)
    assert.is(task.moduleName, name, text)
    assert.equal(task.args, args, text)
  }
  const local = first('    - local_action: command ls -l chdir=/\n')
  assert.equal([local.args, local.keywords.delegateTo?.value], [{ cmd: 'ls -l', chdir: '/' }, 'localhost'])
})

test('knows the place of arguments in all forms', () => {
  const mapping = first('    - docker_container:\n        name: x\n        env: {A: "1"}\n')
  assert.equal(mapping.positionOf(['env', 'A']), { file: 'site.yml', line: 5, col: 18 })
  assert.equal(mapping.positionOf(['env'], { key: true }), { file: 'site.yml', line: 5, col: 9 })
  assert.equal(mapping.positionOf(['wait']), { file: 'site.yml', line: 4, col: 9 })
  const alias = first('    - file: {state: file, dest: /x}\n')
  assert.equal(alias.positionOf(['path']), { file: 'site.yml', line: 3, col: 33 })
  const line = first('    - file: "path=/x state=file"\n')
  assert.equal(line.positionOf(['state']), { file: 'site.yml', line: 3, col: 22 })
  const folded = first('    - file: >\n        path=/x\n        state=file\n')
  assert.equal(folded.positionOf(['state']), { file: 'site.yml', line: 5, col: 9 })
})

test('module_defaults of play and block lie below what a task says', () => {
  const [play] = load({
    'site.yml': `- hosts: all
  module_defaults:
    ansible.builtin.file: {owner: root, mode: "0600"}
  tasks:
    - module_defaults: {file: {dest: /d, owner: app}}
      block:
        - file: {state: file}
        - file: {path: /p, owner: me}
`,
  })
  const [one, two] = (play.steps[0] as Block).steps as Task[]
  assert.equal(one?.args, { owner: 'app', mode: '0600', path: '/d', state: 'file' })
  assert.equal(two?.args, { owner: 'me', mode: '0600', path: '/p' })
  assert.equal(one?.positionOf(['mode']), { file: 'site.yml', line: 3, col: 47 })
  assert.equal(two?.positionOf(['owner']), { file: 'site.yml', line: 8, col: 35 })
})

test('import_playbook brings plays with conditions, tags and vars', () => {
  const plays = load({
    'site.yml': '- import_playbook: sub/other.yml\n  when: a\n  tags: t\n  vars: {v: 1}\n- hosts: b\n',
    'sub/other.yml': '- hosts: a\n  tasks:\n    - debug:\n',
  })
  assert.equal(
    plays.map((play) => play.name),
    ['a', 'b'],
  )
  const task = plays[0].steps[0] as Task
  assert.equal(whens(task.keywords), ['a'])
  assert.equal(task.keywords.tags, ['t'])
  assert.equal(
    plays[0].vars.map((one) => one.values),
    [{ v: 1 }],
  )
  assert.equal(task.searchPath, [`${project.root}/sub`])
})

test('import_tasks puts tasks in its place; include_tasks keeps its own conditions, tags and loop to itself', () => {
  const [play] = load({
    'tasks/a.yml': '- debug: msg=a\n- import_tasks: b.yml\n',
    'tasks/b.yml': '- debug: msg=b\n',
    'site.yml': `- hosts: all
  tags: p
  tasks:
    - import_tasks: tasks/a.yml
      tags: i
    - include_tasks: {file: tasks/b.yml, apply: {tags: in, become: true}}
      tags: own
      when: w
      loop: [1]
      vars: {v: 1}
    - include_tasks: "{{ f }}.yml"
`,
  })
  const [a, b, fixed, open] = play.steps as [Task, Task, Include, Include]
  assert.equal([a.args, b.args], [{ msg: 'a' }, { msg: 'b' }])
  assert.equal(b.keywords.tags, ['p', 'i'])
  assert.equal(b.searchPath, [`${project.root}/tasks`, project.root])
  assert.equal(fixed.keywords.tags, ['p', 'own'])
  assert.equal(fixed.keywords.loop?.over.value, [1])
  const [inner] = fixed.load('tasks/b.yml') as Task[]
  assert.equal(inner?.keywords.tags, ['p', 'in'])
  assert.equal(inner?.keywords.when, [])
  assert.is(inner?.keywords.become?.value, true)
  assert.equal(layers(inner?.keywords as Keywords), [{ v: 1 }])
  assert.is((open.load('tasks/a.yml') as Task[]).length, 2)
  project.write({ 'bad.yml': '- debg:\n' })
  assert.throws(
    () => open.load('bad.yml'),
    (error: unknown) => error instanceof LoadError && error.code === 'unknown-task',
  )
  assert.throws(
    () => open.load('nowhere.yml'),
    (error: unknown) => error instanceof LoadError && error.code === 'file-missing',
  )
})

test('a role brings tasks, handlers, defaults, variables, what it depends on and its folder', () => {
  const [play] = load({
    'roles/web/tasks/main.yml': '- debug: msg=web\n- import_tasks: more.yml\n',
    'roles/web/tasks/more.yml': '- debug: msg=more\n',
    'roles/web/tasks/other.yml': '- debug: msg=other\n',
    'roles/web/handlers/main.yml': '- name: restart\n  debug:\n',
    'roles/web/defaults/main.yml': 'd: 1\n',
    'roles/web/vars/main.yml': 'v: 2\n',
    'roles/web/meta/main.yml': 'dependencies: [base, {role: base, x: 2}]\n',
    'roles/base/tasks/main.yml': '- debug: msg=base\n',
    'site.yml': `- hosts: all
  roles:
    - role: web
      when: a
      tags: w
      param: 5
    - base
    - web
  tasks:
    - import_role: {name: web, tasks_from: other}
    - include_role: {name: "{{ r }}"}
  handlers:
    - name: own
      debug:
`,
  })
  const tasks = play.steps.filter((one) => one.kind === 'task')
  assert.equal(
    tasks.map((one) => one.args.msg),
    ['base', 'base', 'web', 'more', 'web', 'more', 'other'],
  )
  const web = tasks[2] as Task
  assert.is(web.role, 'web')
  assert.equal(whens(web.keywords), ['a'])
  assert.equal(layers(web.keywords), [{ d: 1 }, { v: 2 }, { param: 5 }])
  assert.equal(web.searchPath, [`${project.root}/roles/web`, `${project.root}/roles/web/tasks`, project.root])
  assert.equal(whens((tasks[0] as Task).keywords), ['a'])
  assert.equal(layers((tasks[1] as Task).keywords), [{ d: 1 }, { v: 2 }, { param: 5 }, { x: 2 }])
  assert.equal(
    play.defaults.map((one) => one.values),
    [{ d: 1 }],
  )
  assert.equal(
    play.roleVars.map((one) => one.values),
    [{ v: 2 }],
  )
  assert.equal(
    play.handlers.map((one) => (one.kind === 'task' ? one.name : '')),
    ['restart', 'own'],
  )
  const include = play.steps.at(-1) as Include
  assert.equal(
    (include.load('base') as Task[]).map((one) => one.args.msg),
    ['base'],
  )
})

test('vars of an imported file do not leak, and unchanged keywords are shared', () => {
  const steps = tasksOf('    - debug: msg=1\n    - debug: msg=2\n') as Task[]
  assert.is(steps[0]?.keywords, steps[1]?.keywords)
})

test('async with a poll bounds the time of a task, unless timeout does', () => {
  const [a, b, c] = tasksOf(
    '    - {debug: , async: 45, poll: 5}\n    - {debug: , async: "{{ n }}"}\n    - {debug: , async: 45, timeout: 3}\n',
  ) as readonly Task[]
  assert.equal(
    [a, b, c].map((task) => task?.keywords.timeout?.value),
    [45, '{{ n }}', 3],
  )
})

test('connection: local of a block holds for its tasks, but not over delegate_to', () => {
  const [block] = tasksOf(
    '    - connection: local\n      block:\n        - debug:\n        - {debug: , delegate_to: other}\n',
  ) as readonly Block[]
  const delegates = block?.steps.map((step) => (step as Task).keywords.delegateTo?.value)
  assert.equal(delegates, ["{{ inventory_hostname if ansible_connection is defined else 'localhost' }}", 'other'])
})

test('blanks around a name are not part of it, and an empty name is none', () => {
  const names = tasksOf('    - {name: "  a  b ", debug: }\n    - {name: "", debug: }\n    - {name: 12, debug: }\n')
  assert.equal(
    names.map((step) => (step as Task).name),
    ['a  b', undefined, '12'],
  )
})

test.run()
