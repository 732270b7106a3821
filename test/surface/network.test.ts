import { cpSync, existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import { withStage } from '../scenarios/stage.ts'

const test = suite('surface/network')

const preload = fileURLToPath(new URL('../fakes/note-calls.ts', import.meta.url))

/** What leads nowhere but to this machine. */
const near =
  /^(connect|listen) (\/|127\.0\.0\.1( |$)|localhost( |$)|::1( |$)|\[::1\])|^lookup (localhost|127\.0\.0\.1|::1)$/

test('a rehearsed installation speaks to this machine alone: no telemetry, no call that was not asked for', () =>
  withStage(async (stage) => {
    const given = join(root, 'inventory/sandbox')
    cpSync(given, join(stage.folder, 'sandbox'), {
      recursive: true,
      filter: (file) => !/[\\/](\.sandbox|secrets|\.state)([\\/]|$)/.test(file.slice(given.length)),
    })
    const calls = join(stage.folder, 'calls')
    const env = { NODE_OPTIONS: `--import=${preload}`, NOTE_CALLS: calls }
    const ended = await stage.start('npx zx playbooks/install.ts --inventory ./sandbox', env).ended
    assert.is(ended.code, 0, ended.stdout + ended.stderr)
    const noted = readFileSync(calls, 'utf8').trimEnd().split('\n')
    assert.ok(noted.some((one) => one.startsWith('connect 127.0.0.1')))
    assert.equal([...new Set(noted.filter((one) => !near.test(one)))], [])
  }))

test('what asks for nothing calls nobody', () =>
  withStage(async (stage) => {
    stage.write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local } } }\n')
    stage.write('site.yml', '- hosts: all\n  tasks:\n    - command: "true"\n      changed_when: false\n')
    const calls = join(stage.folder, 'calls')
    const env = { NODE_OPTIONS: `--import=${preload}`, NOTE_CALLS: calls }
    for (const command of [
      'playbooks/run.ts site.yml -i hosts.yml --check',
      'playbooks/run.ts --help',
      'scripts/history.ts -i hosts.yml',
    ])
      assert.is((await stage.start(`npx zx ${command}`, env).ended).code, 0)
    assert.not.ok(existsSync(calls), existsSync(calls) ? readFileSync(calls, 'utf8') : '')
  }))

test('a call elsewhere would have been seen', () =>
  withStage(async (stage) => {
    stage.write('hosts.yml', 'all: { hosts: { here: { ansible_connection: local } } }\n')
    stage.write(
      'site.yml',
      '- hosts: all\n  gather_facts: false\n  tasks:\n    - uri: { url: "http://192.0.2.1/", timeout: 1 }\n',
    )
    const calls = join(stage.folder, 'calls')
    const env = { NODE_OPTIONS: `--import=${preload}`, NOTE_CALLS: calls }
    await stage.start('npx zx playbooks/run.ts site.yml -i hosts.yml --check', env).ended
    assert.match(readFileSync(calls, 'utf8'), 'connect 192.0.2.1 80')
  }))

test.run()
