import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'

const test = suite('scripts/test')

const uvu = join(root, 'node_modules/uvu/dist/index.mjs')
const head = `import { suite } from ${JSON.stringify(uvu)}\nconst test = suite('example')\n`
const passes = `${head}test('one', () => {})\ntest('two', () => {})\ntest.run()\n`
const fails = `${head}test('good', () => {})\ntest('bad', () => { throw new Error('the sky fell') })\ntest.run()\n`

/** Runs the script in a folder of its own with these files in `test/`. */
function run(files: { readonly [name: string]: string }, ...words: string[]): { code: number | null; text: string } {
  const folder = mkdtempSync(join(tmpdir(), 'test-script-'))
  try {
    for (const [name, text] of Object.entries(files)) {
      const file = join(folder, 'test', name)
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, text)
    }
    const done = spawnSync(process.execPath, [join(root, 'scripts/test.ts'), ...words], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 30_000,
    })
    return { code: done.status, text: done.stdout + done.stderr }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('says how many passed, and nothing else', () => {
  assert.equal(run({ 'a.test.ts': passes, 'lib/b.test.ts': passes, 'lib/help.ts': fails }), {
    code: 0,
    text: '4 passed, 0 failed\n',
  })
})

test('shows the output of what failed', () => {
  const { code, text } = run({ 'a.test.ts': passes, 'b.test.ts': fails })
  assert.is(code, 1)
  assert.match(text, /^test\/b\.test\.ts: 1 failed\n/)
  assert.match(text, 'the sky fell')
  assert.match(text, /\nfailed:\n {2}test\/b\.test\.ts\n3 passed, 1 failed\n$/)
})

const troubles: readonly (readonly [title: string, text: string, says: RegExp])[] = [
  ['no test at all', 'console.log(1)', /it ended with code 0 before its tests did/],
  ['a suite without tests', `${head}test.run()`, /it ran no test/],
  ['a suite that is not run', `${head}test('one', () => {})`, /it ended with code 0 before its tests did/],
  ['a mistake while loading', `${passes}import './nowhere.ts'`, /it ended with code 1 before its tests did/],
  ['a hook that throws', `${head}test.before(() => { throw 1 })\ntest('one', () => {})\ntest.run()`, /1 failed/],
  [
    'an error after the tests',
    `${passes}setTimeout(() => { throw new Error('late') }, 200)`,
    /it ended with code \d+ *\n/,
  ],
  ['something left open', `${passes}setInterval(() => {}, 1000)`, /it was still running after 2 s/],
]

for (const [title, text, says] of troubles) {
  test(`takes this for a failure: ${title}`, () => {
    const done = run({ 'a.test.ts': text }, ...(title === 'something left open' ? ['--timeout', '2'] : []))
    assert.is(done.code, 1, done.text)
    assert.match(done.text, says)
    assert.match(done.text, /\b1 failed\n$/)
  })
}

test('chooses files by words in their paths', () => {
  const files = { 'lib/a.test.ts': passes, 'tasks/b.test.ts': fails, 'e2e/c.test.ts': passes }
  assert.is(run(files, 'lib/').text, '2 passed, 0 failed\n')
  assert.is(run(files, '--e2e').text, '2 passed, 0 failed\n')
  assert.is(run(files).code, 1)
})

test('refuses what it does not know', () => {
  assert.is(run({ 'a.test.ts': passes }, 'nowhere').code, 2)
  assert.match(run({ 'a.test.ts': passes }, 'nowhere').text, /^no test file matches nowhere\n/)
  assert.is(run({ 'a.test.ts': passes }, '--tmies').code, 2)
  assert.is(run({ 'a.test.ts': passes }, '--timeout', 'soon').code, 2)
})

test.run()
