import type { TaskModule } from '../../../lib/core/module.ts'
import { type ArgsSchema, s } from '../../../lib/core/schema.ts'
import { registryOf } from '../../../lib/load/registry.ts'

function module<T>(args: ArgsSchema<T>): TaskModule {
  return {
    summary: 'A module of the tests.',
    args: args as ArgsSchema<unknown>,
    examples: [],
    probe: () => ({ ask: [], read: () => undefined }),
    diff: () => [],
  }
}

/** A few modules with arguments of all kinds. */
export const registry = registryOf({
  file: module(
    s.args({
      path: s.string('Path on the host.', { aliases: ['dest', 'name'] }),
      state: s.choice(['file', 'directory', 'absent'], 'What is there.').optional(),
      mode: s.mode('Permission bits.').optional(),
      owner: s.string('Account.').optional(),
      recurse: s.boolean('Also below.').default(false),
    }),
  ),
  copy: module(
    s.args({
      src: s.file('File beside the playbook.').optional(),
      content: s.text('Text.').optional(),
      dest: s.string('Path on the host.'),
      mode: s.mode('Permission bits.').optional(),
    }),
  ),
  command: module(
    s.args(
      {
        cmd: s.string('Command line.'),
        creates: s.string('Not run when this exists.').optional(),
        chdir: s.string('Folder.').optional(),
      },
      { freeForm: 'cmd' },
    ),
  ),
  debug: module(s.args({ msg: s.any('Text to show.').optional(), var: s.string('Expression.').optional() })),
  set_fact: module(s.args({ cacheable: s.boolean('Kept.').optional() }, { open: true })),
  fail: module(s.args({ msg: s.string('Why.').optional() })),
  assert: module(s.args({ that: s.list(s.expression('Condition.'), 'Conditions.', { expression: true }) })),
  docker_container: module(
    s.args({
      name: s.string('Name.'),
      ports: s.list(s.string('Published port.'), 'Ports.').optional(),
      env: s.map(s.text('Value.'), 'Environment.').optional(),
      memory: s.int('Megabytes.', { min: 16 }).optional(),
      healthcheck: s
        .object({ test: s.string('Command.'), retries: s.int('How often.').optional() }, 'Health check.')
        .optional(),
      networks: s.list(s.object({ name: s.string('Name.') }, 'Network.'), 'Networks.').optional(),
      password: s.secret('Password.').optional(),
      wait: s.union(s.boolean('Wait.'), s.int('Seconds.'), 'Wait, or how long.').optional(),
      words: s.words('Words.').optional(),
    }),
  ),
})
