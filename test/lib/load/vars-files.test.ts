import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { readExtraVars } from '../../../lib/load/vars-files.ts'
import { createProject, lines } from './project.ts'

const test = suite('lib/load/vars-files')

const project = createProject({ 'v.yml': 'a: yes\nb: [1]\n', 'list.yml': '- 1\n', 'empty.yml': '' })
test.after(() => project.remove())

const read = (...values: string[]) => readExtraVars(values, { root: project.root })
const valuesOf = (...values: string[]) => Object.assign({}, ...read(...values).layers.map((layer) => layer.values))

test('reads pairs as texts, JSON and YAML as data, files; later ones win', () => {
  assert.equal(valuesOf('a=1 b="x y"', `c={{ d }}`), { a: '1', b: 'x y', c: '{{ d }}' })
  assert.equal(valuesOf('{"a": 1, "b": {"c": true}}'), { a: 1, b: { c: true } })
  assert.equal(valuesOf('{a: yes, b: 0644}'), { a: true, b: 420 })
  assert.equal(valuesOf('@v.yml', 'a=2'), { a: '2', b: [1] })
  assert.equal(valuesOf('', '@empty.yml'), {})
  assert.equal(read('@v.yml').layers[0]?.positionOf?.('b'), { file: 'v.yml', line: 2, col: 4 })
})

const mistakes: readonly (readonly [string, string])[] = [
  ['foo', 'bad-extra-vars: -e: "foo" is no key=value, no {…} and no @file'],
  ['a="x', 'bad-extra-vars: -e: " is opened and never closed'],
  ['a-b=1', 'bad-variable-name: "a-b" cannot be the name of a variable'],
  ['{"a-b": 1}', '-e:1:2: bad-variable-name: "a-b" cannot be the name of a variable'],
  ['[1]', '-e:1:1: vars-not-mapping: variables are "name: value", found a list'],
  ['{"a": ', '-e:1:6: yaml-unclosed-bracket: a "}" is missing above this place'],
  ['@list.yml', 'list.yml:1:1: vars-not-mapping: variables are "name: value", found a list'],
  ['@nowhere.yml', 'file-missing: variables file nowhere.yml does not exist'],
]

test('says what is wrong', () => {
  for (const [value, expected] of mistakes) assert.equal(lines(read(value).diagnostics), [expected], value)
})

test.run()
