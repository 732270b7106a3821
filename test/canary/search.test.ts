import { rmSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Redactor } from '../../lib/report/redactor.ts'
import { canaryProject, type Project } from './project.ts'
import { scenarios } from './scenarios.ts'
import { searchFor } from './search.ts'

const test = suite<{ project: Project }>('canary/search')

test.before(async (my) => {
  my.project = await canaryProject()
})
test.after(({ project }) => project.remove())

const secret = `it's "Zq8fK2mW7xR4tY9bN3vC" 100%`
const search = searchFor({ secret })
const finds = (title: string, text: string, found = true) =>
  test(title, () => assert.is(search.in([{ place: 'x', text }]).length > 0, found))

finds('finds it as it is', `a ${secret} b`)
finds('finds it in JSON', JSON.stringify({ a: [JSON.stringify({ b: secret })] }))
finds('finds it in an address', `https://example.org/?q=${encodeURIComponent(secret)}`)
finds('finds it as a shell quotes it', `echo 'it'\\''s "Zq8fK2mW7xR4tY9bN3vC" 100%'`)
finds('finds it in base64, wherever it begins', Buffer.from(`xy${secret}`).toString('base64'))
finds('finds it in base64 that is wrapped', Buffer.from(secret).toString('base64').replaceAll(/.{7}/g, '$&\n'))
finds('finds it in hexadecimal', Buffer.from(secret).toString('hex'))
finds('finds a piece that was cut out', 'message: "8fK2mW7xR…"')
finds('finds nothing where nothing is', `it's "Zq8fK2mW" 100% <secret>`, false)

/** A redactor that lets everything through. */
const none: Redactor = {
  learn: () => undefined,
  mask: (text) => text,
  stream: () => ({ write: (piece) => piece, end: () => '' }),
  close: () => undefined,
}

test('without the redactor, what programs echo is found in every place that shows it', async ({ project }) => {
  const echo = scenarios.find(({ title }) => title === 'standard input and environment of commands')
  assert.ok(echo)
  const ran = await project.run(echo, { redactor: none })
  const found = searchFor(project.planted.secrets).in(ran.traces)
  const places = [
    'terminal -v0, stdout',
    'terminal -v3, drawn, stdout',
    'JSON lines',
    'record ',
    'page of ',
    'history of ',
  ]
  for (const place of places)
    assert.ok(
      found.some((one) => one.place.startsWith(place)),
      `nothing found in: ${place}`,
    )
  for (const secret of [
    'age_short6',
    'age_long',
    'age_pem',
    'age_quotes',
    'age_word',
    'vault_unicode',
    'of_extra_file',
  ])
    assert.ok(
      found.some((one) => one.secret === secret),
      secret,
    )
})

test('a playbook that writes a secret where it does not belong is found out', async ({ project }) => {
  const { folder } = project.planted
  const leaks = [path.join(folder, 'tmp/leak'), path.join(folder, 'inventory/leak'), `/dev/shm/canary-${process.pid}`]
  const tasks = `
- shell: 'cat > ${leaks[0]}; cp ${leaks[0]} ${leaks[2]}'
  args: { stdin: "{{ age_long }}" }
- copy: { content: "{{ age_json | b64encode }}", dest: ${leaks[1]} }
`
  const ran = await project.run({ title: 'leaky', tasks, code: 0 })
  assert.is(ran.code, 0, ran.shown)
  const found = searchFor(project.planted.secrets).in(ran.traces)
  for (const leak of leaks) rmSync(leak, { force: true })
  assert.equal(found.map(({ secret, place }) => `${secret} in ${place}`).sort(), [
    `age_json in file inventory/leak`,
    `age_long in ${leaks[2]}`,
    `age_long in file tmp/leak`,
  ])
})

test('a module that puts a secret into what it shows is found out before anything is masked', async ({ project }) => {
  const ran = await project.run({
    title: 'plain',
    tasks: `\n- debug: { msg: "${project.planted.secrets.age_long?.slice(3, 20)}" }`,
    code: 0,
  })
  const found = searchFor(project.planted.secrets).in([{ place: 'bare', text: ran.bare }])
  assert.equal(
    found.map(({ secret }) => secret),
    ['age_long'],
  )
})

test.run()
