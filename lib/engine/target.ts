import { LoadError, problem } from '../core/diagnostic.ts'
import type { Target } from '../core/host.ts'
import type { Value } from '../core/plain.ts'
import { Secret, type Text } from '../core/secret.ts'

/** A host's rendered variable by name; undefined when there is none. */
export type Lookup = (name: string) => Value | undefined

/**
 * How a host is reached, from its `ansible_*` connection variables under Ansible's names. Ours alone:
 * `ansible_ssh_host_key_policy` (`strict`, `accept-new`), `ansible_ssh_known_hosts` (lines in known_hosts form),
 * `ansible_lock_folder` (where the lock of the host lies).
 * @throws LoadError `bad-connection-variable` with every variable that makes no sense.
 */
export function targetOf(host: string, variable: Lookup): Target {
  const problems: ReturnType<typeof problem>[] = []
  const refuse = (name: string, wanted: string) => {
    problems.push(
      problem('bad-connection-variable', `host ${host}: ${name} should be ${wanted}`, {
        mend: `correct ${name} in the inventory`,
      }),
    )
    return undefined
  }
  const text = (...names: readonly string[]): string | undefined => {
    for (const name of names) {
      const value = variable(name)
      if (value === undefined || value === null || value === '') continue
      if (typeof value === 'string') return value
      if (typeof value === 'number') return String(value)
      return refuse(name, 'text')
    }
    return undefined
  }
  const secret = (...names: readonly string[]): Text | undefined => {
    for (const name of names) {
      const value = variable(name)
      if (value instanceof Secret) return value
      if (typeof value === 'string' || typeof value === 'number') return new Secret(String(value), name)
    }
    return undefined
  }
  const number = (...names: readonly string[]): number | undefined => {
    const value = text(...names)
    if (value === undefined) return undefined
    return /^\d+$/.test(value) && Number(value) <= 65_535
      ? Number(value)
      : refuse(names[0] ?? '', 'a whole number up to 65535')
  }

  const connection = text('ansible_connection') ?? 'ssh'
  const via = { ssh: 'ssh', paramiko: 'ssh', smart: 'ssh', local: 'local', sandbox: 'sandbox' }[connection] as
    | Target['via']
    | undefined
  if (via === undefined) refuse('ansible_connection', `ssh, local or sandbox, not "${connection}"`)
  const policy = text('ansible_ssh_host_key_policy') ?? 'strict'
  if (policy !== 'strict' && policy !== 'accept-new') refuse('ansible_ssh_host_key_policy', 'strict or accept-new')
  const args = sshArguments([text('ansible_ssh_common_args'), text('ansible_ssh_extra_args')].join(' '))
  if (args.unknown.length > 0)
    refuse('ansible_ssh_common_args', `of -J and -o options we know, not ${args.unknown.join(' ')}`)

  const optional = {
    port: number('ansible_port', 'ansible_ssh_port'),
    user: text('ansible_user', 'ansible_ssh_user'),
    password: secret('ansible_password', 'ansible_ssh_password', 'ansible_ssh_pass'),
    keyFile: text('ansible_ssh_private_key_file', 'ansible_private_key_file'),
    key: secret('ansible_ssh_private_key'),
    passphrase: secret('ansible_ssh_private_key_passphrase', 'ansible_private_key_passphrase'),
    jump: text('ansible_ssh_proxy_jump') ?? args.jump,
    knownHosts: text('ansible_ssh_known_hosts'),
    knownHostsFiles: args.knownHostsFile === undefined ? undefined : [args.knownHostsFile],
    agent: text('ansible_ssh_agent'),
    lockFolder: text('ansible_lock_folder'),
  }
  const seconds = number('ansible_ssh_timeout', 'ansible_timeout')
  if (problems.length > 0) throw new LoadError(problems)
  return {
    via: via ?? 'ssh',
    address: text('ansible_host', 'ansible_ssh_host') ?? host,
    hostKeys: policy === 'accept-new' || args.acceptNew ? 'accept-new' : 'strict',
    ...(seconds !== undefined && { connectTimeout: seconds * 1000 }),
    ...(Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)) as Partial<Target>),
  }
}

/** The few OpenSSH options that make sense here, from `ansible_ssh_common_args`. */
function sshArguments(text: string): { jump?: string; knownHostsFile?: string; acceptNew: boolean; unknown: string[] } {
  const found: { jump?: string; knownHostsFile?: string; acceptNew: boolean; unknown: string[] } = {
    acceptNew: false,
    unknown: [],
  }
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '')
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    const take = (flag: string): string =>
      word.length > flag.length ? word.slice(flag.length) : (words[++index] ?? '')
    if (word.startsWith('-J')) {
      found.jump = take('-J')
    } else if (word.startsWith('-o')) {
      const [name = '', value = ''] = take('-o')
        .replaceAll(/^["']|["']$/g, '')
        .split('=')
      switch (name.toLowerCase()) {
        case 'proxyjump':
          found.jump = value
          break
        case 'userknownhostsfile':
          found.knownHostsFile = value
          break
        case 'stricthostkeychecking':
          found.acceptNew = value === 'accept-new'
          if (!['accept-new', 'yes'].includes(value))
            found.unknown.push(`${name}=${value} (host keys are always checked)`)
          break
        default:
          found.unknown.push(name)
      }
    } else {
      found.unknown.push(word)
    }
  }
  return found
}
