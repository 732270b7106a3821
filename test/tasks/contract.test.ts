import { readdir } from 'node:fs/promises'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { TaskModule } from '../../lib/core/module.ts'
import { metaOf } from '../../lib/core/schema.ts'
import { argsFromYaml, argsOf, context, typedArgs } from '../fakes/task.ts'

const test = suite('tasks/contract')
const folder = new URL('../../tasks/', import.meta.url)
const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts')).sort()
const names = new Map<string, string>()

test('there are task modules', () => {
  assert.ok(files.length >= 10)
})

for (const file of files) {
  const name = file.replace(/^.*\//, '').replace(/\.ts$/, '')
  const { default: module } = (await import(new URL(file, folder).href)) as { readonly default: TaskModule }

  test(`${file} is named in snake_case, and no other module has the name`, () => {
    assert.match(name, /^[a-z][a-z0-9]*(_[a-z0-9]+)*$/)
    assert.is(names.get(name), undefined)
    names.set(name, file)
  })

  test(`${file} says in one sentence what holds after it`, () => {
    assert.match(module.summary, /^[A-Z][^\n]{8,160}\.$/)
  })

  test(`${file} describes every argument and return value`, () => {
    for (const [argument, field] of Object.entries(module.args.fields)) {
      assert.ok((metaOf(field).description ?? '').length > 3, `${argument} has no description`)
    }
    for (const [value, meaning] of Object.entries(module.returns ?? {})) assert.ok(meaning.length > 3, value)
  })

  test(`${file} has no two arguments of one name`, () => {
    const all = Object.entries(module.args.fields).flatMap(([main, field]) => [main, ...(metaOf(field).aliases ?? [])])
    assert.equal(all.length, new Set(all).size)
    if (module.args.freeForm !== undefined) assert.ok(module.args.freeForm in module.args.fields)
  })

  test(`${file} has examples that are valid`, () => {
    assert.ok(module.examples.length > 0)
    for (const example of module.examples) {
      const written = argsFromYaml(name, module, example)
      const findings = module.validate?.(argsOf(module, typedArgs(module, written)), context) ?? []
      // What a template will give is not known here.
      const known = findings.filter(({ path }) => !String(written[String(path[0])]).includes('{{'))
      assert.equal(known, [], example)
    }
  })
}

test.run()
