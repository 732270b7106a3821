import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { manners } from '../../../lib/report/colours.ts'
import { clock, took } from '../../../lib/report/durations.ts'
import { visible, visibleLine, visibleLines } from '../../../lib/report/visible.ts'
import { clip, pad, widthOf } from '../../../lib/report/width.ts'

const test = suite('lib/report/width')

const wide = (text: string, expected: number) =>
  test(`${JSON.stringify(text)} is ${expected} wide`, () => assert.is(widthOf(text), expected))

wide('chat', 4)
wide('漢字', 4)
wide('e\u0301té', 3)
wide('🚀', 2)
wide('👩‍👩‍👧', 2)
wide('⚠️', 2)
wide('ｆｕｌｌ', 8)
wide('한국', 4)
wide('\u001b[31mred\u001b[39m', 3)
wide('a\u200bb', 2)
wide('│ … ␛', 5)

test('cuts with an ellipsis and never in the middle of a character', () => {
  assert.is(clip('Rocket.Chat', 20), 'Rocket.Chat')
  assert.is(clip('Rocket.Chat', 7), 'Rocket…')
  assert.is(clip('漢字漢字', 6), '漢字…')
  assert.is(clip('🚀🚀🚀', 4), '🚀…')
  assert.is(clip('abc', 0), '')
})

test('cuts keep colours and end them', () => {
  assert.is(clip('\u001b[31mabcdef\u001b[39m', 4), '\u001b[31mabc…\u001b[0m')
  assert.is(clip('\u001b[31mab\u001b[39mcdef', 4), '\u001b[31mab\u001b[39mc…\u001b[0m')
})

test('pads by what is seen', () => {
  assert.is(pad('漢', 4), '漢  ')
  assert.is(pad('long', 2), 'long')
})

test('control characters become visible, line breaks stay', () => {
  assert.is(visible('a\u001b[2Jb\r\nc\td\u0000\u007f\u0085'), 'a␛[2Jb\nc  d␀␡<U+0085>')
  assert.is(visible('\u001b[1;32mok\u001b[0m \u001b[38:5:1mx'), 'ok x')
  assert.is(visibleLine('a\nb'), 'a␊b')
  assert.equal(visibleLines('a\n\nb\n'), ['a', '', 'b'])
  assert.is(visible('\u202etxt.exe\u2066'), '<U+202E>txt.exe<U+2066>')
})

const says = (ms: number, clocked: string, worded: string) =>
  test(`${ms} ms`, () => assert.equal([clock(ms), took(ms)], [clocked, worded]))

says(0, '00:00', '0.0 s')
says(-5, '00:00', '0.0 s')
says(2130, '00:02', '2.1 s')
says(9960, '00:09', '10 s')
says(59_600, '00:59', '1 min 0 s')
says(72_400, '01:12', '1 min 12 s')
says(3_723_000, '1:02:03', '1 h 2 min')

const around = { isTTY: true, term: 'xterm', noColor: undefined, forceColor: undefined, plain: false }
const behaves = (title: string, more: Partial<Parameters<typeof manners>[0]>, colour: boolean, live: boolean) =>
  test(title, () => assert.equal(manners({ ...around, ...more }), { colour, live }))

behaves('a terminal has colours and a live region', {}, true, true)
behaves('a pipe has neither', { isTTY: false }, false, false)
behaves('a dumb terminal has neither', { term: 'dumb' }, false, false)
behaves('NO_COLOR takes the colours', { noColor: '1' }, false, true)
behaves('an empty NO_COLOR does not', { noColor: '' }, true, true)
behaves('FORCE_COLOR colours a pipe', { isTTY: false, forceColor: '1' }, true, false)
behaves('FORCE_COLOR=0 takes the colours', { forceColor: '0' }, false, true)
behaves('NO_COLOR wins over FORCE_COLOR', { noColor: '1', forceColor: '1' }, false, true)
behaves('--no-color wins over FORCE_COLOR', { plain: true, forceColor: '1' }, false, true)

test.run()
