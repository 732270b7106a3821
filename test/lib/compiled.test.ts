import { execFileSync } from 'node:child_process'
import { lstatSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'

const test = suite('lib/compiled')

/** The folder that a start without NODE_COMPILE_CACHE keeps compiled code in; empty when it keeps none. */
function folderOf(env: { readonly [name: string]: string }): string {
  const compiled = path.join(root, 'lib/compiled.ts')
  const script = `import { getCompileCacheDir } from 'node:module'
    import { keepCompiled } from ${JSON.stringify(compiled)}
    keepCompiled()
    console.log(getCompileCacheDir() ?? '')`
  const { PATH = '' } = process.env
  const options = { encoding: 'utf8', env: { PATH, ...env } } as const
  return execFileSync(process.execPath, ['--input-type=module', '-e', script], options).trim()
}

test('keeps compiled code where nobody else can write, whatever HOME says, and not among temporary files', () => {
  const elsewhere = mkdtempSync(path.join(tmpdir(), 'compiled-'))
  try {
    const folder = folderOf({ HOME: elsewhere, TMPDIR: elsewhere })
    assert.equal(readdirSync(elsewhere), [])
    // A system account has no home, and then nothing is kept.
    if (folder === '') return
    assert.ok(folder.startsWith(path.join(userInfo().homedir, '.cache')), folder)
    const { uid, mode } = lstatSync(path.dirname(folder))
    assert.is(uid, userInfo().uid)
    assert.is(mode & 0o022, 0)
  } finally {
    rmSync(elsewhere, { recursive: true, force: true })
  }
})

test('takes the folder that NODE_COMPILE_CACHE names', () => {
  const named = mkdtempSync(path.join(tmpdir(), 'compiled-'))
  try {
    assert.ok(folderOf({ NODE_COMPILE_CACHE: named }).startsWith(named))
  } finally {
    rmSync(named, { recursive: true, force: true })
  }
})

test.run()
