import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Stage, type Started, withStage } from './stage.ts'

const test = suite('scenarios/stop')

const playbook = (long: string) => `
- name: Web
  hosts: all
  gather_facts: false
  tasks:
    - name: First
      copy: { dest: /etc/a, content: "a\\n" }
    - name: Long
      ${long}
    - name: Last
      copy: { dest: /etc/b, content: "b\\n" }
`

/** Runs the playbook with this task in the middle, on one machine; `use` gets the folder that plays its `/`. */
function running(long: string, use: (run: Started, root: string, stage: Stage) => Promise<void>): Promise<void> {
  return withStage(async (stage) => {
    const { root } = await stage.machine('web1')
    stage.write('hosts.yml', 'all:\n  hosts:\n    web1:\n')
    stage.write('site.yml', playbook(long))
    const run = stage.start('npx zx playbooks/run.ts site.yml -i hosts.yml')
    await run.says('changed  web1  First')
    await use(run, root, stage)
  })
}

async function appears(file: string): Promise<void> {
  for (let tries = 0; !existsSync(file); tries++) {
    if (tries === 1000) throw new Error(`${file} did not appear`)
    await sleep(20)
  }
}

const shell = (seconds: number) => `shell: "echo > /tmp/begun; sleep ${seconds}; echo > /tmp/ended"`

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  test(`after ${signal} what is under way is finished, and nothing more is begun`, () =>
    running(shell(0.7), async (run, root) => {
      await appears(join(root, 'tmp/begun'))
      run.signal(signal)
      const { code, stdout, stderr } = await run.ended
      assert.is(code, 130, stdout + stderr)
      assert.match(stdout, 'stopping: what is under way is finished first')
      assert.match(stdout, 'press Ctrl-C again to cut it off')
      assert.match(stdout, /^changed {2}web1 {2}Long/m)
      assert.match(stdout, /^web1 : ok=2 changed=2 /m)
      assert.match(stdout, 'The run was stopped before its end. To go on, run it again')
      assert.match(stdout, /, stopped\.\n$/)
      assert.not.match(stdout, 'Not finished')
      assert.is(existsSync(join(root, 'tmp/ended')), true)
      assert.is(existsSync(join(root, 'etc/b')), false)
    }))
}

test('a second Ctrl-C cuts, and the recap says what was cut', () =>
  running(shell(60), async (run, root) => {
    await appears(join(root, 'tmp/begun'))
    run.signal('SIGINT')
    await run.says('stopping: ')
    const began = performance.now()
    run.signal('SIGINT')
    const { code, stdout, stderr } = await run.ended
    assert.is(code, 130, stdout + stderr)
    assert.ok(performance.now() - began < 10_000)
    assert.match(stdout, /\nNot finished\n {2}web1 {2}Long {2}\S*site\.yml:8:7\n/)
    assert.match(stdout, /^web1 : ok=1 changed=1 /m)
    assert.is(existsSync(join(root, 'etc/b')), false)
  }))

for (const [what, long] of [
  ['for a port', 'wait_for: { port: 3999, timeout: 60 }'],
  ['for a pause to end', 'pause: { seconds: 60 }'],
  ['to try again', 'command: "false"\n      register: it\n      until: it.rc == 0\n      retries: 60\n      delay: 1'],
] as const) {
  test(`who waits ${what} stops at the first Ctrl-C`, () =>
    running(long, async (run) => {
      await sleep(300)
      const began = performance.now()
      run.signal('SIGINT')
      const { code, stdout } = await run.ended
      assert.is(code, 130, stdout)
      assert.ok(performance.now() - began < 10_000)
      assert.match(stdout, /\nNot finished\n {2}web1 {2}Long /)
    }))
}

test('the next run goes on where this one was cut', () =>
  running(shell(60), async (run, root, stage) => {
    await appears(join(root, 'tmp/begun'))
    run.signal('SIGINT')
    await run.says('stopping: ')
    run.signal('SIGINT')
    await run.ended
    stage.write('site.yml', playbook('command: "true"'))
    const { code, stdout } = await stage.start('npx zx playbooks/run.ts site.yml -i hosts.yml').ended
    assert.is(code, 0, stdout)
    assert.match(stdout, /^ok {7}web1 {2}First$/m)
    assert.match(stdout, /^changed {2}web1 {2}Last$/m)
  }))

test.run()
