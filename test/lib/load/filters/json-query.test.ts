import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../../lib/core/plain.ts'
import { Secret } from '../../../../lib/core/secret.ts'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../../lib/load/template.ts'

const test = suite('lib/load/filters/json-query')

/** Recorded with community.general and jmespath 1.0: first the document, then filter and result or `{ refused: true }`. */
const [[document], ...recorded] = JSON.parse(
  readFileSync(new URL('./json-query.cases.json', import.meta.url), 'utf8'),
) as readonly [readonly [Value], ...(readonly [string, Value])[]]

const templar = createTemplar()
const scope = createScope(templar, [
  {
    name: 'vars',
    values: { doc: document, mixed: { open: 1, closed: new Secret('correct horse', 'closed') } },
    literal: true,
  },
])

function answer(expression: string): Value {
  try {
    return templar.render(`{{ ${expression} }}`, scope)
  } catch (error) {
    if (!(error instanceof TemplateError)) throw error
    return { refused: true }
  }
}

test('answers as json_query of community.general does', () => {
  for (const [filter, expected] of recorded) assert.equal(answer(`doc | ${filter}`), expected, filter)
})

test('what is found in a document with a secret in it is secret', () => {
  const found = answer("mixed | json_query('closed')")
  assert.instance(found, Secret)
})

test('says what is wrong with an expression', () => {
  assert.throws(() => templar.render("{{ doc | json_query('a[') }}", scope), /the filter "json_query" cannot use "a\["/)
})

test.run()
