import { s, task } from '../../lib/task.ts'

export default task({
  summary: 'The host is in a group that is named by what is known of it, for the plays that follow.',
  args: s.args(
    {
      key: s.string('Name of the group; blanks become "-".'),
      parents: s.list(s.string('A group.'), 'Groups that the group shall be in.').default(['all']),
    },
    { freeForm: 'key' },
  ),
  examples: [
    `name: Tell the distributions apart
group_by:
  key: os_{{ ansible_facts.distribution }}
  parents: systems`,
  ],
  returns: { add_group: 'Name of the group.', parent_groups: 'Groups that it is in.' },
  growsInventory: true,

  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [],
  result: ({ key, parents }, _state, context) => {
    const name = key.replaceAll(' ', '-')
    const above = parents.map((parent) => parent.replaceAll(' ', '-'))
    return {
      values: { add_group: name, parent_groups: above },
      ...(context && { inventory: { kind: 'group' as const, name, parents: above, host: context.host } }),
    }
  },
})
