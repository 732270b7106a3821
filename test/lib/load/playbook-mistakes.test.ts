import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError, problem } from '../../../lib/core/diagnostic.ts'
import type { Position } from '../../../lib/core/plain.ts'
import { loadPlaybook } from '../../../lib/load/playbook.ts'
import { registry } from './modules.ts'
import { createProject, lines } from './project.ts'

const test = suite('lib/load/playbook-mistakes')

/** One playbook (or several files, `p.yml` is loaded), what is found wrong, and the mend of the first. */
const check = (
  title: string,
  files: string | Readonly<Record<string, string>>,
  expected: string | readonly string[],
  mend?: string,
) =>
  test(title, () => {
    const project = createProject(typeof files === 'string' ? { 'p.yml': files } : files)
    try {
      const { diagnostics } = loadPlaybook(`${project.root}/p.yml`, { root: project.root, registry })
      assert.equal(lines(diagnostics), [expected].flat())
      if (mend !== undefined) assert.is(diagnostics[0]?.mend, mend)
    } finally {
      project.remove()
    }
  })

/** The same for one task, which starts in line 3, column 7. */
const task = (title: string, text: string, expected: string | readonly string[], mend?: string) =>
  check(title, `- hosts: all\n  tasks:\n    - ${text.replaceAll('\n', '\n      ')}\n`, expected, mend)

check('no such file', {}, 'file-missing: playbook p.yml does not exist')
check('an empty file', '', 'p.yml:1:1: file-empty: playbook p.yml is empty', 'start with "- hosts: all" and "  tasks:"')
check(
  'a mapping',
  'hosts: all\n',
  'p.yml:1:1: wrong-type: a playbook is a list of plays, found a mapping',
  'put "- " in front of "hosts:" and indent the rest',
)
check('a text', 'hosts:all\n', 'p.yml:1:1: wrong-type: a playbook is a list of plays, found the text "hosts:all"')
check('a play that is a text', '- all\n', 'p.yml:1:3: wrong-type: a play is a mapping, found the text "all"')
check('a play without hosts', '- tasks: []\n', 'p.yml:1:3: no-hosts: this play does not say on which hosts it runs')
check('hosts with nothing behind it', '- hosts:\n', 'p.yml:1:9: empty-keyword: hosts has nothing behind it')
check(
  'hosts that are a mapping',
  '- hosts: {web: }\n',
  'p.yml:1:10: wrong-type: hosts takes a pattern, found a mapping',
)
check(
  'a task in the place of a play',
  '- debug: msg=x\n',
  'p.yml:1:3: task-in-playbook: this is a task, but a playbook is a list of plays',
)
check(
  'a module in a play',
  '- hosts: all\n  debug: msg=x\n',
  'p.yml:2:3: task-in-play: a play runs tasks, but "debug" stands in the play itself',
)
check(
  'an unknown keyword of a play',
  '- hosts: all\n  rols: [x]\n',
  'p.yml:2:3: unknown-key: "rols" is not a keyword of a play',
)
check(
  'keywords that we do not have',
  '- hosts: all\n  strategy: free\n  collections: [a.b]\n  tasks:\n    - debug:\n      async: 10\n      poll: 0\n',
  [
    `p.yml:2:3: unsupported-keyword: Ansible's keyword "strategy" does not exist here`,
    `p.yml:3:3: unsupported-keyword: Ansible's keyword "collections" does not exist here`,
    'p.yml:7:13: unsupported-keyword: a task cannot be left running: "poll" is above 0',
  ],
)
check(
  'a connection of a task that is not this machine',
  '- hosts: all\n  tasks:\n    - debug:\n      connection: ssh\n    - connection: [local]\n      block: [{debug: }]\n',
  [
    'p.yml:4:19: wrong-value: a task or block takes connection: local, found the text "ssh"',
    'p.yml:5:19: wrong-value: a task or block takes connection: local, found a list',
  ],
)
check(
  'wrong settings of a play',
  '- hosts: all\n  gather_facts: maybe\n  serial: [1, a]\n  vars: [a]\n  become: perhaps\n  tags: {a: b}\n',
  [
    'p.yml:2:17: wrong-type: gather_facts takes true or false, found the text "maybe"',
    'p.yml:3:15: wrong-type: serial takes a number of hosts or a share such as "30%", found the text "a"',
    'p.yml:4:9: wrong-type: vars takes variables (name: value), found a list',
    'p.yml:5:11: wrong-type: become takes true or false, found the text "perhaps"',
    'p.yml:6:9: wrong-type: tags takes a text or a list of texts, found a mapping',
  ],
)
check(
  'tasks that are a mapping',
  '- hosts: all\n  tasks:\n    debug: msg=x\n',
  'p.yml:3:5: wrong-type: a list of tasks belongs here, found a mapping',
  'put "- " in front of each task',
)
check('questions without a name', '- hosts: all\n  vars_prompt:\n    - prompt: x\n    - {name: a, encrypt: b}\n', [
  'p.yml:3:7: wrong-type: a question of vars_prompt needs the name of a variable',
  'p.yml:4:17: unsupported-keyword: "encrypt" is not a part of a question',
])
check('variables files', { 'p.yml': '- hosts: all\n  vars_files: [a.yml, "{{ x }}.yml", l.yml]\n', 'l.yml': '- 1\n' }, [
  'p.yml:2:16: file-missing: the variables file a.yml does not exist',
  'l.yml:1:1: vars-not-mapping: a file of variables holds "name: value" lines, found a list',
])
check('defaults for modules', '- hosts: all\n  module_defaults: {fiel: {a: 1}, group/aws: {}, file: 5}\n', [
  'p.yml:2:21: unknown-task: there is no task "fiel"',
  'p.yml:2:35: unsupported-keyword: groups of modules are not known here',
  'p.yml:2:56: wrong-type: the defaults of file are arguments (name: value), found the number 5',
])

task(
  'an unknown task',
  'fiel: {path: /x}',
  'p.yml:3:7: unknown-task: there is no task "fiel"',
  'did you mean "file"? (tasks: assert, command, copy, debug, docker_container, fail, file, set_fact, import_role, import_tasks, include_role, include_tasks, include_vars, meta)',
)
task('an unknown task in an action', 'action: fiel path=/x', 'p.yml:3:15: unknown-task: there is no task "fiel"')
task('an unknown keyword', 'debug:\nwen: a', 'p.yml:4:7: unknown-key: "wen" is not a keyword of a task')
task(
  'two modules',
  'debug:\nfile: {path: /x}',
  'p.yml:4:7: two-modules: a task runs one module; this one has "debug" and "file"',
  'make "file" a task of its own',
)
task('no module', 'name: x', 'p.yml:3:7: no-module: this task runs no module')
task('nothing', '', 'p.yml:3:7: empty-task: there is nothing behind this "-"')
task('a text', 'debug', 'p.yml:3:7: wrong-type: a task is a mapping, found the text "debug"')
task(
  'a glued text',
  'name:x',
  'p.yml:3:7: wrong-type: a task is a mapping, found the text "name:x"',
  'a blank is missing behind "name:"',
)
task(
  'arguments beside the module',
  'file:\npath: /x\nstate: file',
  [
    'p.yml:4:7: argument-beside-module: "path" is an argument of file and stands beside it',
    'p.yml:5:7: argument-beside-module: "state" is an argument of file and stands beside it',
  ],
  'indent it, so that it stands below "file:"',
)
task('a play among tasks', 'hosts: all\ntasks: []', [
  'p.yml:3:7: play-in-tasks: "hosts" belongs to a play, but here is a list of tasks',
  'p.yml:4:7: play-in-tasks: "tasks" belongs to a play, but here is a list of tasks',
])
task('a list of arguments', 'debug: [a]', 'p.yml:3:14: wrong-type: debug takes arguments (name: value), found a list')
task(
  'text for a module that takes none',
  'file: /x',
  'p.yml:3:13: no-free-form: file does not know what to do with "/x"',
  'it takes arguments with names: path=… state=… mode=…',
)
task(
  'a template for all arguments',
  'file: "{{ args }}"',
  'p.yml:3:13: templated-arguments: the arguments of file are one template; each needs its name',
)
task(
  'an open quote among arguments',
  `file: path='/x`,
  `p.yml:3:13: unclosed-argument: "'" is opened in these arguments and never closed`,
)
task(
  'an argument by two names',
  'file: {path: /x, dest: /y}',
  'p.yml:3:24: argument-twice: "dest" is another name of "path", which is given too',
)
task(
  'an argument twice',
  'command: ls chdir=/\nargs: {chdir: /tmp}',
  'p.yml:3:19: argument-twice: "chdir" is given twice',
)
task(
  'args that are a text',
  'command: ls\nargs: chdir=/',
  'p.yml:4:13: wrong-type: args takes arguments (name: value), found the text "chdir=/"',
)
task(
  'keywords with wrong values',
  'debug:\nwhen:\nregister: my-var\nretries: often\nuntil: {a: b}\ndelegate_to: [x]\nnotify: {a: b}\nenvironment: x\nname: [x]',
  [
    'p.yml:4:12: empty-keyword: when has nothing behind it',
    'p.yml:5:17: bad-variable-name: "my-var" cannot be the name of a variable',
    'p.yml:6:16: wrong-type: retries takes a number from 0 up, found the text "often"',
    'p.yml:7:14: wrong-type: until takes a condition, or a list of conditions, found a mapping',
    'p.yml:8:20: wrong-type: delegate_to takes a text, found a list',
    'p.yml:9:15: wrong-type: notify takes a text or a list of texts, found a mapping',
    'p.yml:10:20: wrong-type: environment takes variables (NAME: value), found the text "x"',
    'p.yml:11:13: wrong-type: name takes a text, found a list',
  ],
)
task(
  'a condition that YAML takes for a mapping',
  'debug:\nwhen: {a: b}',
  'p.yml:4:13: wrong-type: when takes a condition, or a list of conditions, found a mapping',
  'put the whole condition in quotes: when: "…"',
)
task(
  'a tag that is a template',
  'debug:\ntags: "{{ t }}"',
  'p.yml:4:13: templated-tag: tags are chosen before variables are known; a tag cannot be a template',
)
task(
  'tries without an end',
  'debug:\nretries: 3',
  'p.yml:4:7: warning: no-effect: "retries" does nothing without "until"',
)
task(
  'a loop over a text',
  'debug:\nloop: items',
  'p.yml:4:13: wrong-type: loop takes a list, found the text "items"',
  'to go through the variable items: loop: "{{ items }}"',
)
task(
  'a loop over a mapping',
  'debug:\nloop: {a: 1}',
  'p.yml:4:13: wrong-type: loop takes a list, found a mapping',
  'to go through a mapping: loop: "{{ name | dict2items }}"',
)
task(
  'two loops',
  'debug:\nloop: [1]\nwith_items: [2]',
  'p.yml:5:7: two-loops: a task has one loop; this one has "loop" and "with_items"',
)
task('an unknown loop', 'debug:\nwith_itmes: [2]', 'p.yml:4:7: unknown-key: "with_itmes" is not a kind of loop')
task(
  'control without a loop',
  'debug:\nloop_control: {loop_var: x}',
  'p.yml:4:7: loop-control-alone: loop_control says how a loop goes, but this task has no loop',
)
task('wrong control', 'debug:\nloop: [1]\nloop_control: {loopvar: x, index_var: 1}', [
  'p.yml:5:22: unknown-key: "loopvar" is not a setting of loop_control',
  'p.yml:5:45: bad-variable-name: index_var takes the name of a variable, found the number 1',
])
task('an unknown meta', 'meta: flush', 'p.yml:3:13: wrong-value: meta cannot do the text "flush"')
task('a handler keyword on a task', 'debug:\nlisten: x', 'p.yml:4:7: unknown-key: "listen" is not a keyword of a task')
task('a block with a module', 'block: []\ndebug: msg=x\nloop: [1]\nfoo: 1', [
  'p.yml:4:7: block-with-module: a block runs no module itself, but this one has "debug"',
  'p.yml:5:7: unsupported-keyword: a block cannot be looped over',
  'p.yml:6:7: unknown-key: "foo" is not a keyword of a block',
])
task('rescue alone', 'rescue: []', 'p.yml:3:7: rescue-without-block: "rescue" needs a "block:" beside it')
task(
  'the include that Ansible gave up',
  'include: x.yml',
  `p.yml:3:7: unsupported-keyword: Ansible's keyword "include" does not exist here`,
)
task(
  'an import that is a template',
  'import_tasks: "{{ x }}.yml"',
  'p.yml:3:21: templated-import: import_tasks is read before variables are known; its name cannot be a template',
  'use include_tasks',
)
task(
  'an import in a loop',
  'import_tasks: x.yml\nloop: [1]',
  'p.yml:4:7: looped-import: import_tasks is read once, before the run, and cannot be looped over',
)
task(
  'a missing file of tasks',
  'include_tasks: nowhere.yml',
  'p.yml:3:22: file-missing: the file of tasks "nowhere.yml" does not exist',
  'looked for: nowhere.yml',
)
task(
  'an include of nothing',
  'include_tasks:',
  'p.yml:3:21: wrong-type: include_tasks takes the name of a file, found nothing',
)
task(
  'an include with variables behind the name',
  'include_tasks: x.yml a=b',
  'p.yml:3:22: unsupported-keyword: variables cannot stand behind the name of the file',
)
task('an include with an unknown setting', 'include_tasks: {fil: x}', [
  'p.yml:3:22: wrong-type: include_tasks takes the name of a file, found nothing',
  'p.yml:3:23: unknown-key: "fil" is not an argument of include_tasks',
])
task(
  'a loop that we do not have',
  'debug:\nwith_inventory_hostnames: all',
  `p.yml:4:7: unsupported-keyword: Ansible's loop "with_inventory_hostnames" does not exist here`,
  `loop: "{{ groups['…'] }}"`,
)
task(
  'an open quote that may swallow an option',
  "command: echo it's creates=/x",
  'p.yml:3:16: unclosed-argument: "\'" is opened in these arguments and never closed',
)
check(
  'a missing role',
  {
    'p.yml': '- hosts: all\n  roles: [wbe, {role: web, tasks_from: x}, 5]\n',
    'roles/web/tasks/main.yml': '- debug:\n',
  },
  [
    'p.yml:2:11: role-missing: there is no role "wbe"',
    'p.yml:2:44: wrong-type: a role is its name, or a mapping with "role: name", found the number 5',
  ],
  'did you mean "web"? (roles: web)',
)
check(
  'mistakes inside of a role, at their own place',
  {
    'p.yml': '- hosts: all\n  roles: [web]\n',
    'roles/web/tasks/main.yml': '- file: {path: /x, stat: y}\n',
    'roles/web/handlers/main.yml': '- debg:\n',
    'roles/web/defaults/main.yml': '- 1\n',
    'roles/web/meta/main.yml': 'dependencies: [web]\n',
  },
  [
    'roles/web/defaults/main.yml:1:1: vars-not-mapping: defaults of a role are "name: value" lines, found a list',
    'roles/web/meta/main.yml:1:16: include-loop: this role leads to itself: web → web',
    'roles/web/handlers/main.yml:1:3: unknown-task: there is no task "debg"',
    'roles/web/tasks/main.yml:1:20: unknown-key: "stat" is not an argument of file',
  ],
)
check(
  'files that lead to themselves',
  {
    'p.yml': '- hosts: all\n  tasks:\n    - import_tasks: a.yml\n- import_playbook: q.yml\n',
    'a.yml': '- include_tasks: b.yml\n',
    'b.yml': '- import_tasks: a.yml\n',
    'q.yml': '- import_playbook: p.yml\n',
  },
  [
    'b.yml:1:17: include-loop: this file leads to itself: a.yml → b.yml → a.yml',
    'q.yml:1:20: include-loop: this playbook leads to itself: p.yml → q.yml → p.yml',
  ],
)
check(
  'imports of playbooks',
  '- import_playbook: nowhere.yml\n  become: true\n- import_playbook: "{{ x }}"\n- import_playbook: [x]\n',
  [
    'p.yml:1:20: file-missing: playbook nowhere.yml does not exist',
    'p.yml:2:3: unknown-key: "become" is not a keyword of a playbook import',
    'p.yml:3:20: templated-import: import_playbook is read before variables are known; its name cannot be a template',
    'p.yml:4:20: wrong-type: import_playbook takes the name of a file, found a list',
  ],
)
check(
  'a file of tasks that is none',
  {
    'p.yml': '- hosts: all\n  tasks:\n    - import_tasks: a.yml\n    - import_tasks: b.yml\n',
    'a.yml': 'debug: msg=x\n',
    'b.yml': '\n',
  },
  'a.yml:1:1: wrong-type: a file of tasks is a list, found a mapping',
)
check('mistakes of YAML and nothing else', '- hosts: all\n  tasks:\n    - debug: msg={{ x }}\n      when: {{ a }}\n', [
  'p.yml:4:13: unquoted-template: a value that starts with "{{" must stand in quotes',
])

test('checks the form of templates and conditions when it is given the means', () => {
  const project = createProject({
    'p.yml': `- hosts: all
  tasks:
    - debug: {msg: "{{ good }}"}
      when: bad condition
    - name: bad {{ name }}
      assert: {that: [good, bad one]}
      vars: {v: "bad {{ x }}"}
      loop: ["{{ bad }}"]
    - when: bad block
      block: []
`,
  })
  const checkSyntax = (text: string, kind: string, at: Position): void => {
    if (text.includes('bad')) throw new LoadError(problem('template-syntax', `${kind} ${text}`, { at }))
  }
  const { diagnostics } = loadPlaybook(`${project.root}/p.yml`, { root: project.root, registry, checkSyntax })
  project.remove()
  assert.equal(lines(diagnostics), [
    'p.yml:4:13: template-syntax: expression bad condition',
    'p.yml:5:7: template-syntax: template bad {{ name }}',
    'p.yml:6:29: template-syntax: expression bad one',
    'p.yml:7:17: template-syntax: template bad {{ x }}',
    'p.yml:8:13: template-syntax: template {{ bad }}',
    'p.yml:9:13: template-syntax: expression bad block',
  ])
})

test('shows the line and a caret', () => {
  const project = createProject({ 'p.yml': '- hosts: all\n  tasks:\n    - debug:\n        mgs: x\n' })
  const { diagnostics } = loadPlaybook(`${project.root}/p.yml`, { root: project.root, registry })
  project.remove()
  assert.is(diagnostics[0]?.detail, '    4 |         mgs: x\n      |         ^^^')
  assert.is(diagnostics[0]?.mend, 'did you mean "msg"? It takes: msg, var')
})

test.run()
