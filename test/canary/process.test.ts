import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import { type Watch, watchProcesses } from './processes.ts'
import { canaryProject, type Project } from './project.ts'
import { fileTraces, recordTraces } from './run.ts'
import { every, usual } from './scenarios.ts'
import { type Find, searchFor, type Trace } from './search.ts'

const test = suite<{ project: Project }>('canary/process')

test.before(async (my) => {
  my.project = await canaryProject()
})
test.after(({ project }) => project.remove())

interface Ended {
  readonly code: number | null
  readonly traces: readonly Trace[]
  readonly text: string
}

/** Starts an entry as a person does, with the process list watched meanwhile. */
function start(project: Project, words: readonly string[], env: NodeJS.ProcessEnv = {}, entry = 'playbooks/run.ts') {
  const { planted } = project
  const { NODE_COMPILE_CACHE } = process.env
  if (!words.includes('--resume') && entry === 'playbooks/run.ts')
    rmSync(path.join(planted.folder, 'inventory/runs'), { recursive: true, force: true })
  const watch: Watch = watchProcesses()
  const child: ChildProcess = spawn(
    process.execPath,
    [path.join(root, 'node_modules/zx/build/cli.js'), path.join(root, entry), ...words],
    {
      cwd: planted.folder,
      env: { ...planted.env, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), TMPDIR: process.env.TMPDIR, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const said = { stdout: '', stderr: '' }
  const ended = new Promise<Ended>((resolve, reject) => {
    for (const name of ['stdout', 'stderr'] as const)
      child[name]?.on('data', (chunk) => {
        said[name] += chunk
      })
    child.once('error', reject)
    child.once('close', (code) => {
      watch.stop()
      assert.ok(watch.count > 0)
      const traces = [
        ...Object.entries(said).map(([place, text]): Trace => ({ place, text })),
        ...watch.traces([child.pid]),
        ...recordTraces(path.join(planted.folder, 'inventory/runs')),
        ...fileTraces(planted.folder, (name) => project.isHome(name)),
        ...fileTraces(project.machineRoot, (name) => project.isHomeOnHost(name)),
      ]
      resolve({ code, traces, text: said.stdout + said.stderr })
    })
  })
  return { ended, child, said }
}

const told = (finds: readonly Find[]) =>
  finds.map(({ secret, form, place, around }) => `${secret} as ${form} in ${place}: …${around}…`)

/** What a person typed on the command line or set in the environment is there for all to see. */
function leaks(project: Project, traces: readonly Trace[]): readonly string[] {
  const { given_token: _, env_password: __, prompted: ___, ...kept } = project.planted.secrets
  const ofAll = searchFor(project.planted.secrets).in(traces.filter(({ place }) => !place.includes('process')))
  return told([...ofAll, ...searchFor(kept).in(traces)])
}

function playbook(project: Project, tasks: string, hosts = 'all'): string {
  const file = path.join(project.planted.folder, 'site.yml')
  const settings = project.filled(usual).replaceAll(/^/gm, '  ')
  const steps = project.filled(tasks.trim()).replaceAll(/^/gm, '    ')
  writeFileSync(file, `- name: Canary\n  hosts: ${hosts}\n  gather_facts: false\n${settings}\n  tasks:\n${steps}\n`)
  return file
}

const joined = every.map((name) => `{{ ${name} }}`).join(' | ')

const work = `
- file: { path: "{{ place }}", state: directory, mode: "0700" }
  vars: &here { place: "{{ '/srv/secret' if inventory_hostname == 'chat.example.org' else 'OUT' }}" }
- copy: { content: "${joined}", dest: "{{ place }}/copied", mode: "0600" }
  vars: *here
- template: { src: secrets.j2, dest: "{{ place }}/template", mode: "0600" }
  vars: *here
- copy: { src: encrypted, dest: "{{ place }}/encrypted", mode: "0600" }
  vars: *here
- blockinfile: { path: "{{ place }}/copied", block: "{{ age_pem }}" }
  vars: *here
- command: { cmd: wc -c, stdin: "${joined}" }
- shell: sleep 0.05; cat; ps axww -o args || true
  args: { stdin: "{{ age_long }}" }
- uri: { url: "WEB/echo", method: POST, headers: { X: "{{ age_long }}" }, body: "{{ age_quotes }}", url_username: a, url_password: "{{ age_json }}", force_basic_auth: true }
  when: inventory_hostname == 'here'
- debug: { msg: "${joined}" }
- command: whoami
  become: true
  when: inventory_hostname == 'chat.example.org'
`

for (const [form, words] of [
  ['plain, -vvv, --diff', ['-vvv', '--diff']],
  ['JSON', ['--output', 'json']],
] as const) {
  test(`nothing of them is in the process list or left behind: ${form}`, async ({ project }) => {
    const ran = await start(project, [playbook(project, work), ...project.planted.words, ...words]).ended
    assert.is(ran.code, 0, ran.text)
    assert.equal(leaks(project, ran.traces), [])
  })
}

test('what a command is given as its environment is in no argument; keys of the runner are not handed on', async ({
  project,
}) => {
  const tasks = `
- shell: sleep 0.05; env
  environment: { A: "{{ age_long }}", B: "{{ age_quotes }}", C: "{{ age_pem }}" }
- debug: { msg: "{{ lookup('pipe', 'env; sleep 0.05') }}" }
`
  const { age_identity = '' } = project.planted.secrets
  const words = project.planted.words.filter(
    (word, index, all) => word !== '--identity' && all[index - 1] !== '--identity',
  )
  const env = { AGE_IDENTITY: age_identity, AGE_PASSPHRASE: 'a passphrase of the canary' }
  const ran = await start(project, [playbook(project, tasks), ...words], env).ended
  assert.is(ran.code, 0, ran.text)
  assert.equal(
    leaks(
      project,
      ran.traces.filter(({ place }) => !place.startsWith('environ')),
    ),
    [],
  )
  const environments = ran.traces.filter(({ place }) => place.startsWith('environ'))
  const keys = searchFor({ age_identity, passphrase: env.AGE_PASSPHRASE })
  assert.equal(told(keys.in(environments)), [])
  const asked = searchFor(project.planted.secrets)
    .in(environments)
    .map(({ secret }) => secret)
  assert.ok(asked.includes('age_long'), 'the process list was not looked at often enough to see anything')
})

test('a runner that is killed leaves nothing, and neither does the one that goes on', async ({ project }) => {
  const tasks = `
- file: { path: /srv/secret, state: directory }
- command: { cmd: cat, stdin: "{{ age_quotes }}" }
- copy: { content: "${joined}", dest: /srv/secret/killed }
- shell: 'cat; sleep 30'
  args: { stdin: "{{ age_long }}" }
  when: not (over | default(false) | bool)
- debug: { msg: "{{ age_pem }}" }
`
  const words = [playbook(project, tasks, 'chat.example.org'), ...project.planted.words, '-vv']
  const first = start(project, words)
  while (!first.said.stdout.includes('changed  chat.example.org  copy')) {
    assert.is(first.child.exitCode, null, first.said.stdout + first.said.stderr)
    await new Promise((go) => setTimeout(go, 20))
  }
  first.child.kill('SIGKILL')
  const killed = await first.ended
  assert.equal(leaks(project, killed.traces), [])
  const again = await start(project, [...words, '--resume', '-e', 'over=true', '--output', 'json']).ended
  assert.is(again.code, 0, again.text)
  assert.equal(leaks(project, again.traces), [])
  for (const entry of [
    ['scripts/history.ts', '-i', project.planted.inventory],
    ['scripts/report.ts', '-i', project.planted.inventory],
  ]) {
    const [script = '', ...rest] = entry
    const shown = await start(project, rest, {}, script).ended
    assert.is(shown.code, 0, shown.text)
    assert.equal(leaks(project, shown.traces), [])
  }
})

test('a lock that another holds, and one that is lost', async ({ project }) => {
  const lock = path.join(project.machineRoot, 'run/lock/ametys-rocketchat.lock')
  mkdirSync(path.dirname(lock), { recursive: true })
  const tasks = '- copy: { content: "{{ age_long }} {{ age_quotes }}", dest: /srv/secret/locked }'
  const words = [playbook(project, tasks, 'chat.example.org'), ...project.planted.words, '-vvv', '--diff']
  writeFileSync(lock, 'somebody else\n')
  const ran = await start(project, words).ended
  assert.is(ran.code, 1, ran.text)
  assert.match(ran.text, /lock/)
  assert.equal(leaks(project, ran.traces), [])
  const taking = await start(project, [...words, '--take-over']).ended
  assert.equal(leaks(project, taking.traces), [])
})

test('the secrets that tasks make are kept encrypted and shown to nobody', async ({ project }) => {
  const tasks = `
- secret: { name: canary_one, length: 40 }
- secret: { name: canary_two, alphabet: base64, length: 300 }
- copy: { content: "{{ secrets.canary_one }} {{ secrets.canary_two }} {{ made }}", dest: /srv/secret/made }
- debug: { msg: "{{ secrets }} {{ secrets.canary_one | b64encode }} {{ made | urlencode }}" }
- fail: { msg: "{{ secrets.canary_one }}" }
`
  const words = [playbook(project, tasks, 'chat.example.org'), ...project.planted.words, '-vvv', '--diff']
  const ran = await start(project, words).ended
  assert.is(ran.code, 1, ran.text)
  assert.match(ran.text, /<secret canary_one>/)
  const [one = '', two = '', made = ''] = readFileSync(path.join(project.machineRoot, 'srv/secret/made'), 'utf8').split(
    ' ',
  )
  assert.is(one.length, 40)
  assert.is(made.length, 30)
  assert.equal(told(searchFor({ one, two, made }).in(ran.traces)), [])
})

test.run()
