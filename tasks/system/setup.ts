import { type Facts, readFacts } from '../../lib/posix/facts.ts'
import { factsScript } from '../../lib/posix/facts-script.ts'
import { s, task } from '../../lib/task.ts'

export default task({
  summary: 'Finds out what the host is and leaves it in variables named ansible_….',
  args: s.args({
    filter: s.words('Patterns of facts to keep: "ansible_mem*"; all when not given.').optional(),
    gather_subset: s.words('Accepted for other playbooks; all facts come from one question anyway.').default(['all']),
    gather_timeout: s.int('Accepted for other playbooks.').default(10),
  }),
  examples: ['setup:', 'setup: { filter: ["ansible_distribution*", "ansible_memtotal_mb"] }'],
  factsAreGathered: true,
  returns: { ansible_facts: 'The facts.' },
  provides: () => ({ facts: names.map((name) => `ansible_${name}`) }),

  probe: () => ({ ask: [{ on: 'shell', script: factsScript }], read: ([answer]) => readFacts(answer) }),
  diff: () => [],
  result: ({ filter }, found) => {
    const facts = filtered(found, filter)
    const named = Object.fromEntries(Object.entries(facts).map(([name, value]) => [`ansible_${name}`, value]))
    return { facts: named, values: { ansible_facts: named } }
  },
})

/** What a playbook may count on before anything was asked; hosts may tell more. */
const names = [
  'all_ipv4_addresses',
  'all_ipv6_addresses',
  'architecture',
  'cmdline',
  'date_time',
  'default_ipv4',
  'default_ipv6',
  'distribution',
  'distribution_major_version',
  'distribution_minor_version',
  'distribution_release',
  'distribution_version',
  'dns',
  'domain',
  'effective_group_id',
  'effective_user_id',
  'env',
  'fqdn',
  'hostname',
  'interfaces',
  'kernel',
  'kernel_version',
  'loadavg',
  'machine',
  'machine_id',
  'memfree_mb',
  'memory_mb',
  'memtotal_mb',
  'mounts',
  'nodename',
  'os_family',
  'pkg_mgr',
  'processor',
  'processor_cores',
  'processor_count',
  'processor_nproc',
  'processor_threads_per_core',
  'processor_vcpus',
  'real_group_id',
  'real_user_id',
  'service_mgr',
  'swapfree_mb',
  'swaptotal_mb',
  'system',
  'uptime_seconds',
  'user_dir',
  'user_gecos',
  'user_gid',
  'user_id',
  'user_shell',
  'user_uid',
  'userspace_bits',
  'virtualization_role',
  'virtualization_type',
]

function filtered(facts: Facts, patterns: readonly string[] | undefined): Facts {
  if (patterns === undefined || patterns.length === 0) return facts
  const expressions = patterns.map(
    (pattern) =>
      new RegExp(
        `^${pattern
          .replace(/^ansible_/, '')
          .replace(/[.+^${}()|[\]\\]/g, '\\$&')
          .replaceAll('*', '.*')
          .replaceAll('?', '.')}$`,
      ),
  )
  return Object.fromEntries(Object.entries(facts).filter(([name]) => expressions.some((one) => one.test(name))))
}
