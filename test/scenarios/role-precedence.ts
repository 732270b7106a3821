import type { Case } from '../e2e/ansible/case.ts'
import { numbersFrom } from '../lib/load/seeded.ts'

/** Where a variable can be written for a task of a role, from what gives way to what wins: the whole of the model. */
export const levels = [
  'role default',
  'group all',
  'group all beside playbook',
  'group web',
  'group web beside playbook',
  'host',
  'host beside playbook',
  'play',
  'prompt',
  'vars file',
  'role vars',
  'block',
  'task',
  'include_vars',
  'set_fact',
  'role param',
  'include param',
  'extra',
] as const

export type Level = (typeof levels)[number]

/** Variables with the levels at which each is written; its value there is the name of the level. */
export type Written = ReadonlyMap<string, readonly Level[]>

/** How many variables are tried in one playbook. */
const variables = 60

export function writtenFor(seed: number): Written {
  const below = numbersFrom(seed)
  const names = Array.from({ length: variables }, (_, index) => `v${index}`)
  return new Map(
    names.map((name) => {
      const wanted = Array.from({ length: 1 + below(4) }, () => levels[below(levels.length)] as Level)
      return [name, levels.filter((level) => wanted.includes(level))]
    }),
  )
}

/** What the host must have, as a line for each variable. */
export function expected(written: Written): string {
  return [...written].map(([name, at]) => `${name} ${at.at(-1)}\n`).join('')
}

/** A playbook that writes each variable at its levels, and what it has in a task to which all of them apply. */
export function precedenceCase(written: Written): Case {
  const at = (level: Level) =>
    Object.fromEntries([...written].filter(([, at]) => at.includes(level)).map(([name]) => [name, level]))
  const file = (name: string, content: unknown) => ({
    name,
    mode: 0o644,
    content: `${typeof content === 'string' ? content : JSON.stringify(content, null, 1)}\n`,
  })
  const prompts = Object.entries(at('prompt')).map(([name, value]) => ({ name, default: value, private: false }))
  const content = [...written.keys()].map((name) => `${name} {{ ${name} }}\n`).join('')
  return {
    id: 'precedence: generated',
    subject: 'precedence',
    title: 'generated',
    words: ['-i', '{here}/inventory/hosts.yml', '-e', JSON.stringify({ ...at('extra'), extra: 1 })],
    files: [
      file('inventory/hosts.yml', {
        all: {
          vars: {
            ansible_connection: 'local',
            ansible_python_interpreter: '/usr/bin/python3',
            work: '{{ playbook_dir }}/work/{{ inventory_hostname }}',
          },
          children: { web: { hosts: { web1: null } } },
        },
      }),
      file('inventory/group_vars/all.yml', at('group all')),
      file('inventory/group_vars/web.yml', at('group web')),
      file('inventory/host_vars/web1.yml', at('host')),
      file('group_vars/all.yml', at('group all beside playbook')),
      file('group_vars/web.yml', at('group web beside playbook')),
      file('host_vars/web1.yml', at('host beside playbook')),
      file('vars.yml', at('vars file')),
      file('roles/r/defaults/main.yml', at('role default')),
      file('roles/r/vars/main.yml', at('role vars')),
      file('included.yml', at('include_vars')),
      file('roles/r/tasks/main.yml', [
        { set_fact: { ...at('set_fact'), extra: 2 } },
        { include_vars: '{{ playbook_dir }}/included.yml' },
        { include_tasks: 'inner.yml', vars: at('include param') },
      ]),
      file('roles/r/tasks/inner.yml', [
        {
          vars: at('block'),
          block: [{ copy: { content, dest: '{{ work }}/result' }, vars: at('task') }],
        },
      ]),
      file('site.yml', [
        {
          hosts: 'web1',
          gather_facts: false,
          vars: at('play'),
          ...(prompts.length > 0 && { vars_prompt: prompts }),
          vars_files: ['vars.yml'],
          roles: [{ role: 'r', ...at('role param') }],
        },
      ]),
    ],
  }
}
