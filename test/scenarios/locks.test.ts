import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { MachineDouble } from '../../lib/sandbox/machine/machine.ts'
import { normalise } from './normalise.ts'
import { type Stage, withStage } from './stage.ts'

const test = suite('scenarios/locks')

const command = 'npx zx playbooks/run.ts site.yml -i hosts.yml'

/** A machine and a playbook of these tasks for it. */
function onMachine(tasks: string, use: (stage: Stage, machine: MachineDouble) => Promise<void>): Promise<void> {
  return withStage(async (stage) => {
    const machine = await stage.machine('web1')
    stage.write('hosts.yml', 'all:\n  hosts:\n    web1:\n')
    stage.write('site.yml', `- name: Web\n  hosts: all\n  gather_facts: false\n  tasks:\n${tasks}`)
    await use(stage, machine)
  })
}

const locksOf = ({ root }: MachineDouble) => readdirSync(join(root, 'run/lock'))

async function appears(file: string): Promise<void> {
  for (let tries = 0; !existsSync(file); tries++) {
    if (tries === 1000) throw new Error(`${file} did not appear`)
    await sleep(20)
  }
}

const file = (name: string) => `    - copy: { dest: /etc/${name}, content: "x\\n" }\n`
/** Goes on when the test says so, by a file. */
const held = '    - shell: "echo > /tmp/begun; until [ -e /tmp/on ]; do sleep 0.05; done"\n'

test('two runs at once: the second is told who works there, and changes nothing', () =>
  onMachine(held + file('a'), async (stage, machine) => {
    const first = stage.start(command)
    await appears(join(machine.root, 'tmp/begun'))
    const writes = machine.writes
    const second = await stage.start(command).ended
    assert.is(second.code, 1, second.stdout + second.stderr)
    const shown = normalise(second.stdout, stage.folder)
    assert.match(
      shown,
      [
        'failed   web1  shell',
        '    what   me@here (process N) works on web1 since TIME: site.yml, inventory hosts.yml',
        '    where  site.yml:5:7',
        '    why    its lease was renewed N s ago and runs N s more; nothing was changed',
        '           lock: /run/lock/ametys-rocketchat.lock on web1',
        '    mend   wait until that run has ended; --take-over makes it stop before its next write',
        '    code   host-locked',
      ].join('\n'),
    )
    assert.is(machine.writes, writes)
    assert.is(existsSync(join(machine.root, 'etc/a')), false)
    const look = await stage.start(`${command} --check`).ended
    assert.is(look.code, 0, look.stdout)
    stage.write('.machines/web1/root/tmp/on', '')
    const { code, stdout } = await first.ended
    assert.is(code, 0, stdout)
    assert.is(existsSync(join(machine.root, 'etc/a')), true)
    assert.equal(locksOf(machine), [])
  }))

test('who takes over goes on, and the first stops before its next write', () =>
  onMachine(held + file('a'), async (stage, machine) => {
    const first = stage.start(command)
    await appears(join(machine.root, 'tmp/begun'))
    stage.write('other.yml', `- name: Web\n  hosts: all\n  gather_facts: false\n  tasks:\n${file('b')}`)
    const second = await stage.start('npx zx playbooks/run.ts other.yml -i hosts.yml --take-over').ended
    assert.is(second.code, 0, second.stdout)
    assert.match(second.stdout, 'the lock on web1 was taken over from another run')
    stage.write('.machines/web1/root/tmp/on', '')
    const { code, stdout } = await first.ended
    assert.is(code, 1, stdout)
    assert.match(stdout, /code {3}lock-lost/)
    assert.equal(
      ['a', 'b'].map((name) => existsSync(join(machine.root, 'etc', name))),
      [false, true],
    )
    assert.equal(locksOf(machine), [])
  }))

test('a run that was killed leaves its lock to the next one of ours', () =>
  onMachine(held, async (stage, machine) => {
    const first = stage.start(command)
    await appears(join(machine.root, 'tmp/begun'))
    first.signal('SIGKILL')
    await first.ended
    const [lock = ''] = locksOf(machine)
    const text = readFileSync(join(machine.root, 'run/lock', lock), 'utf8')
    assert.match(normalise(text, stage.folder), '"owner":"me@here"')
    stage.write('.machines/web1/root/tmp/on', '')
    const { code, stdout } = await stage.start(command).ended
    assert.is(code, 0, stdout)
    assert.match(
      normalise(stdout, stage.folder),
      'warning  web1  an earlier run of ours (process N, site.yml, inventory hosts.yml, since TIME) ended without',
    )
    assert.equal(locksOf(machine), [])
  }))

test('a killed run leaves no lock behind the next one of ours, also when that finds nothing to change', () =>
  onMachine(
    `${file('a')}    - command: touch /tmp/begun\n      args: { creates: /tmp/begun }\n    - wait_for: { path: /tmp/on }\n`,
    async (stage, machine) => {
      const first = stage.start(command)
      await appears(join(machine.root, 'tmp/begun'))
      first.signal('SIGKILL')
      await first.ended
      assert.is(locksOf(machine).length, 1)
      stage.write('.machines/web1/root/tmp/on', '')
      const { code, stdout } = await stage.start(command).ended
      assert.is(code, 0, stdout)
      assert.match(stdout, 'Nothing changed.')
      assert.equal(locksOf(machine), [])
    },
  ))

test('the lock is given back after a failure, and after Ctrl-C', () =>
  onMachine(file('a') + held, async (stage, machine) => {
    for (const times of [1, 2]) {
      const run = stage.start(command)
      await appears(join(machine.root, 'tmp/begun'))
      assert.equal(locksOf(machine), ['ametys-rocketchat.lock'])
      for (let time = 1; time <= times; time++) {
        run.signal('SIGINT')
        await run.says('stopping: ')
      }
      if (times === 1) stage.write('.machines/web1/root/tmp/on', '')
      assert.is((await run.ended).code, 130)
      assert.equal(locksOf(machine), [])
      stage.write(
        'clean.yml',
        '- hosts: all\n  gather_facts: false\n  tasks:\n    - command: rm -f /tmp/on /tmp/begun\n',
      )
      assert.is((await stage.start('npx zx playbooks/run.ts clean.yml -i hosts.yml').ended).code, 0)
    }
    stage.write('bad.yml', `- hosts: all\n  gather_facts: false\n  tasks:\n    - command: "false"\n`)
    assert.is((await stage.start('npx zx playbooks/run.ts bad.yml -i hosts.yml').ended).code, 1)
    assert.equal(locksOf(machine), [])
  }))

test('a run with nothing to change takes no lock and asks once', () =>
  onMachine(file('a') + file('b'), async (stage, machine) => {
    assert.is((await stage.start(command).ended).code, 0)
    const { commands } = machine
    assert.is((await stage.start(command).ended).code, 0)
    assert.is(machine.commands, commands + 1)
  }))

test('a restart of the host in the middle of a run clears the lock away, and the run goes on', () =>
  onMachine(
    `${file('a')}    - shell: shutdown -r now\n    - wait_for_connection: { delay: 1 }\n${file('b')}`,
    async (stage, machine) => {
      const { code, stdout } = await stage.start(command).ended
      assert.is(code, 0, stdout)
      assert.is(existsSync(join(machine.root, 'etc/b')), true)
      assert.equal(locksOf(machine), [])
    },
  ))

test.run()
