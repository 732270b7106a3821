import { applyUnit } from '../../lib/posix/unit-apply.ts'
import { unitArgs } from '../../lib/posix/unit-arguments.ts'
import { readUnit, unitChanges, unitScript, unitValues } from '../../lib/posix/units.ts'
import { type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'A systemd unit runs or not, and starts at boot or not.',
  args: s.args(unitArgs()),
  examples: [
    'systemd: { name: docker, state: started, enabled: true }',
    'systemd: { name: example.timer, daemon_reload: true, enabled: true, state: started }',
    'systemd: { daemon_reload: true }',
  ],
  returns: {
    name: 'Name of the unit.',
    state: 'started or stopped.',
    enabled: 'Does it start at boot?',
    status: "The unit's properties, under systemd's names.",
  },

  validate: ({ name, state, enabled, masked }): readonly Finding[] =>
    name === undefined && (state !== undefined || enabled !== undefined || masked !== undefined)
      ? [
          {
            path: ['state'],
            diagnostic: problem('wrong-argument', 'state, enabled and masked need the name of a unit', {
              mend: 'add name',
            }),
          },
        ]
      : [],
  probe: ({ name, scope }) => ({
    ask: [{ on: 'shell', script: unitScript(name, scope) }],
    read: ([answer]) => readUnit(answer),
  }),
  diff: (args, unit) => unitChanges(args, unit),
  apply: (change, io, args) => applyUnit(change, io, args),
  result: (args, unit) => ({ values: unitValues(args, unit) }),
})
