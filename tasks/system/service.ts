import { applyUnit } from '../../lib/posix/unit-apply.ts'
import { readUnit, unitChanges, unitScript, unitValues } from '../../lib/posix/units.ts'
import { s, task } from '../../lib/task.ts'

const systemOnly = {
  scope: 'system',
  daemon_reload: false,
  daemon_reexec: false,
  no_block: false,
  force: false,
} as const

export default task({
  summary: 'A service runs or not, and starts at boot or not.',
  args: s.args({
    name: s.string('Name of the service.'),
    state: s
      .choice(['started', 'stopped', 'restarted', 'reloaded'], '"restarted" and "reloaded" act each time.')
      .optional(),
    enabled: s.boolean('Start it at boot.').optional(),
    pattern: s.string('Accepted for other playbooks; systemd knows itself what runs.').optional(),
    sleep: s.int('Accepted for other playbooks; systemd restarts in one step.').optional(),
    runlevel: s.string('Accepted for other playbooks; systemd has none.').default('default'),
    arguments: s
      .string('Accepted for other playbooks; a unit of systemd has its own.', { aliases: ['args'] })
      .default(''),
    use: s.choice(['auto', 'systemd'], 'What manages services on the host; only systemd is known.').default('auto'),
  }),
  examples: ['service: { name: nginx, state: reloaded }', 'service: { name: docker, state: started, enabled: true }'],
  returns: {
    name: 'Name of the service.',
    state: 'started or stopped.',
    enabled: 'Does it start at boot?',
    status: "The service's properties, under systemd's names.",
  },

  probe: ({ name }) => ({
    ask: [{ on: 'shell', script: unitScript(name, 'system') }],
    read: ([answer]) => readUnit(answer),
  }),
  diff: (args, unit) => unitChanges({ ...systemOnly, ...args }, unit),
  apply: (change, io, args) => applyUnit(change, io, { ...systemOnly, name: args.name }),
  result: (args, unit) => ({ values: unitValues({ ...systemOnly, ...args }, unit) }),
})
