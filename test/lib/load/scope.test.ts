import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Value } from '../../../lib/core/plain.ts'
import { createScope, type Layer, lazyMapping, lazyVariables, variablesChanged } from '../../../lib/load/scope.ts'
import { createTemplar, TemplateError } from '../../../lib/load/template.ts'

const test = suite('lib/load/scope')

function layer(name: string, values: { readonly [key: string]: Value }, more: Partial<Layer> = {}): Layer {
  let line = 0
  const lines = new Map(Object.keys(values).map((key) => [key, ++line]))
  return {
    name,
    values,
    positionOf: (key) => {
      const at = lines.get(key)
      return at === undefined ? undefined : { file: name, line: at, col: 1 }
    },
    ...more,
  }
}

function scopeOf(...layers: readonly Layer[]) {
  return createScope(createTemplar(), layers)
}

function fails(work: () => unknown) {
  try {
    work()
  } catch (error) {
    if (error instanceof TemplateError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
  throw new Error('expected a TemplateError')
}

test('takes a variable from the last layer that has it, rendered with what wins there', () => {
  const scope = scopeOf(
    layer('group_vars/all.yml', { name: 'all', greeting: 'hello {{ name }}', port: 80 }),
    layer('host_vars/web1.yml', { name: 'web1', port: '{{ base + 1 }}', base: 8080 }),
  )
  assert.is(scope.get('greeting'), 'hello web1')
  assert.is(scope.get('port'), 8081)
  assert.is(scope.lookup('port')?.layer.name, 'host_vars/web1.yml')
  assert.is(scope.get('nope'), undefined)
  assert.equal([...scope.names()].sort(), ['base', 'greeting', 'name', 'port'])
})

test('explains which layer wins and which ones it hides', () => {
  const scope = scopeOf(layer('low', { a: 1, b: 2 }), layer('middle', { a: '{{ b }}' }), layer('high', { a: 3 }))
  assert.equal(scope.explain('a'), {
    winner: { layer: 'high', raw: 3, at: { file: 'high', line: 1, col: 1 } },
    losers: [
      { layer: 'middle', raw: '{{ b }}', at: { file: 'middle', line: 1, col: 1 } },
      { layer: 'low', raw: 1, at: { file: 'low', line: 1, col: 1 } },
    ],
  })
  assert.is(scope.explain('nope'), undefined)
})

test('lays more variables on top, for the scope made from it alone', () => {
  const scope = scopeOf(layer('vars', { path: '/srv/{{ item }}', fixed: 'x', both: '{{ fixed }} {{ path }}' }))
  assert.is(scope.with({ item: 'a' }).get('path'), '/srv/a')
  assert.is(scope.with({ item: 'b' }).get('both'), 'x /srv/b')
  assert.is(scope.with({ item: 'b' }).with({ fixed: 'y' }).get('both'), 'y /srv/b')
  assert.is(fails(() => scope.get('path')).code, 'undefined-variable')
  assert.is(scope.with({ item: '{{ fixed }}' }).get('item'), '{{ fixed }}')
  assert.is(scope.with({ item: '{{ fixed }}' }, { literal: false, name: 'task vars' }).get('item'), 'x')
})

test('does not render what a literal layer holds', () => {
  const scope = scopeOf(
    layer('facts', { motd: 'use {{ braces }}' }, { literal: true }),
    layer('vars', { copy: '{{ motd }}' }),
  )
  assert.is(scope.get('motd'), 'use {{ braces }}')
  assert.is(scope.get('copy'), 'use {{ braces }}')
})

test('renders a variable once, and again after variables have changed', () => {
  let rendered = 0
  const values: { [key: string]: Value } = { state: 'before' }
  const templar = createTemplar({ now: () => new Date(++rendered * 1000) })
  const scope = createScope(templar, [
    layer('vars', { stamp: "{{ now(fmt='%S') }} {{ state }}" }),
    { name: 'set', values },
  ])
  const first = scope.get('stamp')
  assert.is(scope.get('stamp'), first)
  assert.is(scope.with({ item: 1 }).get('stamp'), first)
  assert.is(rendered, 1)
  values.state = 'after'
  assert.is(scope.get('stamp'), first)
  variablesChanged()
  assert.match(String(scope.get('stamp')), 'after')
  assert.is(rendered, 2)
})

test('names the chain of variables that need one another, with places', () => {
  const scope = scopeOf(
    layer('vars.yml', { a: 'x {{ b }}', b: ['{{ c.d }}'], c: { d: '{{ a }}' }, self: '{{ self }}' }),
  )
  const problem = fails(() => scope.get('a'))
  assert.is(problem.code, 'circular-variables')
  assert.match(problem.message, 'a → b → c → a')
  assert.match(problem.detail ?? '', 'a in vars.yml:1:1\nb in vars.yml:2:1\nc in vars.yml:3:1')
  assert.match(fails(() => scope.get('self')).message, 'needs itself')
  assert.is(fails(() => scope.get('b')).code, 'circular-variables')
})

test('does not take a variable that is hidden for the one that hides it', () => {
  const scope = scopeOf(layer('low', { a: 'low' }), layer('high', { b: '{{ a }}' })).with(
    { a: 'high {{ b }}' },
    { literal: false },
  )
  assert.is(fails(() => scope.get('a')).code, 'circular-variables')
})

test('points at the variable that is wrong and says where it was used', () => {
  const scope = scopeOf(layer('vars.yml', { fine: 1, bad: 'x {{ nope }}', user: '{{ bad }}' }))
  const problem = fails(() => createTemplar().render('{{ user }}', scope, { file: 'site.yml', line: 9, col: 3 }))
  assert.is(problem.code, 'undefined-variable')
  assert.equal(problem.at, { file: 'vars.yml', line: 2, col: 1 })
  assert.match(problem.detail ?? '', 'used at vars.yml:3:1\nused at site.yml:9:3')
})

test('looks into lazy mappings only where asked', () => {
  const asked: string[] = []
  const hosts: { readonly [name: string]: { readonly [key: string]: Value } } = {
    web1: { port: '{{ base + 1 }}', base: 1 },
    web2: { port: '{{ nope }}', base: 2 },
  }
  const templar = createTemplar()
  const hostvars: Value = lazyMapping(
    () => Object.keys(hosts),
    (name) => {
      asked.push(name)
      const values = Object.hasOwn(hosts, name) ? hosts[name] : undefined
      return values && lazyVariables(createScope(templar, [layer(name, values), layer('special', { hostvars })]))
    },
  )
  const scope = createScope(templar, [layer('special', { hostvars })])
  const render = (text: string) => templar.render(text, scope)
  assert.is(render('{{ hostvars.web1.port }}'), 2)
  assert.is(render("{{ hostvars['web2']['base'] }}"), 2)
  assert.equal(asked, ['web1', 'web2'])
  assert.is(render("{{ hostvars.web3.port | default('none') }}"), 'none')
  assert.is(render("{{ 'web2' in hostvars }}"), true)
  assert.equal(render("{{ ['web1', 'web2'] | map('extract', hostvars, 'base') | list }}"), [1, 2])
  assert.equal(render('{{ hostvars | list }}'), ['web1', 'web2'])
  assert.equal(render('{{ hostvars.web1 }}'), { port: 2, base: 1 })
  assert.is(fails(() => render('{{ hostvars.web2.port }}')).code, 'undefined-variable')
})

test('makes anew what comes from a lazy mapping', () => {
  let port = 1
  const hostvars = lazyMapping(
    () => ['web1'],
    () => ({ port }),
  )
  const scope = scopeOf(layer('vars', { far: '{{ hostvars.web1.port }}', further: '{{ far + 1 }}', hostvars }))
  assert.is(scope.with({ item: 1 }).get('further'), 2)
  port = 2
  assert.is(scope.get('further'), 3)
  assert.is(scope.with({ item: 1 }).get('further'), 3)
})

test('finds the circle between hosts', () => {
  const templar = createTemplar()
  const values: { readonly [name: string]: { readonly [key: string]: Value } } = {
    a: { x: '{{ hostvars.b.y }}' },
    b: { y: '{{ hostvars.a.x }}' },
  }
  const layers = Object.fromEntries(Object.entries(values).map(([name, own]) => [name, layer(name, own)]))
  const hostvars: Value = lazyMapping(
    () => Object.keys(values),
    (name) => {
      const own = layers[name]
      return own && lazyVariables(createScope(templar, [own, { name: 'special', values: { hostvars } }]))
    },
  )
  const problem = fails(() =>
    templar.render('{{ hostvars.a.x }}', createScope(templar, [{ name: 's', values: { hostvars } }])),
  )
  assert.is(problem.code, 'circular-variables')
  assert.match(problem.message, 'x → y → x')
})

test('tells what a value depends on, by way of other variables too', () => {
  const scope = scopeOf(
    layer('facts', { os: '{{ not_rendered }}' }, { literal: true }),
    layer('vars', {
      a: '{{ b }}',
      b: ['{{ c.d }}', { '{{ key }}': 1 }],
      c: { d: '{{ os }}' },
      loop: '{{ item.name }}',
    }),
  )
  const names = (value: Value, kind?: 'template' | 'expression') => [...scope.dependsOn(value, kind)].sort()
  assert.equal(names('{{ a }}'), ['a', 'b', 'c', 'key', 'os'])
  assert.equal(names({ x: ['{{ loop }}'] }), ['item', 'loop'])
  assert.equal(names('plain'), [])
  assert.equal(names('reg.rc == 0 and a', 'expression'), ['a', 'b', 'c', 'key', 'os', 'reg'])
})

/** A generator of numbers that gives the same row for the same seed. */
function numbers(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

test('agrees, for random layers, with rendering every variable anew in one flat mapping', () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  for (let seed = 1; seed <= 300; seed++) {
    const random = numbers(seed)
    const makeValues = (count: number) => {
      const values: { [key: string]: Value } = {}
      for (let index = 0; index < count; index++) {
        const name = names[random(names.length)] as string
        const later = names.slice(names.indexOf(name) + 1)
        const other = later[random(later.length)]
        values[name] =
          other === undefined || random(3) === 0 ? `${name}${random(100)}` : `<{{ ${other} | default('-') }}>`
      }
      return values
    }
    const layers = Array.from({ length: 1 + random(4) }, (_, index) => layer(`layer${index}`, makeValues(random(5))))
    const extra = [makeValues(random(3)), makeValues(random(3))]
    const base = scopeOf(...layers)
    for (const name of names) base.lookup(name)
    let scope = base
    for (const values of extra) scope = scope.with(values, { literal: false })
    const flat = Object.assign({}, ...layers.map((one) => one.values), ...extra) as { readonly [key: string]: Value }
    const render = (value: Value): string =>
      String(value).replace(/\{\{ (\w) \| default\('-'\) \}\}/g, (_, name: string) =>
        Object.hasOwn(flat, name) ? render(flat[name] as Value) : '-',
      )
    for (const name of names) {
      const expected = Object.hasOwn(flat, name) ? render(flat[name] as Value) : undefined
      assert.is(scope.get(name), expected, `seed ${seed}, ${name}`)
      const winner = [...layers, ...extra.map((values) => ({ name: 'loop', values }))].findLast((one) =>
        Object.hasOwn(one.values, name),
      )
      assert.is(scope.explain(name)?.winner.layer, winner?.name)
    }
  }
})

test.run()
