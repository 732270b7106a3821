import { type Answer, problem, TaskError, type Value } from '../task.ts'
import { distributionFacts } from './facts-distribution.ts'
import { hardwareFacts, mountFacts } from './facts-hardware.ts'
import { networkFacts } from './facts-network.ts'
import { partOf } from './facts-script.ts'

export type Facts = { readonly [name: string]: Value }

/** The parts of what `factsScript` printed. */
export type Sections = (name: string) => readonly string[]

/** Facts under Ansible's names without `ansible_` in front. */
export function readFacts(answer: Answer | undefined): Facts {
  const sections = split(answer?.text ?? '')
  const [, system = '', nodename = '', kernel = '', version = '', machine = ''] =
    /^(\S+) (\S+) (\S+) (.*) (\S+)$/.exec(sections('system')[0] ?? '') ?? []
  if (system === '')
    throw new TaskError(problem('probe-failed', 'the host could not say what it is', { detail: answer?.errors ?? '' }))
  const fqdn = sections('fqdn')[0] || nodename
  return {
    system,
    nodename,
    hostname: nodename.split('.')[0] ?? nodename,
    fqdn,
    domain: fqdn.split('.').slice(1).join('.'),
    kernel,
    kernel_version: version,
    machine,
    architecture: machine,
    userspace_bits: /64/.test(machine) ? '64' : '32',
    ...distributionFacts(sections),
    ...hardwareFacts(sections),
    ...networkFacts(sections),
    mounts: mountFacts(sections),
    ...userFacts(sections('user')),
    env: environment(sections('env')),
    date_time: dateFacts(sections('date')),
    service_mgr: serviceManager(sections('service')[0]),
    pkg_mgr: packageManager(sections('packages')[0]),
    ...virtualization(sections('virt')),
    cmdline: commandLine(sections('cmdline')[0] ?? ''),
    uptime_seconds: Math.floor(Number((sections('uptime')[0] ?? '0').split(' ')[0])),
    machine_id: sections('machine')[0] ?? '',
    dns: { nameservers: sections('dns').flatMap((line) => /^nameserver\s+(\S+)/.exec(line)?.[1] ?? []) },
    ...hostKeys(sections('hostkeys')),
  }
}

function split(text: string): Sections {
  const found = new Map<string, string[]>()
  const sectionOf = (name: string): string[] => {
    const section = found.get(name) ?? []
    found.set(name, section)
    return section
  }
  let section = ''
  for (const line of text.split('\n')) {
    const name = /^==([a-z0-9]+)$/.exec(line)?.[1]
    if (name !== undefined) {
      section = name
      sectionOf(name)
    } else if (section !== 'files') sectionOf(section).push(line)
    else if (line !== '') {
      const colon = line.indexOf(':')
      sectionOf(partOf(line.slice(0, colon))).push(line.slice(colon + 1))
    }
  }
  return (name) => {
    const lines = found.get(name) ?? []
    return lines.at(-1) === '' ? lines.slice(0, -1) : lines
  }
}

/** What `id` says, and the account's line of `passwd`. */
function userFacts([id = '', passwd = '']: readonly string[]): Facts {
  const [, uid = '0', name = '', gid = '0'] = /^uid=(\d+)(?:\(([^)]*)\))? gid=(\d+)/.exec(id) ?? []
  const [, , , , gecos = '', dir = '', shell = ''] = passwd.split(':')
  const numbers = {
    user_uid: Number(uid),
    user_gid: Number(gid),
    effective_user_id: Number(uid),
    real_user_id: Number(uid),
    effective_group_id: Number(gid),
    real_group_id: Number(gid),
  }
  return { user_id: name, ...numbers, user_gecos: gecos, user_dir: dir, user_shell: shell }
}

/** A value may have line breaks in it: a line that cannot begin a variable belongs to the one before. */
function environment(lines: readonly string[]): Facts {
  const values: { [name: string]: string } = {}
  let last = ''
  for (const line of lines) {
    const [, name, value = ''] = /^([A-Za-z_]\w*)=(.*)$/.exec(line) ?? []
    if (name !== undefined) {
      last = name
      values[name] = value
    } else if (last !== '') values[last] += `\n${line}`
  }
  return values
}

function dateFacts([parts = '']: readonly string[]): Facts {
  const [
    year = '',
    month = '',
    day = '',
    hour = '',
    minute = '',
    second = '',
    epoch = '',
    tz = '',
    tz_offset = '',
    weekday = '',
    weekday_number = '',
    weeknumber = '',
  ] = parts.split('|')
  return {
    year,
    month,
    day,
    hour,
    minute,
    second,
    epoch,
    epoch_int: epoch,
    date: `${year}-${month}-${day}`,
    time: `${hour}:${minute}:${second}`,
    iso8601: new Date(Number(epoch) * 1000).toISOString().replace('.000', ''),
    iso8601_basic_short: `${year}${month}${day}T${hour}${minute}${second}`,
    tz,
    tz_offset,
    weekday,
    weekday_number,
    weeknumber,
  }
}

function serviceManager(found: string | undefined): string {
  if (found === undefined || found === '') return 'service'
  return found === 'init' ? 'sysvinit' : found
}

function packageManager(found: string | undefined): string {
  return found === 'apt-get' ? 'apt' : (found ?? 'unknown')
}

const guests: Readonly<Record<string, string>> = {
  qemu: 'kvm',
  amazon: 'kvm',
  google: 'kvm',
  oracle: 'virtualbox',
  microsoft: 'VirtualPC',
  'systemd-nspawn': 'container',
  'lxc-libvirt': 'lxc',
}

function virtualization(lines: readonly string[]): Facts {
  const [first = ''] = lines
  const product = lines.slice(first === '' ? 0 : 1).join(' ')
  const detected =
    /^[a-z-]+$/.test(first) && first !== 'none' ? (guests[first] ?? first) : byProduct(`${first} ${product}`)
  return detected === undefined
    ? { virtualization_type: 'NA', virtualization_role: 'NA' }
    : { virtualization_type: detected, virtualization_role: 'guest' }
}

function byProduct(product: string): string | undefined {
  if (/VMware/.test(product)) return 'VMware'
  if (/VirtualBox/.test(product)) return 'virtualbox'
  return /QEMU|KVM|Standard PC|Amazon EC2|OpenStack|Google Compute|Hetzner|DigitalOcean/.test(product)
    ? 'kvm'
    : undefined
}

function commandLine(line: string): Facts {
  const words = line.split(/\s+/).filter((word) => word !== '')
  return Object.fromEntries(
    words.map((word) =>
      word.includes('=') ? [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] : [word, true],
    ),
  )
}

function hostKeys(lines: readonly string[]): Facts {
  const names: Readonly<Record<string, string>> = { 'ssh-rsa': 'rsa', 'ssh-ed25519': 'ed25519', 'ssh-dss': 'dsa' }
  return Object.fromEntries(
    lines.flatMap((line) => {
      const [type = '', key = ''] = line.split(' ')
      const name = names[type] ?? (type.startsWith('ecdsa') ? 'ecdsa' : undefined)
      return name === undefined
        ? []
        : [
            [`ssh_host_key_${name}_public`, key],
            [`ssh_host_key_${name}_public_keytype`, type],
          ]
    }),
  )
}
