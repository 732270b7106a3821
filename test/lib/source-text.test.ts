import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { argumentsIn, literalsIn, propertyIn, statementOf } from '../../lib/source-text.ts'

const test = suite('lib/source-text')

test('takes the arguments of a call apart, whatever brackets and quotes they hold', () => {
  const call =
    "problem('a-b', `one, ${f({ x: '}' })} ) two`, { mend: a ? 'x, y' : \"it's\", detail: /[)']/.test(b) }) // ) end"
  assert.equal(argumentsIn(call, 7), [
    "'a-b'",
    "`one, ${f({ x: '}' })} ) two`",
    "{ mend: a ? 'x, y' : \"it's\", detail: /[)']/.test(b) }",
  ])
  assert.is(propertyIn("{ at, mend: a ? 'x, y' : \"it's\", detail }", 'mend'), "a ? 'x, y' : \"it's\"")
  assert.is(propertyIn('{ at, mend }', 'mend'), 'mend')
  assert.is(propertyIn('{ at }', 'mend'), undefined)
})

test('finds the texts that an expression can be, not those that it is compared with', () => {
  const { literals, code } = literalsIn(
    "kind === 'file' ? `write ${a ? 'b' : `c${d}`} here` : said.includes('no') ? 'yes' : more",
  )
  assert.equal(literals, ['write … here', 'yes'])
  assert.match(code, /more$/)
})

const file = `const first = one
  ? 'is two lines'
  : 'long'

function mendFor(x: string): string | undefined {
  if (x === 'a') return 'take a'
  return x
}

function f() {
  const mend = 'near'
  return problem('a-b', 'it', { mend })
}
const mend = 'far'
`

test('finds what a name of the file stands for', () => {
  assert.is(statementOf(file, 'first', file.length), "one\n  ? 'is two lines'\n  : 'long'")
  assert.is(statementOf(file, 'mend', file.indexOf('problem')), "'near'")
  assert.match(statementOf(file, 'mendFor', file.length) ?? '', "'take a'")
  assert.is(statementOf(file, 'other', file.length), undefined)
})

test.run()
