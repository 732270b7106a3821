import { readFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { referencePages } from '../lib/reference.ts'
import { root } from '../lib/root.ts'

const test = suite('docs')

for (const [page, text] of Object.entries(referencePages())) {
  test(`${page} is what the sources say (npx zx scripts/docs.ts writes it)`, () =>
    assert.is(readFileSync(path.join(root, page), 'utf8') === text, true))
}

const rows = new Map(
  (referencePages()['docs/codes.md'] ?? '').split('\n').flatMap((line) => {
    const [, code, says, mends] = /^\| `([\w-]+)` \| (.*) \| (.*) \|$/.exec(line) ?? []
    return code === undefined ? [] : [[code, { says: says ?? '', mends: mends ?? '' }] as const]
  }),
)

const mends = (title: string, code: string, says: RegExp, mend: RegExp) =>
  test(`the table of codes tells ${title}`, () => {
    assert.match(rows.get(code)?.says ?? '', says)
    assert.match(rows.get(code)?.mends ?? '', mend)
  })

mends('a mend that stands beside the call', 'acme-unreachable', /cannot reach …:…/, /correct rocketchat_acme_directory/)
mends('each of several mends', 'become-refused', /^sudo on …/, /requiretty.*<br>.*sudoers\.d/)
mends('those of a table', 'api-refused', /refused \(…\)/, /second factor.*<br>wait some minutes/)
mends(
  'those of a function',
  'image-not-pulled',
  /could not be pulled/,
  /check the name and the tag.*<br>.*docker login/,
)
mends('that the nearest names are shown', 'no-such-task', /no task is called "…"/, /the nearest ones/)
mends('that it depends', 'dial-refused', /…/, /^depends on what was found|^$/)

test('every code says something, and most have a mend', () => {
  assert.equal(
    [...rows].filter(([, { says }]) => says === '').map(([code]) => code),
    [],
  )
  assert.ok([...rows.values()].filter(({ mends }) => mends !== '').length > rows.size * 0.8)
})

test('the README names every entry there is', () => {
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8')
  for (const entry of [
    'playbooks/install.ts',
    'playbooks/configure.ts',
    'playbooks/run.ts',
    'scripts/token.ts',
    'scripts/history.ts',
    'scripts/report.ts',
    'scripts/vault.ts',
    'scripts/sandbox.ts',
    'scripts/replay.ts',
    'scripts/inventory.ts',
    'scripts/why.ts',
    'scripts/lint.ts',
    'scripts/doc.ts',
  ])
    assert.ok(readme.includes(entry), entry)
})

test.run()
