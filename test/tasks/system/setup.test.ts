import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readFacts } from '../../../lib/posix/facts.ts'
import setup from '../../../tasks/system/setup.ts'
import { answer } from '../../fakes/io.ts'
import { localShell } from '../../fakes/local-shell.ts'
import { argsOf, perform } from '../../fakes/task.ts'

const test = suite('tasks/system/setup')

const text = `==env
PATH=/bin
MULTI=one
  two
==system
Linux chat.example.org 6.1.0-18-amd64 #1 SMP Debian x86_64
==fqdn
chat.example.org
==nproc
2
==user
uid=1000(deploy) gid=1000(deploy) groups=1000(deploy),27(sudo)
deploy:x:1000:1000:Deploy,,,:/home/deploy:/bin/bash
==date
2026|01|31|23|05|09|1769900709|UTC|+0000|Saturday|6|04
==service
systemd
==packages
apt-get
==virt
kvm
==space
Filesystem 1024-blocks Used Available Capacity Mounted on
/dev/vda1 1000 400 600 40% /
/dev/vdb 2000 500 1500 25% /srv/with blank
==address
1: lo    inet 127.0.0.1/8 scope host lo
2: eth0    inet 192.0.2.10/26 brd 192.0.2.63 scope global eth0
2: eth0    inet6 2001:db8::a/64 scope global
==link
1: lo: <LOOPBACK,UP> mtu 65536 qdisc noqueue state UNKNOWN link/loopback 00:00:00:00:00:00
2: eth0: <BROADCAST,UP> mtu 1500 qdisc fq state UP link/ether 02:00:00:00:00:01 brd ff:ff:ff:ff:ff:ff
==route
192.0.2.1 dev eth0 src 192.0.2.10 uid 1000
default via 192.0.2.1 dev eth0 proto dhcp
==files
/etc/os-release:ID=debian
/etc/os-release:VERSION_ID="12"
/etc/os-release:VERSION_CODENAME=bookworm
/usr/lib/os-release:NAME='Debian GNU/Linux'
/etc/debian_version:12.5
/proc/meminfo:MemTotal:        4026532 kB
/proc/meminfo:MemFree:         1048576 kB
/proc/meminfo:Cached:           102400 kB
/proc/cpuinfo:processor	: 0
/proc/cpuinfo:vendor_id	: GenuineIntel
/proc/cpuinfo:model name	: Some CPU
/proc/cpuinfo:physical id	: 0
/proc/cpuinfo:siblings	: 2
/proc/cpuinfo:cpu cores	: 1
/proc/cpuinfo:processor	: 1
/proc/cpuinfo:vendor_id	: GenuineIntel
/proc/cpuinfo:model name	: Some CPU
/proc/cpuinfo:physical id	: 0
/proc/cpuinfo:siblings	: 2
/proc/cpuinfo:cpu cores	: 1
/sys/class/dmi/id/sys_vendor:QEMU
/sys/class/dmi/id/product_name:Standard PC (Q35 + ICH9, 2009)
/proc/mounts:proc /proc proc rw 0 0
/proc/mounts:/dev/vda1 / ext4 rw,relatime 0 0
/proc/mounts:/dev/vdb /srv/with\\040blank xfs rw 0 0
/proc/cmdline:root=/dev/vda1 ro quiet
/proc/uptime:4711.12 100.0
/etc/ssh/ssh_host_ed25519_key.pub:ssh-ed25519 AAAAkey root@chat
`

test('reads what a host says', () => {
  const facts = readFacts(answer(text))
  const expected = {
    distribution: 'Debian',
    distribution_version: '12.5',
    distribution_major_version: '12',
    distribution_release: 'bookworm',
    os_family: 'Debian',
    architecture: 'x86_64',
    hostname: 'chat',
    fqdn: 'chat.example.org',
    domain: 'example.org',
    kernel: '6.1.0-18-amd64',
    memtotal_mb: 3932,
    memfree_mb: 1024,
    processor_vcpus: 2,
    processor_count: 1,
    processor_cores: 1,
    processor_threads_per_core: 2,
    processor: ['0', 'GenuineIntel', 'Some CPU', '1', 'GenuineIntel', 'Some CPU'],
    all_ipv4_addresses: ['192.0.2.10'],
    user_id: 'deploy',
    user_uid: 1000,
    user_dir: '/home/deploy',
    env: { PATH: '/bin', MULTI: 'one\n  two' },
    service_mgr: 'systemd',
    pkg_mgr: 'apt',
    virtualization_type: 'kvm',
    virtualization_role: 'guest',
    cmdline: { root: '/dev/vda1', ro: true, quiet: true },
    uptime_seconds: 4711,
  }
  for (const [name, value] of Object.entries(expected)) assert.equal(facts[name], value, name)
  assert.equal(facts.default_ipv4, {
    address: '192.0.2.10',
    interface: 'eth0',
    alias: 'eth0',
    gateway: '192.0.2.1',
    netmask: '255.255.255.192',
    network: '192.0.2.0',
    prefix: '26',
    broadcast: '192.0.2.63',
    mtu: 1500,
    macaddress: '02:00:00:00:00:01',
    type: 'ether',
  })
  assert.equal(facts.mounts, [
    {
      mount: '/',
      device: '/dev/vda1',
      fstype: 'ext4',
      options: 'rw,relatime',
      size_total: 1024_000,
      size_available: 614_400,
    },
    {
      mount: '/srv/with blank',
      device: '/dev/vdb',
      fstype: 'xfs',
      options: 'rw',
      size_total: 2048_000,
      size_available: 1536_000,
    },
  ])
})

test('a host that says little is known a little', () => {
  const facts = readFacts(answer('==system\nLinux box 5.4 #1 SMP aarch64\n'))
  assert.is(facts.distribution, 'NA')
  assert.equal(facts.default_ipv4, {})
  assert.is(facts.fqdn, 'box')
  assert.throws(() => readFacts(answer('')), /could not say what it is/)
})

test('facts get their names, and can be filtered', () => {
  const { facts, values } =
    setup.result?.(argsOf(setup, { filter: ['ansible_distribution*', 'kernel'] }), readFacts(answer(text))) ?? {}
  assert.equal(Object.keys(values?.ansible_facts as object).sort(), [
    'ansible_distribution',
    'ansible_distribution_major_version',
    'ansible_distribution_minor_version',
    'ansible_distribution_release',
    'ansible_distribution_version',
    'ansible_kernel',
  ])
  assert.is(facts?.ansible_kernel, '6.1.0-18-amd64')
})

test('asks this machine, with any shell', async () => {
  for (const shell of [['/bin/sh'], ['busybox', 'ash']]) {
    const world = await localShell({ shell })
    try {
      const run = await perform(setup, {}, world)
      const facts = run.values.ansible_facts as { readonly [name: string]: unknown }
      assert.is(facts.ansible_user_uid, process.getuid?.())
      assert.ok(Number(facts.ansible_memtotal_mb) > 0)
      const promised = setup.provides?.(argsOf(setup, {})).facts ?? []
      assert.equal(
        promised.filter((name) => !(name in facts)),
        [],
      )
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    } finally {
      await world.remove()
    }
  }
})

test.run()
