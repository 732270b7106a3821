import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../../lib/core/event.ts'
import { renderPage } from '../../../../lib/report/page/page.ts'
import type { TimedEvent } from '../../../../lib/report/report.ts'
import { eventful } from '../fake-run.ts'

const test = suite('lib/report/page')

const run = eventful({ diff: true }).filter((beat) => typeof beat !== 'number')

const timed = (events: readonly Event[]): readonly TimedEvent[] =>
  events.map((event, index) => ({ ...event, at: new Date(Date.UTC(2026, 0, 1) + index * 100).toISOString() }))

/** The text of the page, in the order in which it is read. */
const textOf = (page: string) => page.replace(/<style>.*<\/style>/s, '').replaceAll(/<[^>]*>/g, '')

/** The run of the tests with this in the place of every text that comes from elsewhere. */
function hostile(value: unknown, text: string, key = ''): unknown {
  if (typeof value === 'string')
    return ['kind', 'status', 'severity', 'action', 'stream', 'at'].includes(key) ? value : text
  if (Array.isArray(value)) return value.map((one) => hostile(one, text))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, hostile(one, text, name)]))
}

const texts = [
  '</title><script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "' onmouseover='alert(1)",
  '<style>*{display:none}</style>',
  '`${1}`',
  '&lt;b&gt; \u202e \u0007 \u0000 ]]> -->',
]
for (const text of texts) {
  test(`${JSON.stringify(text)} stays text wherever it stands`, () => {
    const page = renderPage(hostile(timed(run), text) as TimedEvent[], [[text, text]])
    const tags = new Set([...page.matchAll(/<\/?([a-z][\w-]*)/g)].map((match) => match[1]))
    const known =
      /^(html|head|meta|title|style|body|header|h[123]|span|dl|dt|dd|p|section|article|pre|strong|table|thead|tbody|tr|th|td|div|svg|rect|b|br|details|summary)$/
    assert.equal(
      [...tags].filter((tag) => !known.test(tag ?? '')),
      [],
    )
    assert.not.match(page.replaceAll(/="[^"]*"/g, ''), /<[^>]*\son\w+/)
    assert.is([...page.matchAll(/<style>/g)].length, 1)
    assert.not.ok(page.includes('\u202e') || page.includes('\u0007') || page.includes('\u0000'))
  })
}

test('nothing of the page comes from elsewhere, and no script would run', () => {
  const page = renderPage(timed(run))
  assert.not.match(page, /(src|href|url|@import)\s*[=(]/)
  assert.match(
    page,
    /<meta http-equiv="Content-Security-Policy" content="default-src (&#39;|')none(&#39;|'); style-src /,
  )
})

test('what failed comes first, with its cause and mend', () => {
  const text = textOf(renderPage(timed(run)))
  const places = ['What failed', 'Recap', 'Timeline', 'Changes', 'All tasks'].map((title) =>
    text.indexOf(`\n${title}\n`),
  )
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? -1)),
    places.join(),
  )
})

test('a run that was cut off says what was under way', () => {
  const cut = run.slice(0, run.findLastIndex((event) => event.kind === 'task.start') + 1)
  const text = textOf(renderPage(timed(cut)))
  assert.match(text, 'cut off')
  assert.match(text, 'not finished')
  assert.match(text, 'The record ends in the middle of it.')
})

test('a page of nothing is a page', () => assert.match(textOf(renderPage([])), 'cut off'))

test.run()
