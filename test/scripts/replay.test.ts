import { execFile } from 'node:child_process'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'

const test = suite('scripts/replay')

/** Runs the script as `npx zx` does; resolves with the exit code, the last line and all that was printed. */
function replay(...args: string[]): Promise<{ code: number; last: string; text: string }> {
  const zx = join(root, 'node_modules/zx/build/cli.js')
  const { promise, resolve } = Promise.withResolvers<{ code: number; last: string; text: string }>()
  execFile(process.execPath, [zx, 'scripts/replay.ts', ...args], { cwd: root }, (error, stdout, stderr) =>
    resolve({ code: Number(error?.code ?? 0), last: stdout.trimEnd().split('\n').at(-1) ?? '', text: stdout + stderr }),
  )
  return promise
}

test('it counts, names each difference and exits by it', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'replay-script-'))
  try {
    await cp(join(root, 'test/recordings/02-login.json'), join(folder, '02-login.json'))
    const [whole, wrongUse, nowhere] = await Promise.all([replay(folder), replay(), replay(join(folder, 'missing'))])
    assert.equal([whole.code, whole.last], [0, '28 of 28 equal'])
    assert.equal([wrongUse.code, nowhere.code], [2, 2])
    assert.match(nowhere.text, 'cannot replay')
    const text = await readFile(join(folder, '02-login.json'), 'utf8')
    await writeFile(join(folder, '02-login.json'), text.replace('Incorrect password', 'Wrong password'))
    const changed = await replay(folder, '--version', '6.14')
    assert.equal([changed.code, changed.last], [1, '27 of 28 equal'])
    assert.match(changed.text, '02-login.json row 7 [login wrong password]')
    assert.match(changed.text, 'value message: recorded Wrong password, double Incorrect password')
  } finally {
    await rm(folder, { recursive: true })
  }
})

test.run()
