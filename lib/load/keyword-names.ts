/** Keywords of every task, block and play. */
const common = [
  'any_errors_fatal',
  'become',
  'become_method',
  'become_user',
  'check_mode',
  'diff',
  'environment',
  'ignore_errors',
  'ignore_unreachable',
  'module_defaults',
  'name',
  'no_log',
  'remote_user',
  'run_once',
  'tags',
  'throttle',
  'timeout',
  'vars',
]

const conditional = ['delegate_facts', 'delegate_to', 'notify', 'when']

export const taskKeywords: ReadonlySet<string> = new Set([
  ...common,
  ...conditional,
  'action',
  'args',
  'async',
  'changed_when',
  'connection',
  'delay',
  'failed_when',
  'local_action',
  'loop',
  'loop_control',
  'poll',
  'register',
  'retries',
  'until',
])

export const handlerKeywords: ReadonlySet<string> = new Set([...taskKeywords, 'listen'])

export const blockKeywords: ReadonlySet<string> = new Set([
  ...common,
  ...conditional,
  'always',
  'block',
  'connection',
  'rescue',
])

export const playKeywords: ReadonlySet<string> = new Set([
  ...common,
  'connection',
  'force_handlers',
  'gather_facts',
  'handlers',
  'hosts',
  'max_fail_percentage',
  'order',
  'port',
  'post_tasks',
  'pre_tasks',
  'roles',
  'serial',
  'tasks',
  'vars_files',
  'vars_prompt',
])

/** Keywords of an entry in `roles:`; other keys there are variables of the role, as Ansible has it. */
export const roleKeywords: ReadonlySet<string> = new Set([...common, ...conditional, 'role'])

/** Keywords that Ansible has and we do not, with what to do instead. */
export const unsupportedKeywords: ReadonlyMap<string, string> = new Map([
  ['become_exe', 'leave it out; sudo is used'],
  ['become_flags', 'leave it out; sudo is used'],
  ['collections', 'leave it out; modules are found by the last part of their name'],
  [
    'connection',
    'a role takes it from its play or tasks; or set the variable ansible_connection of the host in the inventory',
  ],
  ['debugger', 'leave it out; -vvv shows more'],
  ['fact_path', 'leave it out'],
  ['gather_subset', 'leave it out; all facts are gathered in one trip'],
  ['gather_timeout', 'leave it out; "timeout" bounds how long a task may take'],
  ['include', 'use import_tasks (read at once) or include_tasks (read when reached)'],
  ['order', 'it is a keyword of plays'],
  ['port', 'it is a keyword of plays; or set the variable ansible_port of the host in the inventory'],
  ['strategy', 'leave it out'],
])
