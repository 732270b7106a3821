import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createRegistry } from '../../../lib/load/registry.ts'
import { createProject } from './project.ts'

const test = suite('lib/load/registry')

const source = (summary: string): string =>
  `export default { summary: '${summary}' }\nglobalThis.loaded = '${summary}'\n`

test('finds modules by the names of their files and imports them when they are needed', () => {
  const project = createProject({
    'package.json': '{"type": "module"}',
    'tasks/files/copy.ts': source('copies'),
    'tasks/a/b/deep.ts': source('deep'),
    'tasks/README.md': 'no module',
    'tasks/files/kebab-case.ts': 'no module',
  })
  try {
    const registry = createRegistry(`${project.root}/tasks`)
    assert.equal(registry.names(), ['copy', 'deep'])
    assert.ok(registry.has('copy'))
    const loaded = () => (globalThis as { loaded?: string }).loaded
    assert.is(loaded(), undefined)
    assert.is(registry.get('deep')?.summary, 'deep')
    assert.is(loaded(), 'deep')
    assert.is(registry.get('deep'), registry.get('deep'))
    assert.is(registry.get('nothing'), undefined)
    assert.is(registry.fileOf('copy'), `${project.root}/tasks/files/copy.ts`)
  } finally {
    project.remove()
  }
})

test('tells names that two files claim', () => {
  const project = createProject({ 'tasks/a/copy.ts': '', 'tasks/b/copy.ts': '' })
  const registry = createRegistry(`${project.root}/tasks`)
  project.remove()
  assert.equal(
    [...registry.duplicates],
    [['copy', [`${project.root}/tasks/a/copy.ts`, `${project.root}/tasks/b/copy.ts`]]],
  )
})

test('no two modules of this project have the same name', () => {
  const registry = createRegistry(path.resolve(import.meta.dirname, '../../../tasks'))
  assert.is(registry.duplicates.size, 0)
  assert.ok(registry.has('file'))
})

test.run()
