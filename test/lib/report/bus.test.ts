import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { createBus } from '../../../lib/report/bus.ts'
import { createJsonLines } from '../../../lib/report/jsonl.ts'
import { createRedactor } from '../../../lib/report/redactor.ts'
import type { Report, TimedEvent } from '../../../lib/report/report.ts'
import { createTerminal } from '../../../lib/report/terminal.ts'
import { begin, done, end, eventful, missingImage, play, start } from './fake-run.ts'
import { createScreen } from './screen.ts'

const test = suite('lib/report/bus')

const password = 'Wq8$zu/7 "kk'

function listening(): { readonly report: Report; readonly events: TimedEvent[]; closed: boolean } {
  const events: TimedEvent[] = []
  const all = {
    report: { take: (event: TimedEvent) => void events.push(event), close: () => Promise.resolve() },
    events,
  }
  return { ...all, closed: false }
}

const output = (text: string): Event => ({
  kind: 'task.output',
  host: 'h',
  task: 'T',
  id: 'a:1:1',
  stream: 'stdout',
  text,
})

/** Every field of every kind of event that can hold text, with the secret in it. */
const telling = (text: string): Event[] => [
  start({ playbook: text, inventory: text, hosts: [text], diff: true }),
  play(text, [text]),
  { kind: 'host.doing', host: text, doing: text, waits: text, deadline: 5 },
  begin(text, text, 3),
  {
    kind: 'task.planned',
    host: text,
    task: text,
    id: text,
    item: text,
    changes: [{ action: 'update', target: text, before: { [text]: [text] }, after: `a\n${text}\n` }],
  },
  output(`${text}\n`),
  { kind: 'item.done', host: text, task: text, id: text, item: text, status: 'failed', ms: 1, message: text },
  done(text, text, 4, 'failed', {
    message: text,
    result: { [text]: { stdout: text } },
    diagnostics: [{ ...missingImage, message: text, detail: text, mend: text, at: { file: text, line: 1, col: 1 } }],
  }),
  { kind: 'handler.notified', host: text, handler: text, by: text },
  { kind: 'diagnostic', host: text, diagnostic: { ...missingImage, message: text, detail: text } },
  end({ [text]: { failed: 1 } }, { changed: { [text]: [text] }, traffic: { [text]: { [text]: text } } }),
]

for (const format of ['text', 'live', 'json']) {
  test(`no report shows a secret, whatever field it is in: ${format}`, async () => {
    const redactor = createRedactor()
    new Secret(password, 'planted')
    const out = createScreen({ isTTY: format === 'live', columns: 10_000 })
    const err = createScreen({ isTTY: false })
    const look = { out, err, colour: true, live: format === 'live', verbosity: 3 }
    const report = format === 'json' ? createJsonLines(out) : createTerminal({ ...look, every: () => () => undefined })
    const bus = createBus({ reports: [report], redactor })
    for (const event of telling(password)) bus.emit(event)
    await bus.close()
    redactor.close()
    const shown = out.written.join('') + err.written.join('')
    assert.match(shown, '<secret>')
    assert.not.match(shown, 'Wq8')
    assert.not.match(shown, 'zu/7')
  })
}

test('a secret that is a word of ours does not break the stream', () => {
  const redactor = createRedactor()
  for (const word of ['task.done', 'image-not-found', 'update', 'changed', 'unreachable']) redactor.learn(word)
  const { report, events } = listening()
  const bus = createBus({ reports: [report], redactor })
  bus.emit(done('h', 'T', 1, 'changed', { diagnostics: [missingImage] }))
  const [event] = events
  assert.is(event?.kind, 'task.done')
  assert.is(event?.kind === 'task.done' && event.status, 'changed')
  assert.is(event?.kind === 'task.done' && event.diagnostics?.[0]?.code, 'image-not-found')
  redactor.close()
})

test('numbers that are a secret are masked in results, but not times and counts', () => {
  const redactor = createRedactor()
  redactor.learn('48151623')
  const { report, events } = listening()
  createBus({ reports: [report], redactor }).emit(done('h', 'T', 1, 'ok', { ms: 48151623, result: { pin: 48151623 } }))
  const [event] = events
  assert.is(event?.kind === 'task.done' && event.ms, 48151623)
  assert.equal(event?.kind === 'task.done' && event.result, { pin: '<secret>' })
  redactor.close()
})

test('events get the time and keep everything else', () => {
  const { report, events } = listening()
  const redactor = createRedactor()
  const bus = createBus({ reports: [report], redactor, now: () => new Date('2026-03-01T12:00:00Z') })
  const sent = eventful().filter((beat): beat is Event => typeof beat !== 'number')
  for (const event of sent) bus.emit(event)
  redactor.close()
  assert.equal(
    events,
    sent.map((event) => ({ ...event, at: '2026-03-01T12:00:00.000Z' })),
  )
})

test('a secret cut in two by the pieces of an output is masked, and the rest comes before the end of the task', () => {
  const redactor = createRedactor()
  redactor.learn(password)
  const { report, events } = listening()
  const bus = createBus({ reports: [report], redactor })
  bus.emit(output(`first\nthe password is ${password.slice(0, 5)}`))
  bus.emit(output(`${password.slice(5)}!\nand W`))
  bus.emit({ ...output('other'), host: 'g' } as Event)
  bus.emit(done('h', 'T', 1, 'ok', { id: 'a:1:1' }))
  redactor.close()
  const texts = events.map((event) => (event.kind === 'task.output' ? `${event.host} ${event.text}` : event.kind))
  assert.equal(texts, ['h first\nthe password is ', 'h <secret>!\nand ', 'g other', 'h W', 'task.done'])
})

test('a report that throws gets nothing more, the others everything, and closing tells', async () => {
  const { report, events } = listening()
  const redactor = createRedactor()
  let taken = 0
  const broken: Report = {
    take: () => {
      taken++
      throw new Error('out of paper')
    },
    close: () => Promise.resolve(),
  }
  const bus = createBus({ reports: [broken, report], redactor })
  bus.emit(start())
  bus.emit(play('P'))
  assert.is(taken, 1)
  assert.is(events.length, 2)
  let told: unknown
  await bus.close().catch((error: unknown) => {
    told = error
  })
  redactor.close()
  assert.is(told instanceof Error && told.message, 'out of paper')
})

test('JSON lines are one event a line and nothing else', async () => {
  const out = createScreen({ isTTY: false })
  const redactor = createRedactor()
  const bus = createBus({ reports: [createJsonLines(out)], redactor })
  const sent = eventful().filter((beat): beat is Event => typeof beat !== 'number')
  for (const event of sent) bus.emit(event)
  await bus.close()
  redactor.close()
  const lines = out.written.join('').split('\n')
  assert.is(lines.pop(), '')
  assert.equal(
    lines.map((line) => JSON.parse(line).kind),
    sent.map((event) => event.kind),
  )
})

test.run()
