import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { startToDie } from './killed.ts'
import { type Stage, withStage } from './stage.ts'

const test = suite('scenarios/history')

const site = `
- name: Web
  hosts: all
  gather_facts: false
  tasks:
    - name: Config
      copy: { dest: /etc/web.conf, content: "a\\n" }
      notify: Reload
    - name: Built
      shell: echo built >> /srv/built
      tags: building
    - name: Breaks
      command: "{{ 'false' if breaks | default(false) else 'true' }}"
      changed_when: false
  handlers:
    - name: Reload
      shell: echo reloaded >> /srv/reloads
`

const run = 'npx zx playbooks/run.ts site.yml -i hosts.yml'
const history = 'npx zx scripts/history.ts -i hosts.yml'

function withWeb(use: (stage: Stage, root: string) => Promise<void>): Promise<void> {
  return withStage(async (stage) => {
    const { root } = await stage.machine('web1')
    stage.write('hosts.yml', 'all:\n  hosts:\n    web1:\n')
    stage.write('site.yml', site)
    await use(stage, root)
  })
}

const type = async (stage: Stage, command: string) => {
  const { code, stdout, stderr } = await stage.start(command).ended
  return { code, text: stdout + stderr }
}

test('runs are listed, shown, and made a page of; an edited record is told by its line', () =>
  withWeb(async (stage, root) => {
    assert.match((await type(stage, `${run} --list-tasks`)).text, 'Config')
    assert.is(existsSync(join(stage.folder, 'runs')), false)
    assert.match((await type(stage, history)).text, 'No run of this inventory is on record')

    await type(stage, `${run} --check`)
    assert.is(existsSync(join(root, 'var/log/ametys-rocketchat.log')), false)
    await type(stage, `${run} -e api_token=hunter2hunter2`)
    const names = readdirSync(join(stage.folder, 'runs'))
    assert.is(names.length, 2)
    assert.is(statSync(join(stage.folder, 'runs')).mode & 0o777, 0o700)

    const { code, text } = await type(stage, history)
    assert.is(code, 0)
    assert.match(text, /site\.yml \(check\) {2}ok {2,}\d changed/)
    assert.match(text, /site\.yml {10}ok {2,}3 changed/)
    const id = /-([0-9a-f]{8})\.jsonl$/.exec(names[1] ?? '')?.[1] ?? ''
    const shown = await type(stage, `${history} ${id.slice(0, 6)}`)
    assert.match(shown.text, 'changed  web1  Config')
    assert.match(shown.text, "-e 'api_token=<hidden>'")
    assert.match(shown.text, /^web1 : ok=\d changed=3 /m)

    const line = readFileSync(join(root, 'var/log/ametys-rocketchat.log'), 'utf8')
    assert.match(
      line,
      new RegExp(
        `^\\S+Z run=${id} by=\\S+ playbook=\\S+ inventory=hosts\\.yml changed=3 failed=0 record=\\d+:[0-9a-f]{64}\\n$`,
      ),
    )
    await type(stage, 'npx zx scripts/report.ts -i hosts.yml --out page.html')
    assert.match(readFileSync(join(stage.folder, 'page.html'), 'utf8'), '<h2>Timeline</h2>')

    assert.is((await type(stage, `${history} --verify`)).code, 0)
    const file = join(stage.folder, 'runs', names[1] ?? '')
    writeFileSync(file, readFileSync(file, 'utf8').replace('"status":"changed"', '"status":"ok"'))
    const verified = await type(stage, `${history} --verify`)
    assert.is(verified.code, 1)
    assert.match(verified.text, /runs\/\S+\.jsonl:\d+: was edited, or replaced by another/)
    assert.match((await type(stage, history)).text, 'EDITED')
    assert.match((await type(stage, `${history} 0000000`)).text, 'there is no run "0000000"')
  }))

test('--resume goes on behind the commands that had ended; without it they run again', () =>
  withWeb(async (stage, root) => {
    const count = (name: string) => readFileSync(join(root, 'srv', name), 'utf8').split('\n').length - 1
    assert.match((await type(stage, `${run} --resume`)).text, 'nothing-to-resume')
    const failed = await type(stage, `${run} -e breaks=true`)
    assert.is(failed.code, 1)
    assert.match(failed.text, 'handlers-owed')
    const resumed = await type(stage, `${run} --resume`)
    assert.is(resumed.code, 0, resumed.text)
    assert.match(resumed.text, 'It goes on there')
    assert.match(resumed.text, /^ok {7}web1 {2}Built/m)
    assert.equal([count('built'), count('reloads')], [1, 1])
    await type(stage, run)
    assert.equal([count('built'), count('reloads')], [2, 1])
  }))

test('what is left out stays owed, over several runs that are cut off', () =>
  withWeb(async (stage, root) => {
    const reloads = join(root, 'srv/reloads')
    await type(stage, `${run} -e breaks=true`)
    await startToDie(stage, run, 4).ended
    await type(stage, `${run} --tags building`)
    assert.is(existsSync(reloads), false)
    await type(stage, `${run} --skip-tags building`)
    assert.is(readFileSync(reloads, 'utf8'), 'reloaded\n', 'its task was looked at, so it ran')
    await type(stage, run)
    assert.is(readFileSync(reloads, 'utf8'), 'reloaded\n')
  }))

test('where no record can be kept, the run warns once and works', () =>
  withWeb(async (stage) => {
    stage.write('runs', 'a file in its place')
    const { code, text } = await type(stage, run)
    assert.is(code, 0, text)
    assert.is([...text.matchAll(/no-record/g)].length, 1)
  }))

test.run()
