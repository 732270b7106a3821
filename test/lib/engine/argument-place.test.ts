import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { problem } from '../../../lib/core/diagnostic.ts'
import type { Position, Value } from '../../../lib/core/plain.ts'
import { located, placesOf } from '../../../lib/engine/argument-place.ts'
import { createScope } from '../../../lib/load/scope.ts'
import { createTemplar } from '../../../lib/load/template.ts'

const test = suite('lib/engine/argument-place')

const lines: { readonly [name: string]: number } = { url: 3, memory: 5, image: 6, tag: 7, again: 8, here: 9 }
const place = (name: string): Position => ({ file: 'vars.yml', line: lines[name] ?? 1, col: 1 })
const scope = createScope(createTemplar(), [
  { name: 'loop', values: { item: 'x' } },
  {
    name: 'vars',
    values: {
      url: 'http://chat.example.org',
      memory: '2x',
      tag: 'latest',
      image: 'mongo:{{ tag }}',
      again: '{{ url }}',
      here: '{{ there }}',
      there: '{{ here }}',
    },
    positionOf: place,
  },
])

const leads = (
  title: string,
  args: { readonly [name: string]: Value },
  path: (string | number)[],
  name?: string,
  rendered: object = {},
) =>
  test(title, () =>
    assert.equal(placesOf({ args }, rendered, scope)(path), name === undefined ? undefined : place(name)),
  )

leads('an argument that is a variable leads to it', { url: '{{ url }}' }, ['url'], 'url')
leads('and on to the variable that this one is', { url: '{{ again }}' }, ['url'], 'url')
leads('variables that need one another lead to the one that is named', { url: '{{ here }}' }, ['url'], 'there')
leads('of more the one counts that has the value', { memory: '{{ [memory] + [url] }}' }, ['memory', 0], 'memory', {
  memory: ['2x', 'http://chat.example.org'],
})
leads('also when its value is made of others', { images: '{{ [image, "a:1"] }}' }, ['images', 0], 'image', {
  images: ['mongo:latest', 'a:1'],
})
leads('a value that stands in the task leads nowhere', { url: 'http://chat.example.org' }, ['url'])
leads('nor does one of a loop', { url: '{{ item }}' }, ['url'])
leads('nor one that no variable has', { memory: "{{ memory ~ 'b' }}" }, ['memory'], undefined, { memory: '2xb' })

test('a finding about an argument gets the place of the variable, and says where it is used', () => {
  const used = { file: 'site.yml', line: 2, col: 4 }
  const found = located(
    [problem('a-b', 'wrong', { argument: ['url'] }), problem('c-d', 'other', { argument: ['x'] })],
    placesOf({ args: { url: '{{ url }}' } }, {}, scope),
    used,
  )
  assert.equal(found, [
    { code: 'a-b', severity: 'error', message: 'wrong', at: place('url'), detail: '  used at site.yml:2:4' },
    { code: 'c-d', severity: 'error', message: 'other' },
  ])
})

test.run()
