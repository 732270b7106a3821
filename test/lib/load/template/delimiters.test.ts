import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { createScope } from '../../../../lib/load/scope.ts'
import { createTemplar, type TemplateFile } from '../../../../lib/load/template.ts'

const test = suite('lib/load/template/delimiters')
const templar = createTemplar()
const scope = createScope(templar, [{ name: 'test', values: { a: 1, list: [1, 2] } }])
const render = (text: string, how: Omit<TemplateFile, 'path'> = {}) =>
  templar.renderTemplateFile(text, scope, { path: 'x.j2', ...how })

const tex: TemplateFile['delimiters'] = { variable: ['((', '))'], block: ['((*', '*))'], comment: ['((=', '=))'] }

test('other marks are read, and the usual ones are text', () => {
  assert.is(
    render('{{ a }} (( a )) ((* for x in list *))<(( x ))>((* endfor *))((= gone =))', { delimiters: tex }),
    '{{ a }} 1 <1><2>',
  )
})

test('signs and raw blocks work with them', () => {
  assert.is(render('a  ((*- if true -*))  b ((* endif *))', { delimiters: tex }), 'ab ')
  assert.is(render('((* raw *))(( a ))((* endraw *))', { delimiters: tex }), '(( a ))')
})

test('what is never closed is said in their words', () => {
  try {
    render('x (( a', { delimiters: tex })
    assert.unreachable()
  } catch (error) {
    assert.match((error as Error).message, 'this `((` is never closed: `))` is missing')
  }
})

test('line breaks behind blocks stay when they shall', () => {
  assert.is(render('{% if true %}\nx\n{% endif %}\n'), 'x\n')
  assert.is(render('{% if true %}\nx\n{% endif %}\ny', { trimBlocks: false }), '\nx\n\ny')
  assert.is(render('a\n  {% if true %}\nx\n  {% endif %}\n', { lstripBlocks: true }), 'a\nx\n')
})

test.run()
