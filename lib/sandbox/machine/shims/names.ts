import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'

/** `hostname`: says or sets the name in `/etc/hostname`. */
const hostname: Shim = (call, host) => {
  const name = call.args.find((word) => !word.startsWith('-'))
  if (name !== undefined) {
    if (call.user !== 'root') return fail(1, 'hostname: you must be root to change the host name')
    writeFileSync(join(host.root, 'etc/hostname'), `${name}\n`)
    return ok()
  }
  if (call.args.some((word) => /^-[iI]$/.test(word))) return ok('127.0.1.1\n')
  if (call.args.some((word) => word === '-s' || word === '--short')) return ok(`${hostName(host).split('.')[0]}\n`)
  return ok(`${hostName(host)}\n`)
}

const hostnamectl: Shim = (call, host) => {
  const [verb, name] = call.args.filter((word) => !word.startsWith('-'))
  if (verb === 'set-hostname' || (verb === 'hostname' && name !== undefined)) {
    if (call.user !== 'root') return fail(1, 'Could not set pretty hostname: Interactive authentication required.')
    writeFileSync(join(host.root, 'etc/hostname'), `${name}\n`)
    return ok()
  }
  if (verb === 'hostname') return ok(`${hostName(host)}\n`)
  const { PRETTY_NAME = '' } = osRelease(host)
  const machine = { amd64: 'x86-64', arm64: 'arm64' }[host.spec.architecture]
  return ok(
    [
      ` Static hostname: ${hostName(host)}`,
      '       Icon name: computer-vm',
      '  Virtualization: kvm',
      `Operating System: ${PRETTY_NAME}`,
      `          Kernel: Linux ${host.spec.kernel}`,
      `    Architecture: ${machine}`,
      '',
    ].join('\n'),
  )
}

const uname: Shim = (call, host) => {
  const known = {
    s: 'Linux',
    n: hostName(host),
    r: host.spec.kernel,
    v: '#1 SMP PREEMPT_DYNAMIC Debian 6.1.119-1 (2024-11-22)',
    m: unameMachine(host),
    o: 'GNU/Linux',
  }
  const letters = call.args.join('').replace(/-/g, '') || 's'
  if (/[^asnrvmopi]/.test(letters)) return fail(1, `uname: invalid option -- '${letters}'`)
  const order = ['s', 'n', 'r', 'v', 'm', 'o'] as const
  const words = order
    .filter((letter) => letters.includes('a') || letters.includes(letter))
    .map((letter) => known[letter])
  return ok(`${(/[pi]/.test(letters) && words.length === 0 ? ['unknown'] : words).join(' ')}\n`)
}

const timedatectl: Shim = (call, host) => {
  const words = call.args.filter((word) => !word.startsWith('-'))
  const zone = read(host, 'etc/timezone').trim() || 'Etc/UTC'
  const synced = host.units.state('systemd-timesyncd') === 'active' || host.units.state('chrony') === 'active'
  const all = { Timezone: zone, NTP: synced ? 'yes' : 'no', NTPSynchronized: synced ? 'yes' : 'no', CanNTP: 'yes' }
  if (words[0] === 'set-timezone') {
    if (call.user !== 'root') return fail(1, 'Failed to set time zone: Interactive authentication required.')
    if (!/^[A-Za-z_]+(\/[A-Za-z_+-]+)*$/.test(words[1] ?? ''))
      return fail(1, `Failed to set time zone: Invalid or not installed time zone '${words[1]}'`)
    writeFileSync(join(host.root, 'etc/timezone'), `${words[1]}\n`)
    return ok()
  }
  if (words[0] === 'show') {
    const wanted = propertiesAsked(call.args)
    const value = call.args.includes('--value')
    return ok(
      Object.entries(all)
        .filter(([name]) => wanted.length === 0 || wanted.includes(name))
        .map(([name, text]) => `${value ? '' : `${name}=`}${text}\n`)
        .join(''),
    )
  }
  return ok(
    `                Time zone: ${zone}\nSystem clock synchronized: ${all.NTPSynchronized}\n              NTP service: ${synced ? 'active' : 'inactive'}\n`,
  )
}

/** Names after `-p`, `-pNAME` or `--property=`. */
export function propertiesAsked(args: readonly string[]): readonly string[] {
  return args.flatMap((word, at) => {
    if (word === '-p' || word === '--property') return (args[at + 1] ?? '').split(',')
    const given = /^(?:-p|--property=)(.+)$/.exec(word)?.[1]
    return given === undefined ? [] : given.split(',')
  })
}

/** The machine's name, as `/etc/hostname` says. */
export function hostName(host: Host): string {
  return read(host, 'etc/hostname').trim() || host.spec.hostname
}

/** What the kernel calls the processor. */
export function unameMachine(host: Host): string {
  return host.spec.architecture === 'amd64' ? 'x86_64' : 'aarch64'
}

function osRelease(host: Host): Record<string, string> {
  const lines = read(host, 'etc/os-release').split('\n')
  return Object.fromEntries(
    lines
      .filter((line) => line.includes('='))
      .map((line) => [line.split('=')[0] ?? '', line.slice(line.indexOf('=') + 1).replace(/^"|"$/g, '')]),
  )
}

function read(host: Host, path: string): string {
  const full = join(host.root, path)
  return existsSync(full) ? readFileSync(full, 'utf8') : ''
}

export const nameShims: Shims = {
  hostname,
  hostnamectl,
  uname,
  arch: (_, host) => ok(`${unameMachine(host)}\n`),
  timedatectl,
  'systemd-detect-virt': () => ok('kvm\n'),
}
