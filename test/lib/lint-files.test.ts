import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { lint } from '../../lib/lint-files.ts'
import { namesIn } from '../../lib/load/files.ts'
import { root } from '../../lib/root.ts'
import { createProject } from './load/project.ts'

const test = suite('lib/lint-files')

/** Codes and lines of what is found in a playbook with some files beside it. */
function findingsIn(
  site: string,
  files: { readonly [name: string]: string } = {},
  inventories: readonly string[] = [],
) {
  const project = createProject({ 'site.yml': site, ...files })
  try {
    const here = (name: string) => path.join(project.root, name)
    return lint(site === '' ? [] : [here('site.yml')], inventories.map(here)).map(
      ({ code, at }) => `${code}${at ? ` ${path.basename(at.file)}:${at.line}` : ''}`,
    )
  } finally {
    project.remove()
  }
}

const play = (...tasks: readonly string[]) =>
  `- name: Play\n  hosts: all\n  tasks:\n${tasks.map((one) => `    - ${one.replaceAll('\n', '\n      ')}\n`).join('')}`

/** A task that a rule speaks about, and the same as it should be. */
const check = (code: string, wrong: string, right: string) =>
  test(`${code}: ${wrong.split('\n')[1] ?? wrong}`, () => {
    assert.ok(
      findingsIn(play(wrong)).some((one) => one.startsWith(`${code} `)),
      `nothing was found in\n${wrong}\n${findingsIn(play(wrong))}`,
    )
    assert.equal(findingsIn(play(right)), [], right)
  })

check('unnamed-task', 'debug: { msg: x }', 'name: Say\ndebug: { msg: x }')
check('module-instead', 'name: a\ncommand: apt-get install -y curl', 'name: a\ncommand: apt-get --version')
check('module-instead', 'name: a\ncommand: systemctl restart x', 'name: a\ncommand: systemctl is-active x')
check('module-instead', 'name: a\nshell: mkdir -p /srv', 'name: a\nshell: mkdir -p /srv && echo made')
check('module-instead', 'name: a\ncommand: { argv: [/bin/rm, -r, /srv] }', 'name: a\ncommand: { argv: [/bin/true] }')
check('module-instead', 'name: a\ncommand: sed -i s/a/b/ /etc/x', 'name: a\ncommand: sed -n 1p /etc/x')
check('module-instead', 'name: a\ncommand: docker run x', 'name: a\ncommand: docker version')
check(
  'image-latest',
  'name: a\ndocker_container: { name: x, image: "r.example.org:5000/x" }',
  'name: a\ndocker_container: { name: x, image: "r.example.org:5000/x:1.2" }',
)
check(
  'image-latest',
  'name: a\ndocker_container: { name: x, image: "x:latest" }',
  'name: a\ndocker_container: { name: x, image: "x@sha256:abc" }',
)
check(
  'image-latest',
  'name: a\ndocker_image: { name: x, source: pull }',
  'name: a\ndocker_image: { name: x, tag: "1", source: pull }',
)
check(
  'failure-ignored',
  'name: a\ncommand: x\nignore_errors: true',
  'name: a\ncommand: x\nignore_errors: true\nregister: y',
)
check(
  'template-in-condition',
  'name: a\nping:\nwhen: "{{ x }} == 1"\nvars: { x: 1 }',
  'name: a\nping:\nwhen: x == 1\nvars: { x: 1 }',
)
check(
  'template-in-condition',
  'name: a\ncommand: x\nregister: r\nfailed_when: "{{ r.rc }}"',
  'name: a\ncommand: x\nregister: r\nfailed_when: r.rc != 0',
)
check(
  'bare-variable',
  'name: a\ndebug: { msg: "{{ item }}" }\nwith_items: names',
  'name: a\ndebug: { msg: "{{ item }}" }\nwith_items: "{{ names }}"',
)
check(
  'variable-unused',
  'name: a\nping:\nvars: { lost: 1 }',
  'name: a\ndebug: { msg: "{{ found }}" }\nvars: { found: 1 }',
)
check('name-deprecated', 'name: a\nping:\nvars: { ansible_ssh_host: x }', 'name: a\nping:\nvars: { ansible_host: x }')
check(
  'secret-plain',
  'name: a\ndebug: { msg: "{{ db_password }}" }\nvars: { db_password: hunter2 }',
  'name: a\ndebug: { msg: "{{ db_password }}" }\nvars: { db_password: "{{ other }}" }',
)

test('permissions that are a number', () => {
  for (const mode of ['644', '755', '1777']) {
    const found = findingsIn(play(`name: a\nfile: { path: /x, state: directory, mode: ${mode} }`))
    assert.equal(found, ['mode-is-decimal site.yml:5'], mode)
  }
  for (const mode of ['"0644"', '0644', '"u=rw"', '"{{ m }}"'])
    assert.equal(findingsIn(play(`name: a\nfile: { path: /x, state: directory, mode: ${mode} }`)), [], mode)
})

test('handlers that nothing notifies', () => {
  const site = (notify: string) => `${play(`name: a\ncommand: x\nnotify: ${notify}`)}  handlers:
    - name: One
      ping:
    - name: Two
      ping:
      listen: both
`
  assert.equal(findingsIn(site('One')), ['handler-unused site.yml:10'])
  assert.equal(findingsIn(site('[One, both]')), [])
  assert.equal(findingsIn(site('"{{ x }}"')), [])
  assert.equal(findingsIn(site('Nobody')), ['handler-unused site.yml:8', 'handler-unused site.yml:10'])
})

test('variables count as used by templates, by other variables and by the program', () => {
  const files = {
    'group_vars/all.yml':
      'in_template: 1\nin_variable: 2\nother: "{{ in_variable }}"\nlost: 3 # lost\nrocketchat_url: https://x\n',
    'templates/x.j2': '{{ in_template }}\n{% if other %}{% endif %}\n',
  }
  assert.equal(findingsIn(play('name: a\ntemplate: { src: x.j2, dest: /x }'), files), ['variable-unused all.yml:4'])
})

test('roles, includes and imported playbooks are looked into', () => {
  const files = {
    'roles/r/tasks/main.yml': '- ping:\n',
    'roles/r/defaults/main.yml': 'lost: 1\n',
    'more.yml': '- ping:\n',
    'other.yml': '- hosts: all\n  tasks:\n    - ping:\n',
  }
  const site = '- import_playbook: other.yml\n- hosts: all\n  roles: [r]\n  tasks:\n    - include_tasks: more.yml\n'
  assert.equal([...findingsIn(site, files)].sort(), [
    'unnamed-task main.yml:1',
    'unnamed-task more.yml:1',
    'unnamed-task other.yml:3',
    'variable-unused main.yml:1',
  ])
})

test('mistakes of the load are findings too', () => {
  assert.equal(findingsIn('- hosts: all\n  tasks:\n    - name: a\n      pingg:\n'), ['unknown-task site.yml:4'])
  assert.equal(findingsIn('- hosts: all\n  tasks:\n    - name: a\n      ping:\n      when: "x =="\n'), [
    'template-syntax site.yml:5',
  ])
  assert.equal(findingsIn(play('name: a\nping:'), {}, ['none.yml']), ['no-such-inventory'])
})

test('inventories: open secrets, old names, mistakes', () => {
  const files = {
    'hosts.yml': 'all:\n  hosts:\n    a: { ansible_ssh_user: x, smtp_password: hunter2, lost: 1 }\n',
    'group_vars/all.yml': 'api_token: !age |\n  closed\nkey_file: /x\nempty_password: ""\n',
  }
  assert.equal(findingsIn('', files, ['hosts.yml']), ['name-deprecated hosts.yml:3', 'secret-plain hosts.yml:3'])
  assert.ok(findingsIn(play('name: a\nping:'), files, ['hosts.yml']).includes('variable-unused hosts.yml:3'))
  assert.equal(findingsIn('', { 'hosts.yml': 'all:\n  host: {}\n' }, ['hosts.yml']), ['unknown-key hosts.yml:2'])
})

test('a line may say that a finding is known', () => {
  const line = (comment: string) => findingsIn(play(`ping: # ${comment}`))
  assert.equal(line('lint: ignore unnamed-task'), [])
  assert.equal(line('lint: ignore image-latest, unnamed-task'), [])
  assert.equal(line('lint: ignore image-latest'), ['unnamed-task site.yml:4'])
  assert.equal(line('unnamed-task'), ['unnamed-task site.yml:4'])
})

test('the playbooks and inventories of this project are clean', () => {
  const folder = path.join(root, 'playbooks')
  const playbooks = namesIn(folder).filter((name) => name.endsWith('.yml'))
  const findings = lint(
    playbooks.map((name) => path.join(folder, name)),
    namesIn(path.join(root, 'inventory')).filter((name) => /^(sandbox|prod|staging)$/.test(name)),
  )
  // What is still to be filled in is the reader's to do.
  const others = findings.filter(({ code }) => code !== 'placeholder-left')
  assert.equal(
    others.map(({ code, message, at }) => `${at?.file}:${at?.line}: ${code}: ${message}`),
    [],
  )
})

test.run()
