import { spawn } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../lib/core/secret.ts'
import { root } from '../../lib/root.ts'
import { lock, makeIdentity, seal } from '../../lib/secrets/age.ts'
import { vaultTexts } from '../fakes/ansible-vault.ts'

interface Said {
  readonly code: number | null
  readonly out: string
  readonly err: string
}

const test = suite<{ folder: string }>('scenarios/vault')

test.before.each((my) => {
  my.folder = realpathSync(mkdtempSync(path.join(tmpdir(), 'vault-scenario-')))
  write(
    my.folder,
    'inventory/prod/hosts.yml',
    `all: { hosts: { here: { ansible_connection: local, ansible_lock_folder: ${my.folder} } } }\n`,
  )
  write(my.folder, 'inventory/prod/group_vars/all.yml', 'db_password: planted-db # of the database\n')
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

function write(folder: string, name: string, text: string): string {
  const file = path.join(folder, name)
  mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, text, { mode: 0o600 })
  return file
}

/** Runs an entry under zx, as a person would, with nothing of this one's environment. */
function zx(
  folder: string,
  script: string,
  words: string,
  { input, env = {}, onSaying }: { input?: string; env?: NodeJS.ProcessEnv; onSaying?: (pid: number) => void } = {},
): Promise<Said> {
  return new Promise((resolve, reject) => {
    const { PATH, NODE_COMPILE_CACHE } = process.env
    const child = spawn(
      process.execPath,
      [path.join(root, 'node_modules/zx/build/cli.js'), path.join(root, script), ...words.split(' ')],
      { cwd: folder, env: { PATH, HOME: folder, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...env } },
    )
    const said = { out: '', err: '' }
    child.stdout.on('data', (chunk) => {
      said.out += chunk
      if (child.pid !== undefined) onSaying?.(child.pid)
    })
    child.stderr.on('data', (chunk) => {
      said.err += chunk
    })
    child.once('error', reject)
    child.once('close', (code) => resolve({ code, ...said }))
    child.stdin.end(input ?? '')
  })
}

const vault = (folder: string, words: string, more?: Parameters<typeof zx>[3]) =>
  zx(folder, 'scripts/vault.ts', `${words} -i ./inventory/prod`, more)

/** What `init` and `encrypt` leave. */
async function keyed(folder: string): Promise<{ readonly recipient: string }> {
  const { identity, recipient } = await makeIdentity()
  write(folder, '.config/ametys-rocketchat/identity.txt', `${identity.reveal()}\n`)
  write(folder, 'inventory/prod/recipients', `${recipient}\n`)
  const armored = await seal(new Secret('planted-db', 'x'), [recipient])
  write(
    folder,
    'inventory/prod/group_vars/all.yml',
    `db_password: !age |\n  ${armored.trim().replaceAll('\n', '\n  ')}\n`,
  )
  return { recipient }
}

const playbook = `- hosts: all
  gather_facts: false
  vars_files: [ 'vars/{{ kind }}.yml' ]
  vars: { kind: late }
  tasks:
    - secret: { name: made }
    - assert: { that: [ "db_password == 'planted-db'", "late_token == 'planted-late'", "secrets.made | length == 32" ] }
    - debug: { msg: "it is {{ db_password }} and {{ late_token | b64encode }} and {{ secrets.made }}" }
    - copy: { content: "{{ db_password }}", dest: "{{ inventory_dir }}/../../written" }
      diff: true
`

test('a team: from the first key to a run, and what is left in files and on screens', async ({ folder }) => {
  const first = await vault(folder, 'init')
  assert.is(first.code, 0, first.err)
  assert.is((await vault(folder, 'encrypt inventory/prod/group_vars/all.yml')).code, 0)
  const recipient = /age1\w+/.exec(first.out)?.[0] ?? ''
  const late = await seal(new Secret('planted-late', 'x'), [recipient])
  write(folder, 'vars/late.yml', `late_token: !age |\n  ${late.trim().replaceAll('\n', '\n  ')}\n`)
  write(folder, 'site.yml', playbook)
  const seen: string[] = []
  const look = (pid: number) => {
    for (const name of ['cmdline', 'environ']) {
      try {
        seen.push(readFileSync(`/proc/${pid}/${name}`, 'utf8'))
      } catch {}
    }
  }
  for (const words of ['site.yml -i ./inventory/prod --diff -vvv', 'site.yml -i ./inventory/prod --output json']) {
    const ran = await zx(folder, 'playbooks/run.ts', words, { onSaying: look })
    assert.is(ran.code, 0, ran.out + ran.err)
    assert.not.match(ran.out + ran.err, /planted|cGxhbnRlZC1/)
  }
  assert.not.match(seen.join(' '), 'planted')
  const store = JSON.parse(readFileSync(path.join(folder, 'inventory/prod/secrets/here.json'), 'utf8'))
  assert.match(store.made.age, 'BEGIN AGE ENCRYPTED FILE')
  assert.is(readFileSync(path.join(folder, 'written'), 'utf8'), 'planted-db')
  rmSync(path.join(folder, 'written'))
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === 'site.yml') continue
    assert.not.match(readFileSync(path.join(entry.parentPath, entry.name), 'utf8'), 'planted', entry.name)
  }

  const closed = await zx(folder, 'playbooks/run.ts', 'site.yml -i ./inventory/prod', { env: { HOME: '/nonexistent' } })
  assert.is(closed.code, 2)
  assert.match(closed.err, /group_vars\/all\.yml:1:\d+: no-identity: db_password .* encrypted/)
  assert.not.ok(existsSync(path.join(folder, 'written')))
})

test('a value is taken from standard input and given on standard output alone', async ({ folder }) => {
  await keyed(folder)
  const file = 'inventory/prod/group_vars/all.yml'
  const set = await vault(folder, `set ${file} api_token`, { input: 'planted "one"\nplanted two\n' })
  assert.is(set.code, 0, set.err)
  assert.not.match(set.out + set.err, 'planted')
  const got = await vault(folder, `get ${file} api_token`)
  assert.equal(got, { code: 0, out: 'planted "one"\nplanted two\n', err: '' })
  const argued = await vault(folder, `set ${file} api_token planted-on-the-line`)
  assert.is(argued.code, 2)
  assert.not.match(argued.out + argued.err, 'planted')
})

test('an editor: what it saved is encrypted; one that is stopped leaves nothing behind', async ({ folder }) => {
  await keyed(folder)
  const file = 'inventory/prod/group_vars/all.yml'
  const note = path.join(folder, 'note')
  const editor = write(
    folder,
    'editor.sh',
    `#!/bin/sh\ndirname "$1" > ${note}\nenv | grep -c AGE_ >> ${note}\nsed -i 's/planted-db/planted-new/' "$1"\n`,
  )
  const key = readFileSync(path.join(folder, '.config/ametys-rocketchat/identity.txt'), 'utf8')
  const env = { EDITOR: `sh ${editor}`, AGE_IDENTITY: key }
  const edited = await vault(folder, `edit ${file}`, { env })
  assert.is(edited.code, 0, edited.err)
  const [where = '', inherited] = readFileSync(note, 'utf8').split('\n')
  assert.is(inherited, '0')
  assert.not.ok(existsSync(where))
  assert.is((await vault(folder, `get ${file} db_password`)).out, 'planted-new\n')

  const before = readFileSync(path.join(folder, file), 'utf8')
  for (const signal of ['SIGINT', 'SIGHUP']) {
    write(folder, 'editor.sh', `dirname "$1" > ${note}; kill -${signal.slice(3)} $PPID; exec sleep 20\n`)
    const stopped = await vault(folder, `edit ${file}`, { env: { EDITOR: `exec sh ${editor}` } })
    assert.is.not(stopped.code, 0)
    assert.not.ok(existsSync(readFileSync(note, 'utf8').trim()), signal)
    assert.is(readFileSync(path.join(folder, file), 'utf8'), before)
  }
})

test('an inventory of Ansible with its vault runs as it is', async ({ folder }) => {
  const { inline, withId, file } = vaultTexts
  const block = (text: string) => `!vault |\n  ${text.trim().replaceAll('\n', '\n  ')}\n`
  write(folder, 'inventory/prod/group_vars/all.yml', `a_password: ${block(inline.text)}b_token: ${block(withId.text)}`)
  write(folder, 'inventory/prod/host_vars/here/vault.yml', file.text)
  write(
    folder,
    'site.yml',
    `- hosts: all
  gather_facts: false
  tasks:
    - assert: { that: [ "a_password == 's3cret \\"value\\" ünï'", "b_token == 'developer secret'", "nested.inner_token == 'deep value'", "nested.port == 5432" ] }
    - debug: { msg: "{{ a_password }} {{ b_token }} {{ db_root }} {{ lookup('file', 'note.txt') }}" }
    - copy: { src: note.txt, dest: '${folder}/copied', mode: '600' }
      diff: true
    - assert: { that: [ "lookup('file', 'note.txt') == 'line one\\nline two'" ] }
`,
  )
  write(folder, 'files/note.txt', vaultTexts.severalLines.text)
  write(folder, 'pw', `${inline.password}\n`)
  write(folder, 'dev', `${withId.password}\n`)
  const words = 'site.yml -i ./inventory/prod'
  const ran = await zx(folder, 'playbooks/run.ts', `${words} --vault-password-file pw --vault-id dev@dev`)
  assert.is(ran.code, 0, ran.out + ran.err)
  assert.not.match(ran.out, /s3cret|developer secret|whole file|line one/)
  assert.is(readFileSync(path.join(folder, 'copied'), 'utf8'), 'line one\nline two\n')
  const wrong = await zx(folder, 'playbooks/run.ts', words, { env: { ANSIBLE_VAULT_PASSWORD_FILE: 'dev' } })
  assert.is(wrong.code, 2)
  assert.match(wrong.err, 'vault-password-wrong: the vault password does not open')
  const none = await zx(folder, 'playbooks/run.ts', words)
  assert.match(none.err, 'vault-password-needed')
  assert.not.match(none.err + wrong.err, 'at ')
})

test('the passphrase of an inventory is taken from the environment, and not handed on', async ({ folder }) => {
  await keyed(folder)
  const usual = path.join(folder, '.config/ametys-rocketchat/identity.txt')
  const identity = new Secret(readFileSync(usual, 'utf8'), 'x')
  rmSync(usual)
  write(folder, 'inventory/prod/identity.age', await lock(identity, new Secret('four planted words', 'x'), 6))
  write(
    folder,
    'site.yml',
    `- hosts: all
  gather_facts: false
  tasks:
    - command: env
      register: inherited
    - assert: { that: [ "db_password == 'planted-db'", "'AGE_PASS' not in inherited.stdout" ] }
`,
  )
  const words = 'site.yml -i ./inventory/prod'
  const ran = await zx(folder, 'playbooks/run.ts', words, { env: { AGE_PASSPHRASE: 'four planted words' } })
  assert.is(ran.code, 0, ran.out + ran.err)
  const nobody = await zx(folder, 'playbooks/run.ts', words)
  assert.is(nobody.code, 2)
  assert.match(nobody.err, 'no-terminal')
})

test('help and mistakes', async ({ folder }) => {
  const help = await zx(folder, 'scripts/vault.ts', '--help')
  assert.is(help.code, 0)
  for (const word of ['init', 'recipients add', 'convert', '--passphrase', '--identity FILE'])
    assert.match(help.out, word)
  const wrong = await zx(folder, 'scripts/vault.ts', 'rekye')
  assert.is(wrong.code, 2)
  assert.match(wrong.err, 'did you mean "rekey"?')
})

test.run()
