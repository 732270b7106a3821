import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createLookups } from '../../../lib/load/lookups.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../lib/load/template.ts'
import { expressionsFrom, expressionVariables } from './expressions.ts'

const test = suite('lib/load/template: generated expressions')

const templar = createTemplar({ lookups: createLookups({ environment: () => undefined }), home: '/root' })
const scope = createScope(templar, [{ name: 'vars', values: expressionVariables }])
const at = { file: 'site.yml', line: 1, col: 1 }

/** As text, as a part of one is; null where it is refused. */
function text(template: string): string | null {
  try {
    return String(templar.render(`|${template}`, scope, at)).slice(1)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return null
  }
}

/** Made and recorded by test/e2e/ansible/record-expressions.ts. */
test('give the text that they give in Ansible, or are refused as there', () => {
  const cases = JSON.parse(readFileSync(new URL('./expressions.cases.json', import.meta.url), 'utf8'))
  assert.ok(cases.length > 800)
  for (const [template, expected] of cases) assert.is(text(template), expected, template)
})

test('keep their type alone, and say the same as a part of a text', () => {
  for (const template of expressionsFrom(99, 500)) {
    const expected = text(template)
    let value: unknown
    try {
      value = templar.render(template, scope, at)
    } catch (error) {
      if (!(error instanceof TemplateError)) throw error
      assert.is(expected, null, template)
      continue
    }
    if (typeof value === 'string') assert.is(value, expected, template)
    else assert.ok(expected !== null, template)
    if (typeof value === 'boolean') assert.is(expected, value ? 'True' : 'False', template)
    if (typeof value === 'number') assert.is(Number(expected?.replace(/^inf$/, 'Infinity')), value, template)
  }
})

test('are equal to themselves, and found in a list', () => {
  for (const template of expressionsFrom(7, 300)) {
    const inner = template.slice(3, -3)
    if (text(template) === null) continue
    assert.is(text(`{{ (${inner}) == (${inner}) }}`), 'True', template)
    assert.is(text(`{{ (${inner}) in [1, ${inner}] }}`), 'True', template)
  }
})

test.run()
