import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { isMapping } from '../../../lib/core/plain.ts'
import { layerOf } from '../../../lib/load/layers.ts'
import { findPlaceholders } from '../../../lib/load/placeholders.ts'
import { parseYaml } from '../../../lib/load/yaml.ts'
import { lines } from './project.ts'

const test = suite('lib/load/placeholders')

function layer(name: string, text: string) {
  const { value } = parseYaml(text, name)
  return layerOf(name, isMapping(value) ? value : {})
}

test('finds every placeholder once, by variable and place, unless it is overridden', () => {
  const all = layer(
    'all.yml',
    'url: "<CHANGE: public address>"\nport: "<CHANGE: port>"\nmail: {from: ["x <CHANGE>"]}\n',
  )
  const host = layer('host.yml', 'port: 3000\n')
  const found = findPlaceholders([
    [all, host],
    [all, host],
  ])
  assert.equal(lines(found), [
    'all.yml:1:6: placeholder-left: "url" still is the placeholder <CHANGE: public address>',
    'all.yml:3:15: placeholder-left: "mail.from[0]" still is the placeholder <CHANGE>',
  ])
  assert.is(found[0]?.mend, 'write here: public address')
})

test('is content with values', () => {
  assert.equal(findPlaceholders([[layer('a', 'x: CHANGE\ny: "<change>"\nz: 1\n')]]), [])
})

test.run()
