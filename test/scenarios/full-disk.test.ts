import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { killedSite } from './killed.ts'
import { type Stage, withStage } from './stage.ts'

const test = suite('scenarios/full-disk')

const preload = fileURLToPath(new URL('../fakes/full-disk.ts', import.meta.url))
const command = 'npx zx playbooks/run.ts site.yml -i hosts.yml'

/** What each change of the playbook leaves on the machine, by the task that makes it. */
const traces = { Config: 'etc/web.conf', Page: 'srv/index.html', Last: 'srv/last' } as const

function withWeb(use: (stage: Stage, root: string) => Promise<void>): Promise<void> {
  return withStage(async (stage) => {
    const machine = await stage.machine('web1')
    stage.write('hosts.yml', 'all:\n  hosts:\n    web1:\n')
    stage.write('site.yml', killedSite)
    await use(stage, machine.root)
  })
}

const runsOutOfRoom = (stage: Stage, at: number, more = '') =>
  stage.start(`${command}${more}`, { FULL_AT: String(at), NODE_OPTIONS: `--import=${preload}` }).ended

/** The tasks of which the newest record says that they were about to change something. */
function plannedIn(folder: string): readonly string[] {
  const name = readdirSync(join(folder, 'runs')).sort().at(-1) ?? ''
  const text = readFileSync(join(folder, 'runs', name), 'utf8')
  const events = text.split('\n').slice(0, -1) // behind the last line break is what was cut off
  return events.map((line) => JSON.parse(line)).flatMap(({ kind, task }) => (kind === 'task.planned' ? [task] : []))
}

/** The handlers that have run, each time they did. */
function handlersOf(root: string): readonly string[] {
  const file = join(root, 'srv/handlers')
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}

/** A run whose record finds the disk full at one of its writes, and another one when there is room again. */
function fullAt(at: number): Promise<void> {
  return withWeb(async (stage, root) => {
    const { code, stdout, stderr } = await runsOutOfRoom(stage, at)
    const said = `full at ${at}: ${stdout}${stderr}`
    assert.is(code, 130, said)
    assert.is([...said.matchAll(/record-broken-off/g)].length, 1, said)
    assert.match(said, 'the record of this run cannot be written any more: ENOSPC')
    assert.match(said, /mend +make room in \S+runs, and run it again/)
    const planned = plannedIn(stage.folder)
    const made = Object.entries(traces).flatMap(([task, trace]) => (existsSync(join(root, trace)) ? [task] : []))
    for (const task of [...made, ...handlersOf(root)])
      assert.ok(planned.includes(task), `${task} not on record; ${said}`)

    const again = await stage.start(command).ended
    assert.is(again.code, 0, `full at ${at}: ${again.stdout}${again.stderr}`)
    assert.equal(
      [...new Set(handlersOf(root))].sort(),
      ['Count', 'Late', 'Reload', 'Reload if changed'],
      `full at ${at}`,
    )
    const settled = await stage.start(command).ended
    assert.match(settled.stdout, '\nNothing changed.\n', `full at ${at}: ${settled.stdout}`)
    const history = await stage.start('npx zx scripts/history.ts -i hosts.yml --verify').ended
    assert.is(history.code, 0, history.stdout)
  })
}

test('a run stops before its next change when its record finds the disk full, and the next run makes up for it', () =>
  fullAt(10))

test('a check that loses its record goes on: it changes nothing', () =>
  withWeb(async (stage) => {
    const { code, stdout, stderr } = await runsOutOfRoom(stage, 5, ' --check')
    assert.is(code, 0, stdout + stderr)
    assert.is([...(stdout + stderr).matchAll(/no-record/g)].length, 1)
  }))

test('a disk that is full from the beginning is warned of, and leaves no torn record', () =>
  withWeb(async (stage) => {
    const { code, stdout, stderr } = await runsOutOfRoom(stage, 1)
    assert.is(code, 0, stdout + stderr)
    assert.is([...(stdout + stderr).matchAll(/no-record/g)].length, 1)
    assert.equal(readdirSync(join(stage.folder, 'runs')), [])
  }))

test.run()
