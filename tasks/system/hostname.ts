import { type Finding, problem, s, sh, task, update } from '../../lib/task.ts'

export default task({
  summary: 'The host has this name, now and after a restart.',
  args: s.args({
    name: s.string('Name of the host.'),
    use: s.choice(['auto', 'systemd', 'debian', 'generic'], 'How to set it; found out when not given.').default('auto'),
  }),
  examples: ['hostname: { name: chat.example.org }'],
  factsAreGathered: true,
  returns: { name: 'Name of the host.', ansible_facts: 'Facts about the name.' },

  validate: ({ name }): readonly Finding[] =>
    /^[A-Za-z0-9]([A-Za-z0-9.-]{0,62}[A-Za-z0-9])?$/.test(name)
      ? []
      : [
          {
            path: ['name'],
            diagnostic: problem('wrong-argument', `"${name}" cannot be the name of a host`, {
              mend: 'use letters, digits, "." and "-", 64 at most',
            }),
          },
        ],
  probe: () => ({
    ask: [{ on: 'shell', script: sh`uname -n; cat /etc/hostname 2>/dev/null; :` }],
    read: ([answer]) => {
      const [now = '', kept = ''] = (answer?.text ?? '').split('\n')
      return { now, kept: kept.trim() }
    },
  }),
  diff: ({ name }, { now, kept }) =>
    now === name && kept === name ? [] : [update('name of the host', { now, kept }, { now: name, kept: name }, name)],
  apply: async ({ data: name }, io, { use }) => {
    const plain = sh`printf '%s\n' ${name} >/etc/hostname && hostname ${name}`
    if (use === 'debian' || use === 'generic') await io.sh(plain)
    else
      await io.sh(
        sh`if [ -d /run/systemd/system ] && command -v hostnamectl >/dev/null 2>&1; then hostnamectl set-hostname ${name}; else ${plain}; fi`,
      )
    return undefined
  },
  result: (_args, { now }) => {
    const facts = {
      ansible_hostname: now.split('.')[0] ?? now,
      ansible_nodename: now,
      ansible_fqdn: now,
      ansible_domain: now.split('.').slice(1).join('.'),
    }
    return { facts, values: { name: now, ansible_facts: facts } }
  },
})
