import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'

const test = suite('lib/report/sink')

const sink = new URL('../../../lib/report/sink.ts', import.meta.url).href

/** Runs a program that writes through the sink; tells what came out and how it ended. */
async function run(
  program: string,
  reader: 'all' | 'gone',
): Promise<{ readonly text: string; readonly code: unknown }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', `import * as sinks from '${sink}'\n${program}`], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const ended = once(child, 'close')
  let text = ''
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk
    if (reader === 'gone') child.stdout.destroy()
  })
  const [code] = await ended
  return { text, code }
}

test('everything arrives although the process exits at once', async () => {
  const program = `const out = sinks.standardOutput()
for (let line = 0; line < 20000; line++) out.write('a line of the output ' + line + '\\n')
await out.flush()
process.exit(7)`
  const { text, code } = await run(program, 'all')
  assert.is(code, 7)
  assert.ok(text.endsWith('a line of the output 19999\n'))
})

test('a reader that goes away does not stop the run', async () => {
  const program = `const out = sinks.standardOutput()
for (let line = 0; line < 200; line++) { out.write('x'.repeat(65536)); await new Promise(setImmediate) }
await out.flush()
process.exit(7)`
  assert.is((await run(program, 'gone')).code, 7)
})

test('what is no terminal counts as 80 by 24', async () => {
  const program = `const { isTTY, columns, rows } = sinks.standardOutput()
console.log(JSON.stringify([isTTY, columns, rows]))`
  assert.is((await run(program, 'all')).text, '[false,80,24]\n')
})

test.run()
