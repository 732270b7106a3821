import { type Finding, problem, s, task, type Value } from '../../lib/task.ts'

export default task({
  summary: 'A host is in the inventory of the run, for the plays that follow.',
  args: s.args(
    {
      name: s.string('Its name; a port may follow it: chat.example.org:2222.', { aliases: ['host', 'hostname'] }),
      groups: s
        .words('Groups that it shall be in; missing ones come into being.', { aliases: ['group', 'groupname'] })
        .default([]),
    },
    { open: true },
  ),
  examples: [
    `name: Remember the new machine for the next play
add_host:
  name: chat2.example.org
  groups: [chat, fresh]
  ansible_user: root
  rocketchat_port: 3001`,
  ],
  returns: { add_host: 'host_name, groups and host_vars of the host.' },
  growsInventory: true,
  oncePerPlay: true,

  validate: ({ name }): readonly Finding[] =>
    name.trim() === ''
      ? [{ path: ['name'], diagnostic: problem('wrong-argument', 'the host needs a name', { mend: 'write its name' }) }]
      : [],
  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [],
  result: (args) => {
    const { name, groups, vars } = hostOf(args)
    return {
      values: { add_host: { host_name: name, groups, host_vars: vars } },
      inventory: { kind: 'host', name, groups, vars },
    }
  },
})

interface Written {
  readonly name: string
  readonly groups: readonly string[]
}

/** A port behind the name is not part of it; what is no argument is a variable of the host. */
function hostOf(args: Written): Written & { readonly vars: { readonly [key: string]: Value } } {
  const { name: written, groups, ...vars } = args as Written & { readonly [key: string]: Value }
  const [, bracketed, plain, port] = /^(?:\[([^\]]+)\]|([^:]+)):(\d+)$/.exec(written) ?? []
  return {
    name: bracketed ?? plain ?? written,
    groups: [...new Set(groups)],
    vars: port === undefined ? vars : { ...vars, ansible_port: Number(port) },
  }
}
