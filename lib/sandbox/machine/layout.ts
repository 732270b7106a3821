import { existsSync, mkdirSync, readFileSync, readlinkSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { CATALOGUE } from './catalogue.ts'
import { COMMANDS } from './commands.ts'
import type { Host } from './host.ts'
import { programPath } from './packages.ts'
import { sharedTexts, shellText } from './rewrite/prologue.ts'
import type { Spec } from './spec.ts'
import { callScript } from './switchboard.ts'
import { findProgram, findTools, harmlessTools, toolScript } from './tools.ts'

/** Folders of a machine, and the programs of this one that it needs. */
export interface Places {
  readonly folder: string
  readonly root: string
  readonly calls: string
  readonly tools: Host['tools']
}

/** Finds what a machine below `folder` needs; throws when this machine lacks a POSIX shell. */
export function places(folder: string): Places {
  const needed = (name: string) => {
    const program = findProgram(name)
    if (program === undefined) throw new Error(`the sandbox needs the program "${name}" on this machine`)
    return program
  }
  return {
    folder,
    root: join(folder, 'root'),
    calls: join(folder, 'calls'),
    tools: {
      sh: needed('sh'),
      cat: needed('cat'),
      env: needed('env'),
      bash: findProgram('bash'),
      harmless: harmlessTools(),
    },
  }
}

/** The program for a command which the sandbox answers. */
export function commandText({ calls, folder, tools }: Places, name: string): string {
  return callScript(name, { shell: tools.sh, calls, cat: tools.cat, text: join(folder, 'call.sh') })
}

/** Writes the machine's commands and tools; what is there already and right is left alone. */
export function writePrograms(at: Places): void {
  const { folder, root, tools } = at
  for (const path of ['root/usr/bin', 'root/usr/sbin', 'programs', 'tools']) {
    mkdirSync(join(folder, path), { recursive: true, mode: 0o755 })
  }
  for (const [name, text] of Object.entries(sharedTexts(root, folder, at.calls)))
    writeIfNew(join(folder, name), text, 0o644)
  for (const name of ['call', 'prints'] as const) writeIfNew(join(folder, `${name}.sh`), shellText(name), 0o644)
  for (const [name, { kind, program }] of findTools()) {
    linkTo(program, join(folder, 'tools', name))
    writeIfNew(join(root, 'usr/bin', name), toolScript(name, kind, program, { shell: tools.sh, folder }), 0o755)
  }
  const packaged = new Set(Object.values(CATALOGUE).flatMap((one) => one.commands ?? []))
  for (const name of Object.keys(COMMANDS)) {
    if (name === 'sandbox-rewrite') continue
    const path = root + programPath(name)
    if (name === 'bash' && tools.bash === undefined) continue
    if (!packaged.has(name) || existsSync(path)) writeIfNew(path, commandText(at, name), 0o755)
  }
}

/** Writes the files of a fresh server. */
export function writeFiles(root: string, spec: Spec): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true, mode: MODES[folder] ?? 0o755 })
  for (const [link, target] of LINKS) if (!existsSync(join(root, link))) symlinkSync(target, join(root, link))
  for (const [path, text] of Object.entries(files(spec))) {
    mkdirSync(join(root, dirname(path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
}

const FOLDERS = (
  'boot dev etc/apt/sources.list.d etc/apt/apt.conf.d etc/apt/keyrings etc/default etc/ssh/sshd_config.d etc/ssl/certs etc/ssl/private ' +
  'etc/sudoers.d etc/sysctl.d etc/systemd/system etc/cron.d etc/logrotate.d home media mnt opt proc/sys/vm proc/sys/net/core root run srv sys tmp ' +
  'usr/lib/systemd/system usr/local/bin usr/local/sbin usr/local/share/ca-certificates usr/share/keyrings var/backups var/cache/apt ' +
  'var/lib/apt/lists var/lib/dpkg var/log var/mail var/spool var/tmp run/lock run/systemd/system'
).split(' ')
const LINKS: readonly (readonly [string, string])[] = [
  ['bin', 'usr/bin'],
  ['sbin', 'usr/sbin'],
  ['lib', 'usr/lib'],
  ['var/run', '../run'],
  ['var/lock', '../run/lock'],
]
const MODES: { readonly [folder: string]: number } = {
  root: 0o700,
  tmp: 0o1777,
  'var/tmp': 0o1777,
  'run/lock': 0o1777,
  'etc/ssl/private': 0o710,
}

/** Users and groups of a fresh server, as `name:id` pairs. */
const SYSTEM_USERS =
  'daemon:1 bin:2 sys:3 games:5 man:6 mail:8 news:9 uucp:10 proxy:13 www-data:33 backup:34 nobody:65534 _apt:42 systemd-network:998 messagebus:100 sshd:101'
const SYSTEM_GROUPS =
  'daemon:1 bin:2 sys:3 adm:4 tty:5 disk:6 mail:8 sudo:27 www-data:33 backup:34 shadow:42 utmp:43 staff:50 games:60 users:100 nogroup:65534 systemd-journal:999 systemd-network:998 messagebus:102'

function files(spec: Spec): { readonly [path: string]: string } {
  const pairs = (text: string) => text.split(' ').map((pair) => pair.split(':') as [string, string])
  const person = spec.user === 'root' ? [] : [spec.user]
  const memory = spec.memoryMiB * 1024
  return {
    'etc/passwd': [
      'root:x:0:0:root:/root:/bin/bash',
      ...pairs(SYSTEM_USERS).map(([name, id]) => `${name}:x:${id}:${id}:${name}:/nonexistent:/usr/sbin/nologin`),
      ...person.map((name) => `${name}:x:1000:1000:${name},,,:/home/${name}:/bin/bash`),
      '',
    ].join('\n'),
    'etc/group': [
      'root:x:0:',
      ...pairs(SYSTEM_GROUPS).map(([name, id]) => `${name}:x:${id}:${name === 'sudo' ? person.join(',') : ''}`),
      ...person.map((name) => `${name}:x:1000:`),
      '',
    ].join('\n'),
    'etc/shadow': ['root', ...pairs(SYSTEM_USERS).map(([name]) => name), ...person]
      .map((name) => `${name}:*:19700:0:99999:7:::\n`)
      .join(''),
    'etc/skel/.profile': '# ~/.profile: executed by the command interpreter for login shells.\n',
    'etc/skel/.bashrc': '# ~/.bashrc: executed by bash for interactive shells.\n',
    'etc/hostname': `${spec.hostname}\n`,
    'etc/hosts': `127.0.0.1\tlocalhost\n127.0.1.1\t${spec.hostname}\n::1\tlocalhost ip6-localhost ip6-loopback\n`,
    'etc/os-release': osRelease(spec),
    'usr/lib/os-release': osRelease(spec),
    'etc/debian_version': '12.8\n',
    'etc/timezone': 'Etc/UTC\n',
    'etc/machine-id': '5f0d1c2b3a495867784f3e2d1c0b9a88\n',
    'etc/fstab': '/dev/sda1 / ext4 errors=remount-ro 0 1\n',
    'etc/resolv.conf': 'nameserver 192.0.2.53\n',
    'etc/shells': '/bin/sh\n/bin/bash\n',
    'etc/apt/sources.list': 'deb http://mirror.example.org/debian bookworm main\n',
    'proc/cpuinfo': cpuinfo(spec),
    'proc/meminfo': `MemTotal:       ${String(memory).padStart(8)} kB\nMemFree:        ${String(memory >> 1).padStart(8)} kB\nMemAvailable:   ${String(Math.floor(memory * 0.66)).padStart(8)} kB\nSwapTotal:             0 kB\nSwapFree:              0 kB\n`,
    'proc/1/comm': 'systemd\n',
    'proc/cmdline': 'BOOT_IMAGE=/boot/vmlinuz root=/dev/sda1 ro quiet\n',
    'proc/net/tcp':
      '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   0: 00000000:0016 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 15931 1\n',
    'sys/class/dmi/id/sys_vendor': 'QEMU\n',
    'sys/class/dmi/id/product_name': 'Standard PC (Q35 + ICH9, 2009)\n',
    'proc/loadavg': '0.08 0.03 0.01 1/142 4711\n',
    'proc/version': `Linux version ${spec.kernel} (debian-kernel@lists.debian.org)\n`,
    'proc/mounts': '/dev/sda1 / ext4 rw,relatime,errors=remount-ro 0 0\n',
    'proc/swaps': 'Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n',
    'proc/sys/vm/swappiness': '60\n',
    'proc/sys/vm/max_map_count': '65530\n',
    'proc/sys/vm/overcommit_memory': '0\n',
    'proc/sys/net/core/somaxconn': '4096\n',
    'proc/sys/kernel/osrelease': `${spec.kernel}\n`,
    'proc/sys/kernel/random/boot_id': '00000000-0000-4000-8000-000000000001\n',
    'sys/kernel/mm/transparent_hugepage/enabled': 'always [madvise] never\n',
    ...Object.fromEntries(person.map((name) => [`home/${name}/.profile`, ''])),
    'root/.profile': '',
  }
}

function osRelease({ osRelease: release }: Spec): string {
  const plain = (name: string) => name === 'ID' || name === 'VERSION_CODENAME'
  return Object.entries(release)
    .map(([name, value]) => `${name}=${plain(name) ? value : `"${value}"`}\n`)
    .join('')
}

function cpuinfo(spec: Spec): string {
  const flags = `fpu de tsc msr pae cx8 apic cmov pat clflush mmx fxsr sse sse2 ss ht syscall nx rdtscp lm constant_tsc pni ssse3 fma cx16 sse4_1 sse4_2 popcnt aes xsave${spec.avx ? ' avx avx2' : ''} hypervisor`
  const arm = 'fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp'
  return Array.from({ length: spec.cpus }, (_, at) =>
    spec.architecture === 'amd64'
      ? `processor\t: ${at}\nvendor_id\t: GenuineIntel\nmodel name\t: Virtual CPU\ncpu MHz\t\t: 2400.000\ncpu cores\t: ${spec.cpus}\nflags\t\t: ${flags}\n\n`
      : `processor\t: ${at}\nBogoMIPS\t: 50.00\nFeatures\t: ${arm}\nCPU architecture: 8\n\n`,
  ).join('')
}

function linkTo(program: string, link: string): void {
  try {
    if (readlinkSync(link) === program) return
    rmSync(link)
  } catch {
    // The link is not there yet.
  }
  symlinkSync(program, link)
}

function writeIfNew(path: string, text: string, mode: number): void {
  try {
    if (readFileSync(path, 'utf8') === text) return
  } catch {
    // The file is not there yet.
  }
  writeFileSync(path, text, { mode })
}
