import { chmodSync, mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { withStage } from '../scenarios/stage.ts'

const test = suite('surface/permissions')

test('what is ours is for its owner alone, whatever the umask; what others may write to is told', () =>
  withStage(async (stage) => {
    stage.write(
      'prod/hosts.yml',
      `all: { hosts: { here: { ansible_connection: local, ansible_lock_folder: ${stage.folder} } } }\n`,
    )
    stage.write(
      'plays/site.yml',
      "- hosts: all\n  gather_facts: false\n  tasks:\n    - secret: { name: one }\n    - set_fact: { two: \"{{ lookup('password', 'made/two') }}\" }\n",
    )
    const command = 'npx zx playbooks/run.ts plays/site.yml -i ./prod'
    const before = process.umask(0)
    const started = stage.start(command)
    process.umask(before)
    const first = await started.ended
    assert.is(first.code, 0, first.stdout + first.stderr)
    assert.not.match(first.stdout, /folder-open-to-all|records-open/)
    const modeOf = (...names: string[]) => (statSync(join(stage.folder, ...names)).mode & 0o777).toString(8)
    assert.is(modeOf('prod/secrets'), '700')
    assert.is(modeOf('prod/secrets/here.json'), '600')
    assert.is(modeOf('prod/runs'), '700')
    for (const name of readdirSync(join(stage.folder, 'prod/runs'))) assert.is(modeOf('prod/runs', name), '600')
    assert.is(modeOf('plays/made/two'), '600')

    for (const folder of ['prod', 'plays', 'prod/runs']) chmodSync(join(stage.folder, folder), 0o777)
    const open = await stage.start(command).ended
    assert.is(open.code, 0, open.stdout + open.stderr)
    const told = open.stdout + open.stderr
    assert.match(told, /prod: everybody may write in it, and so decide what is done on your hosts/)
    assert.match(told, /plays: everybody may write in it/)
    assert.match(told, /the records of runs can be changed: .*runs: others may write in it/)

    chmodSync(join(stage.folder, 'prod/secrets'), 0o770)
    const refused = await stage.start(command).ended
    assert.is(refused.code, 2, refused.stdout)
    assert.match(refused.stderr, /secrets-readable-by-others/)
  }))

test('a folder that others may write in cannot pass for a folder of secrets', () =>
  withStage(async (stage) => {
    stage.write(
      'hosts.yml',
      `all: { hosts: { here: { ansible_connection: local, ansible_lock_folder: ${stage.folder} } } }\n`,
    )
    stage.write('site.yml', '- hosts: all\n  gather_facts: false\n  tasks:\n    - secret: { name: one }\n')
    mkdirSync(join(stage.folder, 'secrets'))
    stage.write('secrets/here.json', '{}\n')
    chmodSync(join(stage.folder, 'secrets/here.json'), 0o666)
    const refused = await stage.start('npx zx playbooks/run.ts site.yml -i hosts.yml').ended
    assert.is(refused.code, 2, refused.stdout)
    assert.match(refused.stderr, /secrets-readable-by-others.*others may read or change it/s)
  }))

test.run()
