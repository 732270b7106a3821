import { cpSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event, Stats } from '../../lib/core/event.ts'
import { root } from '../../lib/root.ts'
import { startSandbox } from '../../lib/sandbox/sandbox.ts'
import { rehearsal } from '../fakes/rehearsal.ts'
import { snapshot } from './snapshot.ts'
import { type Ended, type Stage, withStage } from './stage.ts'

const test = suite('scenarios/install')

/** What differs although nobody changed anything: time goes on, and who is started anew says so in its log. */
const living = /^runs|^hosts\/[^/]+\/(root\/proc\/|docker\/engine\.json$|docker\/containers\/.*-json\.log$)/
/** Rocket.Chat notes its own start in its database. */
const database = /\/rocketchat\.json$/

interface Counts {
  readonly changed: number
  readonly failed: number
  readonly unreachable: number
}

function countsOf(stdout: string): Counts {
  const [, changed, unreachable, failed] =
    /^chat\.example\.org : ok=\d+ changed=(\d+) unreachable=(\d+) failed=(\d+) /m.exec(stdout) ?? []
  return { changed: Number(changed), failed: Number(failed), unreachable: Number(unreachable) }
}

/**
 * The most that a run with nothing to change may ask for: scripts for the shell, requests to the engine and to Rocket.Chat, streams
 * opened (ten of them are the connections of the proof from outside), bytes that came back. How many streams are used again
 * is a matter of moments.
 */
const budgets: { readonly [playbook: string]: { readonly [kind: string]: number } } = {
  install: { shell: 3, docker: 19, api: 8, streams: 25, received: 600_000 },
  configure: { shell: 0, docker: 0, api: 7, streams: 9, received: 500_000 },
  status: { shell: 1, docker: 7, api: 3, streams: 9, received: 300_000 },
  verify: { shell: 0, docker: 0, api: 0, streams: 11, received: 100_000 },
}

/** The generated secrets of a host. */
function valuesIn(file: string): readonly string[] {
  const texts: string[] = []
  JSON.parse(readFileSync(file, 'utf8'), (_, value: unknown) => {
    if (typeof value === 'string' && value.length >= 16) texts.push(value)
  })
  return texts
}

function install(stage: Stage, ...words: readonly string[]): Promise<Ended> {
  return stage.start(['npx zx playbooks/install.ts --inventory ./sandbox', ...words].join(' ')).ended
}

test('the rehearsal that the README begins with: look, install, find nothing left to do', () =>
  withStage(async (stage) => {
    const own = /[\\/](\.sandbox|secrets|\.state)([\\/]|$)/
    const given = join(root, 'inventory/sandbox')
    cpSync(given, join(stage.folder, 'sandbox'), {
      recursive: true,
      filter: (file) => !own.test(file.slice(given.length)),
    })
    const state = join(stage.folder, 'sandbox/.sandbox')
    await (await startSandbox({ folder: state, hosts: ['chat.example.org'] })).stop()
    const fresh = snapshot(state, living)

    const look = await install(stage, '--check', '--diff')
    assert.is(look.code, 0, look.stdout + look.stderr)
    assert.match(look.stdout, 'Check mode: nothing was changed.')
    assert.is(look.stderr, '')
    assert.ok(countsOf(look.stdout).changed > 0)
    assert.equal(snapshot(state, living), fresh, 'check mode changed something')

    const began = performance.now()
    const first = await install(stage)
    assert.is(first.code, 0, first.stdout + first.stderr)
    const { changed, ...bad } = countsOf(first.stdout)
    assert.equal(bad, { failed: 0, unreachable: 0 })
    assert.ok(changed > 10)
    assert.ok(performance.now() - began < 60_000)
    const installed = snapshot(state, living)

    const second = await install(stage)
    assert.is(second.code, 0, second.stdout + second.stderr)
    assert.equal(countsOf(second.stdout), { changed: 0, failed: 0, unreachable: 0 })
    assert.match(second.stdout, '\nNothing changed.\n')
    assert.not.match(second.stdout, /^(changed|unknown|failed) /m)
    const without = (all: typeof installed) => Object.entries(all).filter(([name]) => !database.test(name))
    assert.equal(without(snapshot(state, living)), without(installed))

    const secrets = readdirSync(join(state, 'secrets')).flatMap((name) => valuesIn(join(state, 'secrets', name)))
    assert.ok(secrets.length >= 4)
    for (const secret of secrets) {
      for (const { stdout, stderr } of [look, first, second]) assert.not.ok((stdout + stderr).includes(secret))
    }
    const [told = ''] = /npx zx scripts\/token\.ts .*/.exec(second.stdout) ?? []
    assert.is(told, 'npx zx scripts/token.ts --inventory ./sandbox --limit chat.example.org')
    const token = await stage.start(told).ended
    assert.is(token.code, 0, token.stdout + token.stderr)
    assert.match(token.stdout, /\b[\w-]{43}\b/)
  }))

test('what a machine is asked and told is counted: check mode and a second run write nothing', async () => {
  const at = await rehearsal()
  try {
    await withStage(async (stage) => {
      const run = (...words: readonly string[]) => start('install', ...words)
      const start = async (playbook: string, ...words: readonly string[]) => {
        const before = { ...at.host.writes }
        const typed = `npx zx playbooks/${playbook}.ts --inventory ${at.inventory} --output json ${words.join(' ')}`
        const { code, stdout, stderr } = await stage.start(typed).ended
        assert.is(code, 0, stdout + stderr)
        assert.is(stderr, '')
        const events = stdout
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line) as Event)
        const end = events.at(-1)
        if (end?.kind !== 'run.end') throw new Error('the last event is not the end of the run')
        const after = at.host.writes
        return {
          writes: {
            shell: after.shell - before.shell,
            docker: after.docker - before.docker,
            api: after.api - before.api,
          },
          stats: end.stats['chat.example.org'] as Stats,
          traffic: end.traffic['chat.example.org'] as { readonly [name: string]: number },
          statuses: new Set(events.filter((one) => one.kind === 'task.done').map((one) => one.status)),
        }
      }
      const none = { shell: 0, docker: 0, api: 0 }
      assert.equal((await run('--check', '--diff')).writes, none)

      const first = await run()
      assert.is(first.stats.failed, 0)
      for (const [where, count] of Object.entries(first.writes)) assert.ok(count > 0, `${where} ${count}`)

      const second = await run()
      assert.equal(second.writes, none)
      assert.is(second.stats.changed, 0)
      assert.equal([...second.statuses].sort(), ['ok', 'skipped'])
      const within = (playbook: string, { traffic }: { readonly traffic: { readonly [name: string]: number } }) => {
        for (const [kind, most] of Object.entries(budgets[playbook] ?? {}))
          assert.ok(
            (traffic[kind] ?? Infinity) <= most,
            `${playbook}.ts: ${JSON.stringify(traffic)}, ${kind} over ${most}`,
          )
      }
      within('install', second)
      for (const playbook of ['configure', 'status', 'verify']) {
        const again = await start(playbook)
        assert.equal(again.writes, none)
        within(playbook, again)
      }
    })
  } finally {
    await at.remove()
  }
})

test.run()
