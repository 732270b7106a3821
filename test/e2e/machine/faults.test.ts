import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Lab, type Machine, openLab } from './machine.ts'
import { makeSite, type Run, type Site } from './site.ts'

const test = suite('e2e/machine/faults')
let lab: Lab
let machine: Machine
let site: Site

test.before(async () => {
  try {
    lab = await openLab({ mongodb: '8.0.17', rocketchat: '8.6.1' })
    machine = await lab.machine()
    site = makeSite(machine)
  } catch (error) {
    // The runner keeps to itself what a hook throws.
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    throw error
  }
})
test.after(async () => {
  site?.remove()
  await lab?.stop()
})

const end = (run: Run): string => `${run.complaints}\n${run.output.slice(-3000)}`

async function fine(run: Promise<Run>): Promise<readonly string[]> {
  const ended = await run
  assert.is(ended.code, 0, end(ended))
  return ended.changed
}

interface Fault {
  /** Shell, done on the machine in the middle of a task. */
  readonly line: string
  readonly code: number
  readonly says: RegExp
}

/** Ends the SSH sessions as a broken line would: without a word. */
const cut: Fault = {
  line: `kill -9 $(pgrep -f '^sshd: (root|deploy)')`,
  code: 4,
  says: /^link-lost: the link to .* was lost/,
}

const others: Readonly<Record<string, Fault>> = {
  'The volume of the database exists': { line: 'systemctl reboot --force', code: 4, says: cut.says },
  'The image of Rocket.Chat is there': {
    line: 'systemctl stop docker.socket docker.service',
    code: 1,
    says: /^docker-unavailable: Docker cannot be asked: .*journalctl -u docker/,
  },
  'Rocket.Chat runs': {
    line: 'until docker kill rocketchat; do sleep 0.1; done',
    code: 1,
    says: /^container-not-healthy: the container rocketchat was started, but it was stopped or killed from outside/,
  },
}

/** What an undisturbed first run changes, in order. */
const all = [
  "Folders of the engine's settings exist",
  'Docker is installed',
  'Passwords and keys exist',
  'Folders exist',
  'The key of the replica set is in place',
  "The password of the database's administrator is in place",
  'The environment of Rocket.Chat is in place',
  'The network exists',
  'The volume of the database exists',
  'The image of MongoDB is there',
  'MongoDB runs',
  'The replica set has a primary',
  'Rocket.Chat has an account in the database',
  'The image of Rocket.Chat is there',
  'Rocket.Chat runs',
  'Ametys has a token that needs no second factor',
  'The settings of the manual, and those without which they have no effect',
  'Users keep the rights of the manual and no others',
]

test('broken off in the middle of each of its changes, an installation goes on from there', async () => {
  const done = new Set<string>()
  for (;;) {
    const hand = machine.hand()
    let now: string | undefined
    const run = await site.install([], (event) => {
      if (now !== undefined || event.kind !== 'task.planned' || done.has(event.task)) return
      now = event.task
      hand.tell((others[now] ?? cut).line)
    })
    await hand.end()
    if (now === undefined) {
      assert.is(run.code, 0, end(run))
      break
    }
    done.add(now)
    const { code, says } = others[now] ?? cut
    assert.is(run.code, code, `${now}: ${end(run)}`)
    assert.match(run.complaints, says, now)
    await machine.ready()
  }
  assert.equal(
    all.filter((one) => !done.has(one)),
    [],
  )
  assert.equal(await fine(site.install()), [])
})

test('of two runs at once the second is told who works on the host, and changes nothing', async () => {
  await machine.on('docker stop rocketchat')
  let second: Promise<Run> | undefined
  const first = site.install([], (event) => {
    if (event.kind !== 'task.planned') return
    second ??= machine.on('chmod 644 /opt/rocketchat/mongodb/key').then(() => site.install())
  })
  assert.equal(await fine(first), ['Rocket.Chat runs'])
  const told = await second
  assert.equal([told?.code, told?.changed], [1, []], told && end(told))
  assert.match(told?.complaints ?? '', /^host-locked: .* since .*--take-over/)
  assert.equal(await fine(site.install()), ['The key of the replica set is in place'])
})

test('a full disk is told, and what was there is left', async () => {
  await machine.on(
    'cp -a /opt/rocketchat /opt/kept && mount -t tmpfs -o size=16k,mode=755 none /opt/rocketchat && head -c 16k /dev/zero > /opt/rocketchat/full',
  )
  const run = await site.install()
  assert.is(run.code, 1, end(run))
  assert.match(run.complaints, /no space|No space|full/)
  await machine.on('umount /opt/rocketchat')
  assert.equal(await fine(site.install()), [])
})

test('so is one that is too small for the images', async () => {
  await machine.on(
    'systemctl stop docker.socket docker && mount -t tmpfs -o size=48m none /var/lib/docker && systemctl start docker',
  )
  const refused = await site.install()
  assert.equal([refused.code, refused.changed], [1, []])
  assert.match(refused.complaints, /^disk-short: /m)
  const preflight_accept = ['name-unknown', 'collector-unreachable', 'disk-short']
  const run = await site.install(['-e', JSON.stringify({ preflight_accept })])
  assert.is(run.code, 1, end(run))
  assert.match(run.complaints, /^image-not-pulled: .*no space left.*free space/s)
  await machine.on('systemctl stop docker.socket docker && umount /var/lib/docker && systemctl start docker')
  assert.equal(await fine(site.install()), [])
})

const modules = `
- hosts: rocketchat
  tasks:
    - name: Programs
      apt: { name: [cron, less], update_cache: true, cache_valid_time: 3600 }
    - name: Account
      user: { name: keeper, shell: /bin/sh, groups: [adm], append: true }
    - name: Job
      cron: { name: tidy up, minute: "5", job: /bin/true, user: keeper }
    - name: Kernel
      sysctl: { name: net.ipv4.tcp_fin_timeout, value: "31", sysctl_set: true }
    - name: Unit
      copy:
        dest: /etc/systemd/system/beacon.service
        content: |
          [Service]
          ExecStart=/bin/sleep infinity
          [Install]
          WantedBy=multi-user.target
      notify: Beacon anew
    - name: Beacon
      systemd: { name: beacon, state: started, enabled: true, daemon_reload: true }
    - name: Clock
      service: { name: cron, state: started, enabled: true }
  handlers:
    - name: Beacon anew
      systemd: { name: beacon, state: restarted }
`

test('packages, accounts, jobs, kernel settings and units of a machine are changed once, and outlast a reboot', async () => {
  const first = await fine(site.play(modules))
  assert.equal(first, ['Programs', 'Account', 'Job', 'Kernel', 'Unit', 'Beacon', 'Beacon anew'])
  assert.equal(await fine(site.play(modules)), [])
  const look = 'cat /proc/sys/kernel/random/boot_id'
  const before = await machine.on(look)
  assert.equal(
    await fine(site.play('- hosts: rocketchat\n  tasks: [{ name: Again, reboot: { reboot_timeout: 120 } }]\n')),
    ['Again'],
  )
  assert.is.not(await machine.on(look), before)
  await machine.ready()
  assert.is((await machine.on('systemctl is-active beacon cron docker')).trim(), 'active\nactive\nactive')
  assert.equal(await fine(site.play(modules)), [])
  assert.equal(await fine(site.install()), [])
})

test('a bare machine without a registry, by an account with sudo, in one run', async () => {
  const other = await lab.machine()
  const closed = makeSite(other, {
    rocketchat_image: 'registry.example.org/rocketchat/rocket.chat:8.6.1',
    mongodb_image: 'registry.example.org/library/mongo:8.0.17',
    rocketchat_image_archive: 'chat.tar',
    mongodb_image_archive: 'mongo.tar',
  })
  try {
    closed.signInAs('deploy')
    const { images } = machine
    await machine.save(
      `docker tag ${images.rocketchat} registry.example.org/rocketchat/rocket.chat:8.6.1 && docker save registry.example.org/rocketchat/rocket.chat:8.6.1`,
      join(closed.folder, 'chat.tar'),
    )
    await machine.save(
      `docker tag ${images.mongodb} registry.example.org/library/mongo:8.0.17 && docker save registry.example.org/library/mongo:8.0.17`,
      join(closed.folder, 'mongo.tar'),
    )
    assert.equal(await fine(closed.install()), all)
    assert.equal(await fine(closed.install()), [])
  } finally {
    closed.remove()
  }
})

test.run()
