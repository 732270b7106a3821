import { spawnSync } from 'node:child_process'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../../lib/root.ts'

const test = suite('lib/secrets/prompt')

/** What comes of `work` when this is typed; `isTTY` false is a pipe. */
function typed(work: string, keys: string, isTTY = true): { readonly stdout: string; readonly stderr: string } {
  const program = `
process.stdin.isTTY = ${isTTY}
const { ask, askSecret, readSecret } = await import(${JSON.stringify(path.join(root, 'lib/secrets/prompt.ts'))})
const tell = (one) => process.stdout.write(typeof one === 'string' ? one : one.reveal())
await (${work}).then(tell, (error) => process.stdout.write(error.name + ' ' + error.code))`
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], { input: keys })
  return { stdout: stdout.toString(), stderr: stderr.toString() }
}

test('what is typed hidden is given and not shown', () => {
  const { stdout, stderr } = typed(`askSecret('Password', 'x')`, 'planted\r')
  assert.is(stdout, 'planted')
  assert.is(stderr, 'Password: \n')
})

test('Ctrl-C and Ctrl-D end the question', () => {
  assert.is(typed(`ask('Name', true)`, 'half\x03').stdout, 'StoppedError stopped')
  assert.is(typed(`ask('Name', true)`, '\x04').stdout, 'LoadError no-answer')
})

test('without a terminal nothing is asked', () => {
  assert.is(typed(`ask('Name', false)`, 'x\n', false).stdout, 'LoadError no-terminal')
})

test('a new secret comes whole from a pipe', () => {
  assert.is(typed(`readSecret('Value', 'x')`, 'one\n two\n\n', false).stdout, 'one\n two\n')
  assert.is(typed(`readSecret('Value', 'x')`, '\n', false).stdout, 'LoadError value-empty')
})

test.run()
