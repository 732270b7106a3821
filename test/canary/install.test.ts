import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import type { Socket } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { duplexPair } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../lib/core/secret.ts'
import { root } from '../../lib/root.ts'
import type { DockerDouble } from '../../lib/sandbox/docker/docker-double.ts'
import { makeIdentity, seal, unseal } from '../../lib/secrets/age.ts'
import { type Rehearsal, rehearsal } from '../fakes/rehearsal.ts'
import { watchProcesses } from './processes.ts'
import { fileTraces, type Ran, recordTraces, runCanary } from './run.ts'
import { type Find, searchFor, type Trace } from './search.ts'
import { shapes } from './secrets.ts'

const test = suite<Stage>('canary/install')

interface Stage {
  readonly at: Rehearsal
  readonly folder: string
  readonly planted: { readonly [name: string]: string }
  run(file: string, ...words: readonly string[]): Promise<Ran & { readonly places: readonly Trace[] }>
  made(): Promise<{ readonly [name: string]: string }>
}

/**
 * Where the secrets of an installation live on its host: files for the containers alone, the database, and what the engine
 * keeps of a file that it hands to a container.
 */
const homes = /^opt\/rocketchat\/(mongodb\/(key|root-password)|rocketchat\/env)$/

test.before(async (my) => {
  const folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'canary-install-')))
  const at = await rehearsal()
  const { identity, recipient } = await makeIdentity()
  const key = path.join(folder, 'identity.txt')
  writeFileSync(key, `${identity.reveal()}\n`, { mode: 0o600 })
  writeFileSync(path.join(at.inventory, 'recipients'), `${recipient}\n`)
  const { quotes = '', unicode = '', backslash = '', json = '', long = '' } = shapes()
  const planted = {
    smtp_password: quotes,
    ldap_bind: unicode,
    oauth: backslash,
    person: `${long.slice(0, 30)}1aA!`,
    webhook: json,
  }
  let vars = ''
  for (const [name, value] of Object.entries(planted))
    vars += `${name}: !age |\n  ${(await seal(new Secret(value, name), [recipient])).trim().replaceAll('\n', '\n  ')}\n`
  writeFileSync(path.join(at.inventory, 'vault.yml'), vars, { mode: 0o600 })
  const { host } = at
  Object.assign(my, {
    at,
    folder,
    planted,
    async made() {
      const kept = JSON.parse(readFileSync(path.join(at.inventory, 'secrets/chat.example.org.json'), 'utf8'))
      const values = await Promise.all(
        Object.entries(kept as { [name: string]: { age: string } }).map(async ([name, { age }]) => {
          const opened = await unseal(age, [identity], name)
          return [name, 'secret' in opened ? opened.secret.reveal() : ''] as const
        }),
      )
      return Object.fromEntries(values)
    },
    async run(file: string, ...words: readonly string[]) {
      const watch = watchProcesses()
      const ran = await runCanary([file, '-i', at.inventory, '--identity', key, ...words], {
        env: { HOME: folder, PATH: process.env.PATH ?? '' },
      })
      watch.stop()
      const places = [
        ...ran.traces,
        ...recordTraces(path.join(at.inventory, 'runs')),
        ...watch.traces([]),
        ...fileTraces(at.inventory, () => false),
        ...fileTraces(host.machine.root, (name) => homes.test(name)),
        ...(await inspections(host.docker())),
      ]
      return { ...ran, places }
    },
  } satisfies Stage)
})
test.after(async ({ at, folder }) => {
  await at.remove()
  rmSync(folder, { recursive: true })
})

const told = (finds: readonly Find[]) =>
  finds.map(({ secret, form, place, around }) => `${secret} as ${form} in ${place}: …${around}…`)

/** What `docker inspect` shows of all containers, volumes and networks. */
async function inspections(engine: DockerDouble | undefined): Promise<readonly Trace[]> {
  if (engine === undefined) return []
  const ask = (where: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const [near, far] = duplexPair()
      engine.handle(far)
      request({ createConnection: () => near as Socket, path: where, headers: { connection: 'close' } }, (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () => resolve(text))
      })
        .once('error', reject)
        .end()
    })
  const containers = JSON.parse(await ask('/containers/json?all=1')) as readonly { readonly Id: string }[]
  const texts = await Promise.all(containers.map(({ Id }) => ask(`/containers/${Id}/json`)))
  const traces = [...texts, await ask('/volumes'), await ask('/networks')]
  return traces.map((text, index) => ({ place: `docker inspect ${index}`, text }))
}

test('a whole installation', async ({ run, made, planted }) => {
  const ran = await run(path.join(root, 'playbooks/install.yml'), '--diff', '-vvv')
  assert.is(ran.code, 0, ran.shown)
  const secrets = await made()
  assert.ok(Object.keys(secrets).length >= 5, Object.keys(secrets).join())
  assert.ok(
    ran.places.filter(({ place, text }) => /^docker inspect/.test(place) && text.includes('/opt/rocketchat')).length >=
      2,
  )
  const { rocketchat_token_user: _, ...kept } = secrets
  assert.equal(told(searchFor({ ...kept, ...planted }).in(ran.places)), [])
})

interface Step {
  readonly title: string
  readonly tasks: string
  readonly words?: readonly string[]
  readonly code: number
  /** Secrets that may be seen in the engine, as the playbook asked for it. */
  readonly inEngine?: readonly string[]
}

const steps: readonly Step[] = [
  {
    title: 'settings that are passwords, and an account',
    tasks: `
- rocketchat_settings:
    settings:
      SMTP_Password: "{{ smtp_password }}"
      LDAP_Authentication_Password: "{{ ldap_bind }}"
      FileUpload_Webdav_Password: "{{ oauth }}"
      FileUpload_S3_AWSSecretAccessKey: "{{ webhook }}"
- rocketchat_settings: { settings: { SMTP_Password: "{{ smtp_password }}" } }
  register: again
- debug: { var: again }
- rocketchat_user: { username: anna, name: Anna, email: anna@example.org, password: "{{ person }}" }
`,
    words: ['--diff', '-vvv'],
    code: 0,
  },
  {
    title: 'others in check mode',
    tasks: `
- rocketchat_settings: { settings: { SMTP_Password: "{{ ldap_bind }}", LDAP_Authentication_Password: "{{ smtp_password }}" } }
- rocketchat_user: { username: berta, name: Berta, email: berta@example.org, password: "{{ person }}" }
`,
    words: ['--check', '--diff'],
    code: 0,
  },
  {
    title: 'a secret where a switch should be',
    tasks: '\n- rocketchat_settings: { settings: { API_Enable_CORS: "{{ smtp_password }}" } }',
    code: 2,
  },
  {
    title: 'an account that the server refuses',
    tasks:
      '\n- rocketchat_user: { username: "two words", name: "{{ \'x\' }}", email: nobody, password: "{{ person }}" }',
    code: 1,
  },
  {
    title: 'the API asked by hand, which says back what it was told',
    tasks: `
- uri:
    url: http://127.0.0.1:3000/api/v1/login
    method: POST
    body_format: json
    body: { user: anna, password: "{{ person }}" }
    return_content: true
    status_code: [200, 401]
  register: login
- debug: { var: login.status }
- uri:
    url: http://127.0.0.1:3000/api/v1/settings/SMTP_Password
    headers: { X-Auth-Token: "{{ secrets.rocketchat_ametys_token | default(oauth) }}", X-User-Id: nobody }
    return_content: true
`,
    code: 1,
  },
  {
    title: 'a container with secrets in its environment',
    tasks: `
- docker_container: { name: canary, image: "{{ mongodb_image }}", state: present, env: { A: "{{ smtp_password }}", B: "{{ webhook }}" } }
  register: first
- debug: { var: first }
- docker_container: { name: canary, image: "{{ mongodb_image }}", state: present, env: { A: "{{ ldap_bind }}", B: "{{ webhook }}" } }
  register: second
- debug: { var: second }
`,
    words: ['--diff', '-vvv'],
    code: 0,
    inEngine: ['smtp_password', 'ldap_bind', 'webhook'],
  },
  {
    title: 'the database asked with another password',
    tasks: `
- mongodb_user:
    container: mongodb
    name: canary
    database: admin
    password: "{{ person }}"
    roles: [{ role: readWrite, db: canary }]
    login_user: root
    login_password: "{{ smtp_password }}"
`,
    code: 1,
  },
]

/** What playbooks have put into the environment of a container so far. */
const inEngine = new Set<string>()

for (const { title, tasks, words = [], code, inEngine: more = [] } of steps) {
  test(title, async ({ run, made, planted, folder }) => {
    const file = path.join(folder, 'site.yml')
    const indented = (text: string, by: number) => text.trim().replaceAll(/^/gm, ' '.repeat(by))
    writeFileSync(
      file,
      `- hosts: rocketchat\n  gather_facts: false\n  vars_files: [${root}/playbooks/group_vars/all.yml]\n` +
        `  tasks:\n${indented(tasks, 4)}\n`,
    )
    for (const name of more) inEngine.add(name)
    const ran = await run(file, ...words)
    assert.is(ran.code, code, ran.shown)
    const { rocketchat_token_user: _, ...kept } = await made()
    const found = searchFor({ ...kept, ...planted }).in(ran.places)
    const wrong = found.filter(({ secret, place }) => !(place.startsWith('docker inspect') && inEngine.has(secret)))
    assert.equal(told(wrong), [])
    const bare = searchFor({ ...kept, ...planted }).in([{ place: 'the events before they are masked', text: ran.bare }])
    assert.equal(told(bare), [])
  })
}

test.run()
