import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import { snapshot } from './snapshot.ts'
import { type Ended, type Stage, type Started, withStage } from './stage.ts'

const preload = fileURLToPath(new URL('../fakes/die-at.ts', import.meta.url))

/** Starts a command that is killed at the given event of its stream (from 1); it ends by itself when there are not so many. */
export function startToDie(stage: Stage, command: string, at: number): Started {
  return stage.start(`${command} --output json`, { DIE_AT: String(at), NODE_OPTIONS: `--import=${preload}` })
}

/** Runs `work` for each number, two at a time. */
export async function forEach(numbers: readonly number[], work: (at: number) => Promise<unknown>): Promise<void> {
  const waiting = [...numbers]
  const worker = async () => {
    for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) await work(at)
  }
  await Promise.all([worker(), worker()])
}

const killedCode = 128 + 9

/** A playbook with handlers of several kinds. */
export const killedSite = `
- name: Web
  hosts: all
  gather_facts: false
  tasks:
    - name: Config
      copy: { dest: /etc/web.conf, content: "a\\n" }
      register: config
      notify: Reload
    - name: Page
      copy: { dest: /srv/index.html, content: "b\\n" }
      notify: [Count, Reload if changed]
    - meta: flush_handlers
    - name: Last
      copy: { dest: /srv/last, content: "c\\n" }
      notify: Late
  handlers:
    - name: Reload
      shell: echo Reload >> /srv/handlers
    - name: Count
      shell: echo Count >> /srv/handlers
    - name: Reload if changed
      shell: echo Reload if changed >> /srv/handlers
      when: config is changed
    - name: Late
      shell: echo Late >> /srv/handlers
`

/**
 * Kills a run of a small playbook at an event, runs it again and looks whether every handler has run after its change.
 * Gives the number of events that the run had come to.
 */
export function killSmall(at: number): Promise<number> {
  let events = 0
  return withStage(async (stage) => {
    const machine = await stage.machine('web1')
    stage.write('hosts.yml', 'all:\n  hosts:\n    web1:\n')
    stage.write('site.yml', killedSite)
    const command = 'npx zx playbooks/run.ts site.yml -i hosts.yml'
    const killed = await startToDie(stage, command, at).ended
    assert.ok([0, killedCode].includes(killed.code), `at ${at}: ${killed.code}\n${killed.stdout}${killed.stderr}`)
    const again = await stage.start(command).ended
    assert.is(again.code, 0, `at ${at}: ${again.stdout}${again.stderr}`)
    const handlers = readFileSync(join(machine.root, 'srv/handlers'), 'utf8').trim().split('\n')
    assert.equal([...new Set(handlers)].sort(), ['Count', 'Late', 'Reload', 'Reload if changed'], `killed at ${at}`)
    for (const name of ['etc/web.conf', 'srv/index.html', 'srv/last'])
      assert.ok(existsSync(join(machine.root, name)), name)
    const settled = await stage.start(command).ended
    assert.match(settled.stdout, '\nNothing changed.\n', `killed at ${at}: ${settled.stdout}`)
    const history = await stage.start('npx zx scripts/history.ts -i hosts.yml --verify').ended
    assert.is(history.code, 0, history.stdout)
    events = killed.stdout.split('\n').length - 1
  }).then(() => events)
}

/** Kills the installation of the rehearsal at an event and installs again; the state that is compared in the end. */
export async function killInstall(
  at: number,
): Promise<{ readonly state: { readonly [path: string]: string }; readonly events: number }> {
  let state: { readonly [path: string]: string } = {}
  let events = 0
  await withStage(async (stage) => {
    const given = join(root, 'inventory/sandbox')
    const own = /[\\/](\.sandbox|secrets|\.state)([\\/]|$)/
    cpSync(given, join(stage.folder, 'sandbox'), {
      recursive: true,
      filter: (file) => !own.test(file.slice(given.length)),
    })
    const command = 'npx zx playbooks/install.ts --inventory ./sandbox'
    const run = async (): Promise<Ended> => {
      const ended = await stage.start(command).ended
      assert.is(ended.code, 0, `killed at ${at}: ${ended.stdout}${ended.stderr}`)
      return ended
    }
    const killed = await startToDie(stage, command, at).ended
    events = killed.stdout.split('\n').length - 1
    // How many events there are hangs on how long a machine is waited for; the last ones before a kill may not be out yet.
    const whole = killed.code === 0 && (at === 0 || events < at)
    assert.ok(whole || (at > 0 && killed.code === killedCode), `${killed.stdout.slice(-2000)}${killed.stderr}`)
    await run()
    const settled = await run()
    assert.match(settled.stdout, '\nNothing changed.\n', `killed at ${at}: ${settled.stdout}`)
    state = essence(join(stage.folder, 'sandbox/.sandbox'))
  })
  return { state, events }
}

/** What differs between two machines of the same state: keys, times, what processes and logs say of themselves. */
const own = /^(proc|dev|tmp|run|usr|s?bin|lib|var\/(log|cache|lib\/(apt|dpkg))|etc\/(machine-id|ssh|shadow))(\/|$)/

/** Files with their permissions and contents, containers, images, networks and volumes; generated secrets by their names. */
function essence(folder: string): { readonly [path: string]: string } {
  const host = join(folder, 'hosts/chat.example.org')
  const files = snapshot(join(host, 'root'), own)
  const secrets = join(folder, 'secrets')
  const kept = readdirSync(secrets).map((name) =>
    Object.keys(JSON.parse(readFileSync(join(secrets, name), 'utf8'))).sort(),
  )
  const engine = JSON.parse(readFileSync(join(host, 'docker/engine.json'), 'utf8')) as {
    readonly [kind: string]: readonly { readonly [name: string]: unknown }[]
  }
  const nameOf = (one: { readonly [name: string]: unknown }) => String(one.Name ?? one.name ?? one.RepoTags)
  const names = Object.entries(engine).map(([kind, all]) => [
    kind,
    // Volumes without a name have a new one each time.
    JSON.stringify(
      Array.isArray(all)
        ? all
            .map(nameOf)
            .filter((name) => !/^[0-9a-f]{64}$/.test(name))
            .sort()
        : null,
    ),
  ])
  const contents = Object.entries(files).map(([name, what]) => [
    name,
    /^(opt|srv)\//.test(name) ? what.replace(/ [0-9a-f]{64}$/, '') : what.replaceAll(host, ''),
  ])
  return Object.fromEntries([...contents, ...names, ['secrets', JSON.stringify(kept)]])
}
