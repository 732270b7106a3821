import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import assertion from '../../../tasks/flow/assert.ts'
import debug from '../../../tasks/flow/debug.ts'
import fail from '../../../tasks/flow/fail.ts'
import setFact from '../../../tasks/flow/set_fact.ts'
import { argsOf, context } from '../../fakes/task.ts'

const test = suite('tasks/flow')

const print = (written: { readonly [key: string]: unknown }, verbosity = 0) => {
  const args = argsOf(debug, written)
  return debug.result?.(args, debug.probe(args, { ...context, verbosity }).read([]))
}

test('debug prints a text, a variable, a structure', () => {
  assert.is(print({ msg: 'hello' })?.message, 'hello')
  assert.is(print({})?.message, 'Hello world!')
  assert.is(print({ var: { text: 'port', value: 3000 } })?.message, 'port: 3000')
  assert.equal(print({ var: { text: 'port', value: 3000 } })?.values, { port: 3000 })
  assert.match(print({ var: { text: 'nothing', value: undefined } })?.message ?? '', 'NOT DEFINED')
  assert.is(print({ msg: { a: [1] } })?.message, '{\n  "a": [\n    1\n  ]\n}')
})

test('debug shows the label of a secret', () => {
  assert.is(print({ msg: { password: new Secret('hunter2', 'p') } })?.message, '{\n  "password": "<secret p>"\n}')
})

test('debug is skipped above the verbosity', () => {
  assert.is(print({ msg: 'x', verbosity: 2 }, 1)?.skipped, 'needs -vv')
  assert.is(print({ msg: 'x', verbosity: 2 }, 2)?.message, 'x')
})

const caught = (act: () => unknown) => {
  try {
    act()
  } catch (error) {
    return error as { code: string; message: string; values: unknown; diagnostics: { detail: string }[] }
  }
  throw new Error('nothing was thrown')
}

test('assert names the condition that does not hold', () => {
  const args = argsOf(assertion, {
    that: [
      { text: 'a == 1', value: true },
      { text: 'b | length > 0', value: [] },
    ],
    fail_msg: ['no b', 'at all'],
  })
  const error = caught(() => assertion.diff(args, undefined, context))
  assert.is(error.code, 'assertion-failed')
  assert.is(error.message, 'no b\nat all')
  assert.is(error.diagnostics[0]?.detail, 'b | length > 0 is false')
  assert.equal(error.values, { assertion: 'b | length > 0', evaluated_to: false, msg: 'no b\nat all' })
})

test('assert takes one condition as well as a list', () => {
  assert.equal(assertion.diff(argsOf(assertion, { that: { text: 'x', value: 'yes' } }), undefined, context), [])
  assert.is(assertion.result?.(argsOf(assertion, { that: [] }), undefined).values?.msg, 'All assertions passed')
})

test('fail fails', () => {
  const error = caught(() => fail.diff(argsOf(fail, { msg: 'not today' }), undefined, context))
  assert.is(error.message, 'not today')
})

test('set_fact gives variables and wants names for them', () => {
  const args = argsOf(setFact, { one: 1, two: [2], cacheable: true })
  assert.equal(setFact.result?.(args, undefined).facts, { one: 1, two: [2] })
  assert.equal(setFact.provides?.(args).facts, ['one', 'two'])
  assert.is(setFact.validate?.(argsOf(setFact, { 'not-a-name': 1 }), context).length, 1)
})

test.run()
