import { database } from '../../lib/posix/accounts.ts'
import { type Change, create, type Finding, problem, remove, type Script, s, sh, task, update } from '../../lib/task.ts'

export default task({
  summary: 'A group of accounts exists, or does not.',
  args: s.args({
    name: s.string('Name of the group.'),
    gid: s.int('Its number.').optional(),
    non_unique: s.boolean('Allow a number that another group has.').default(false),
    local: s.boolean("Look at the host's own file alone, where groups come from a network too.").default(false),
    system: s.boolean('A new group is one of the system.').default(false),
    state: s.choice(['present', 'absent'], 'Shall it exist?').default('present'),
  }),
  examples: ['group: { name: rocketchat, system: true }', 'group: { name: former, state: absent }'],
  returns: { name: 'Name of the group.', gid: 'Its number.', state: 'present or absent.' },

  validate: ({ name }): readonly Finding[] =>
    /^[a-z_][a-z0-9_.-]*\$?$/i.test(name)
      ? []
      : [
          {
            path: ['name'],
            diagnostic: problem('wrong-argument', `"${name}" cannot be the name of a group`, {
              mend: 'use letters, digits, "_" and "-", with a letter first',
            }),
          },
        ],
  probe: ({ name, local }) => ({
    ask: [{ on: 'shell', script: sh`n=${name}; ${database('group', local)}` }],
    read: ([answer]) => {
      const [found = '', , gid = ''] = (answer?.text ?? '').trim().split(':')
      return found === '' ? undefined : Number(gid)
    },
  }),
  diff: ({ name, gid, non_unique, system, state }, found): readonly Change<Script>[] => {
    const target = `group ${name}`
    if (state === 'absent') return found === undefined ? [] : [remove(target, { gid: found }, sh`groupdel -- ${name}`)]
    const number = gid === undefined ? [] : ['-g', gid, ...(non_unique ? ['-o'] : [])]
    if (found === undefined)
      return [
        create(
          target,
          gid === undefined ? {} : { gid },
          sh`groupadd ${[...number, ...(system ? ['-r'] : [])]} -- ${name}`,
        ),
      ]
    return gid === undefined || gid === found
      ? []
      : [update(target, { gid: found }, { gid }, sh`groupmod ${number} -- ${name}`)]
  },
  apply: async ({ data }, io) => {
    await io.sh(data)
    return undefined
  },
  result: ({ name, system }, found) => ({
    values: found === undefined ? { name, state: 'absent' } : { name, gid: found, state: 'present', system },
  }),
})
