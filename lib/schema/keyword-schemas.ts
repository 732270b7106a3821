import { described, ref, type Schema } from './pieces.ts'

const flag = ref('flag')
const number = ref('number')
const text = ref('text')
const condition = ref('condition')
const texts = ref('texts')

/** Every keyword of plays, blocks, tasks and handlers, with what it is for. Those of one kind of thing are chosen elsewhere. */
const keywords: { readonly [keyword: string]: readonly [Schema, string] } = {
  action: [{}, 'The task and its arguments, in the old form.'],
  any_errors_fatal: [flag, 'A failure on one host ends the play on all.'],
  args: [{ type: 'object' }, 'Arguments of the task, beside its free form.'],
  async: [number, 'Seconds that the task may take.'],
  become: [flag, 'Become another account on the host.'],
  become_method: [text, 'How: sudo.'],
  become_user: [text, 'Which account. Usual: root.'],
  changed_when: [condition, 'What counts as a change.'],
  check_mode: [flag, 'Whether this is only ever a check, or never.'],
  connection: [text, 'How hosts are reached: ssh or local.'],
  delay: [number, 'Seconds between two tries.'],
  delegate_facts: [flag, 'Facts are those of the host that the task is delegated to.'],
  delegate_to: [text, 'The host that the task is run on instead.'],
  diff: [flag, 'Whether differences are shown.'],
  environment: [{ type: ['object', 'array', 'string'] }, 'Environment variables of the task.'],
  failed_when: [condition, 'What counts as a failure.'],
  force_handlers: [flag, 'Handlers run even where a task failed.'],
  gather_facts: [flag, 'Whether facts are gathered at the beginning.'],
  handlers: [{ $ref: '#/definitions/handlers' }, 'Tasks that run when they were notified.'],
  hosts: [texts, 'Groups, hosts or a pattern of them.'],
  ignore_errors: [flag, 'Go on after a failure.'],
  ignore_unreachable: [flag, 'Go on when the host is out of reach.'],
  listen: [texts, 'Other names that the handler is notified by.'],
  local_action: [{}, 'The task, run on this machine.'],
  loop: [{ type: ['array', 'string'] }, 'Run the task for each of these.'],
  loop_control: [
    {
      type: 'object',
      properties: {
        loop_var: described(text, 'Name of the item. Usual: item.'),
        index_var: described(text, 'Name of its number, counted from 0.'),
        label: described({}, 'What is shown of an item.'),
        pause: described(number, 'Seconds between two items.'),
        extended: described(flag, 'Give ansible_loop too.'),
        extended_allitems: flag,
      },
      additionalProperties: false,
    },
    'Names and labels of a loop.',
  ],
  max_fail_percentage: [number, 'End the play when more hosts than these failed.'],
  module_defaults: [{ type: ['object', 'array'] }, 'Arguments for all tasks of a kind.'],
  name: [text, 'What holds afterwards, for the reader.'],
  no_log: [flag, 'Show nothing of what the task does.'],
  notify: [texts, 'Handlers to run when this changed something.'],
  order: [
    { enum: ['inventory', 'reverse_inventory', 'sorted', 'reverse_sorted', 'shuffle'] },
    'In which order hosts are taken.',
  ],
  poll: [number, 'Seconds between two looks at a task with async.'],
  port: [number, 'The port of SSH.'],
  post_tasks: [{ $ref: '#/definitions/steps' }, 'Tasks after those of tasks.'],
  pre_tasks: [{ $ref: '#/definitions/steps' }, 'Tasks before the roles.'],
  register: [{ type: 'string', pattern: '^[A-Za-z_][A-Za-z0-9_]*$' }, 'The variable that the result becomes.'],
  remote_user: [text, 'The account to log in with.'],
  retries: [number, 'How often it is tried again, with until.'],
  roles: [{ type: 'array' }, 'Roles, run before tasks.'],
  run_once: [flag, 'Run for the first host alone, for all of them.'],
  serial: [{ type: ['number', 'string', 'array'] }, 'How many hosts at a time: numbers or percentages.'],
  tags: [texts, 'Names for --tags and --skip-tags.'],
  tasks: [{ $ref: '#/definitions/steps' }, 'What is done.'],
  throttle: [number, 'On how many hosts at the same time.'],
  timeout: [number, 'Seconds that the task may take.'],
  until: [condition, 'Try until this holds.'],
  vars: [ref('vars'), 'Variables.'],
  vars_files: [{ type: ['array', 'string'] }, 'Files of variables.'],
  vars_prompt: [{ type: 'array', items: { type: 'object' } }, 'Variables that are asked for.'],
  when: [condition, 'Only if this holds: an expression, without braces.'],
}

/** Schemas of some keywords; a keyword that is not described here is a defect of this list. */
export function keywordSchemas(names: Iterable<string>): { readonly [keyword: string]: Schema } {
  return Object.fromEntries(
    [...names].map((name) => {
      const known = keywords[name]
      if (!known && !['always', 'block', 'rescue', 'role'].includes(name))
        throw new TypeError(`the keyword ${name} has no schema`)
      return [name, known ? described(known[0], known[1]) : { $ref: '#/definitions/steps' }]
    }),
  )
}
