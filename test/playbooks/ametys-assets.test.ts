import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Script } from 'node:vm'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { root } from '../../lib/root.ts'
import { pageScript, renderScript, style } from '../fakes/ametys-assets.ts'

const test = suite('playbooks/ametys-assets')

const plain = 'https://spaces.example.org'
const script = renderScript(plain)
const isAscii = (text: string) => /^[\n -~]*$/.test(text)

test('style sheet and script are ASCII, whatever the address of the project spaces', () => {
  assert.ok(isAscii(style))
  assert.ok(isAscii(readFileSync(join(root, 'playbooks/templates/ametys.js.j2'), 'utf8')))
  for (const origins of [
    plain,
    'https://\u00e9cole.example.org',
    'https://\u6d4b\u8bd5.example.org,https://\ud83d\ude00.example',
  ])
    assert.ok(isAscii(renderScript(origins)), origins)
})

test('nothing in an address of the project spaces gets out of its place in the script', () => {
  for (const origins of ['"', "'", '\\', '\n', '\u2028', '*/', '`', "');alert(1);('"]) {
    const written = renderScript(origins)
    assert.ok(written.includes(JSON.stringify(origins).replace('\u2028', '\\u2028')), origins)
    new Script(`(function () {${written}})`)
  }
})

test('the script is the body of a function, beside two other custom scripts', () => {
  new Script(pageScript(script))
  new Script(pageScript(script, 'var a = 1 // no newline at its end', 'return'))
  assert.throws(() => new Script(pageScript(`${script}}`)), /SyntaxError|missing|Unexpected/)
})

test('style sheet and script begin and end with a mark, after which more can be written on the same line', () => {
  for (const text of [style, script]) {
    assert.ok(text.startsWith('/* begin ametys-rocketchat */\n'))
    assert.ok(text.endsWith('\n/* end ametys-rocketchat */\n'))
    assert.is(text.match(/(begin|end) ametys-rocketchat/g)?.length, 2)
  }
  new Script(pageScript(`${script.trimEnd()}var own = 1`))
  new Script(pageScript(`var own = 1\n${script.trimEnd()}var other = 1`))
})

test('the style sheet is plain CSS: comments closed, braces even, no nesting, every rule important', () => {
  const bare = style.replaceAll(/\/\*.*?\*\//g, '')
  assert.not.match(bare, /\/\*|\*\/|\/\/|@/)
  const rules = [...bare.matchAll(/([^{}]+)\{([^{}]*)\}/g)]
  assert.is(bare.replaceAll(/[^{}]+\{[^{}]*\}/g, '').trim(), '')
  assert.ok(rules.length > 0)
  for (const [, selectors = '', body = ''] of rules) {
    assert.not.match(selectors, /,\s*$/)
    for (const line of body.split(';').filter((one) => one.trim() !== '')) assert.match(line, /!important$/)
  }
})

/** What each rule or list of the two files takes hold of, in the pages of at least these generations. */
const holds: readonly (readonly [part: string, generations: readonly string[]])[] = [
  ['rcx-avatar__element', ['5-new-list', '6.14', '8.6.1']],
  ['rcx-skeleton', ['5-new-list', '6.14', '8.6.1']],
  ['rcx-message-header__name', ['5-new-list', '6.14', '8.6.1']],
  ['rcx-message-header__name-container', ['6.14', '8.6.1']],
  ['rcx-message-system', ['5-new-list', '6.14', '8.6.1']],
  ['rcx-message-container--left', ['5-new-list', '6.14', '8.6.1']],
  ['rcx-message__highlight', ['6.14', '8.6.1']],
  ['mention-link', ['5-new-list', '5-old-list']],
  ['user-card-message', ['5-old-list']],
  ['avatar-image', ['5-old-list']],
]

test('every generation has a page, and what the two files take hold of is in it', () => {
  const folder = join(root, 'test/e2e/browser/pages')
  const found = readdirSync(folder).filter((name) => name.endsWith('.html'))
  assert.equal(found.sort(), ['5-new-list.html', '5-old-list.html', '6.14.html', '8.6.1.html'])
  for (const [part, generations] of holds) {
    assert.ok(`${style}${script}`.includes(part), part)
    for (const generation of generations)
      assert.match(readFileSync(join(folder, `${generation}.html`), 'utf8'), part, `${part} in ${generation}`)
  }
})

test.run()
