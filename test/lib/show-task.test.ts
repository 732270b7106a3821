import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { LoadError } from '../../lib/core/diagnostic.ts'
import { argumentsOf } from '../../lib/load/module-schema.ts'
import { createRegistry } from '../../lib/load/registry.ts'
import { root } from '../../lib/root.ts'
import { showTask } from '../../lib/show-task.ts'

const test = suite('lib/show-task')

const registry = createRegistry(path.join(root, 'tasks'))

async function shown(...operands: readonly string[]): Promise<string> {
  let out = ''
  const forever = new AbortController().signal
  await showTask({
    operands,
    options: { verbose: 0, output: 'text', noColor: true, help: false, version: false },
    emit: () => undefined,
    print: (text) => {
      out += text
    },
    disclose: () => undefined,
    stopping: forever,
    signal: forever,
    env: {},
  })
  return out
}

test('each task has a page with all of its arguments and results', async () => {
  for (const name of registry.names()) {
    const module = registry.get(name)
    if (!module) throw new Error(`${name} cannot be loaded`)
    const page = await shown(name)
    assert.ok(page.startsWith(`${name}\n  ${module.summary.slice(0, 40)}`), name)
    for (const argument of argumentsOf(module)) assert.match(page, new RegExp(`^[= ] ${argument.name}( |$)`, 'm'), name)
    for (const returned of Object.keys(module.returns ?? {})) assert.ok(page.includes(`\n  ${returned}\n`), returned)
  }
})

test('a page has the summary, the arguments with their other names, the results and the examples', async () => {
  const page = await shown('ansible.builtin.file')
  assert.match(page, /^file\n {2}A path is/)
  assert.match(page, /^= path \(also dest, name\)\n {6}text\n {6}Path on the host\.$/m)
  assert.match(page, /^ {2}recurse\n {6}true or false; usual: false$/m)
  assert.match(page, /^examples\n {2}- /m)
})

test('several names, and the list of all', async () => {
  const two = await shown('copy', 'file')
  assert.match(two, /^copy\n/)
  assert.match(two, /\n\nfile\n {2}/)
  const list = await shown()
  for (const name of registry.names()) assert.match(list, new RegExp(`^  ${name} +\\S`, 'm'))
})

test('a name that no task has', async () => {
  try {
    await shown('copi')
    assert.unreachable()
  } catch (error) {
    if (!(error instanceof LoadError)) throw error
    assert.is(error.code, 'unknown-task')
    assert.match(error.diagnostics[0]?.mend ?? '', /did you mean "copy"/)
  }
})

test.run()
