import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import { type Stage, withStage } from './stage.ts'

const test = suite('scenarios/loaded')

/** Writes the addresses of all files that a process loads into the file that LOADED names. */
const noting = `
import { writeFileSync } from 'node:fs'
import { registerHooks } from 'node:module'
const loaded = []
registerHooks({ load: (url, context, next) => { loaded.push(url); return next(url, context) } })
process.on('exit', () => writeFileSync(process.env.LOADED, loaded.join('|')))
`

const playbook = `
- hosts: all
  vars: { name: shop, parts: [a, b] }
  tasks:
    - { file: { path: /srv/app, state: directory, mode: '0755' } }
    - { template: { src: app.conf.j2, dest: /srv/app/app.conf, mode: '0644' }, notify: reload }
    - { copy: { content: "{{ name }}", dest: /srv/app/name } }
    - { lineinfile: { path: /srv/app/name, line: shop } }
    - { command: { cmd: 'touch /srv/app/made', creates: /srv/app/made } }
    - { stat: { path: /srv/app/name }, register: found, when: name == 'shop' }
  handlers:
    - { name: reload, command: 'true' }
`

/** The files that a command loads, relative to the project, those of zx and of Node itself left out. */
async function loadedBy(stage: Stage, command: string): Promise<readonly string[]> {
  const list = join(stage.folder, 'loaded.txt')
  stage.write('noting.mjs', noting)
  const ended = await stage.start(command, {
    LOADED: list,
    NODE_OPTIONS: `--import ${join(stage.folder, 'noting.mjs')}`,
  }).ended
  assert.is(ended.code, 0, ended.stdout + ended.stderr)
  const prefix = `file://${root}/`
  return [...new Set(readFileSync(list, 'utf8').split('|'))]
    .filter((url) => url.startsWith(prefix) && !url.includes('/node_modules/zx/'))
    .map((url) => url.slice(prefix.length))
}

/** Counts of files take the place of milliseconds: each is about a quarter of one, whatever else the machine does. */
test('a run that changes nothing loads what it needs and no more', () =>
  withStage(async (stage) => {
    stage.write('site.yml', playbook)
    stage.write('templates/app.conf.j2', '{{ name }}: {% for part in parts %}{{ part }} {% endfor %}')
    stage.write('hosts.ini', 'web1\n')
    await stage.machine('web1')
    const command = 'npx zx playbooks/run.ts site.yml -i ./hosts.ini'
    const first = await stage.start(command).ended
    assert.is(first.code, 0, first.stdout + first.stderr)
    const files = await loadedBy(stage, command)
    const ours = files.filter((file) => !file.startsWith('node_modules/'))
    const others = files.filter((file) => file.startsWith('node_modules/'))
    assert.ok(ours.length <= 230, `${ours.length} files of ours:\n${ours.join('\n')}`)
    assert.ok(others.length <= 205, `${others.length} files of packages:\n${others.join('\n')}`)
    const never =
      /ssh2\/lib\/(server|http-agents)|node_modules\/(diff|undici|dockerode|execa|age-encryption)\/|sandbox\/|rocketchat\//
    assert.equal(
      files.filter((file) => never.test(file)),
      [],
    )
  }))

test('the tree of an inventory is shown without reading YAML and without the engine', () =>
  withStage(async (stage) => {
    stage.write('hosts.ini', '[web]\nweb1\nweb2\n')
    const files = await loadedBy(stage, 'npx zx scripts/inventory.ts -i ./hosts.ini --graph')
    assert.ok(files.length <= 42, `${files.length} files:\n${files.join('\n')}`)
  }))

test.run()
