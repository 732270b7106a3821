import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Event } from '../../../lib/core/event.ts'
import { createTerminal, type TerminalOptions } from '../../../lib/report/terminal.ts'
import { golden } from '../../golden.ts'
import { type Beat, begin, doing, done, end, eventful, missingImage, play, settled, start } from './fake-run.ts'
import { createScreen, type Screen } from './screen.ts'

const test = suite('lib/report/terminal')

const viewFile = (name: string): URL => new URL(`views/${name}.txt`, import.meta.url)

const noon = Date.parse('2026-03-01T12:00:00Z')
const rerun = (hosts: readonly string[]): string =>
  ['npx zx playbooks/install.ts --inventory prod', ...(hosts.length > 0 ? [`--limit ${hosts.join(',')}`] : [])].join(
    ' ',
  )

/** A terminal report with a clock that only moves when told. */
function stage(options: Partial<TerminalOptions> & { readonly screen?: Screen } = {}) {
  const out = options.screen ?? createScreen({ isTTY: options.live ?? false })
  const err = createScreen({ isTTY: false })
  let time = noon
  let tick = (): void => undefined
  const report = createTerminal({
    out,
    err,
    colour: false,
    live: false,
    verbosity: 0,
    rerun,
    now: () => time,
    every: (_, call) => {
      tick = call
      return () => undefined
    },
    soon: (call) => call(),
    ...options,
  })
  const wait = (ms: number): void => {
    for (const last = time + ms; time < last; ) {
      time = Math.min(last, time + 200)
      tick()
    }
  }
  const play = (beats: readonly Beat[]): void => {
    for (const beat of beats) {
      if (typeof beat === 'number') wait(beat)
      else report.take({ ...(beat as Event), at: new Date(time).toISOString() })
    }
  }
  return { out, err, play, close: () => report.close() }
}

async function shown(beats: readonly Beat[], options: Partial<TerminalOptions> = {}): Promise<string> {
  const { out, err, play, close } = stage(options)
  play(beats)
  await close()
  assert.is(err.text(), '')
  return out.text()
}

const view = (name: string, beats: readonly Beat[], options: Partial<TerminalOptions> = {}) =>
  test(`view ${name}`, async () => golden(viewFile(name), await shown(beats, options)))

view('plain', eventful())
view('plain-v', eventful(), { verbosity: 1 })
view('plain-vv', eventful(), { verbosity: 2 })
view('plain-vvv', eventful({ diff: true }), { verbosity: 3 })
view('check-diff', eventful({ check: true, diff: true }))
view('settled', settled)
view('live-end', eventful(), { live: true })

test('the end of a live run shows what a log shows, without its reminders', async () => {
  const log = (await shown(eventful())).split('\n').filter((line) => !line.startsWith('still waiting'))
  assert.is(await shown(eventful(), { live: true }), log.join('\n'))
})

test('view live-moments: what a person sees while it runs', () => {
  const { out, play: act } = stage({ live: true, screen: createScreen({ columns: 90 }) })
  const moments: string[] = []
  const beats = eventful()
  beats.forEach((beat, index) => {
    act([beat])
    if (typeof beat === 'number') moments.push(`--- before event ${index + 2} of ${beats.length}\n${out.text()}`)
  })
  golden(viewFile('live-moments'), moments.join('\n'))
})

test('colours are Ansible’s', async () => {
  const text = (await coloured([start(), play('P'), done('h', 'T', 1, 'changed'), done('h', 'U', 2, 'ok')])).join('')
  assert.ok(text.includes('\u001b[33mchanged\u001b[39m'), text)
  assert.ok(text.includes('\u001b[32mok     \u001b[39m'), text)
})

async function coloured(beats: readonly Beat[]): Promise<readonly string[]> {
  const { out, play: act, close } = stage({ colour: true })
  act(beats)
  await close()
  return out.written
}

test('a log holds no escape sequence, whatever the hosts say', async () => {
  const evil = '\u001b[2J\u001b[1;31mred\u001b[0m\rgone\u0007\u009b2J\u202e'
  const { out, play: act, close } = stage({ verbosity: 3 })
  act([
    start({ diff: true }),
    play(evil),
    doing('h', evil),
    begin('h', evil, 3),
    {
      kind: 'task.planned',
      host: 'h',
      task: evil,
      id: evil,
      changes: [{ action: 'update', target: evil, before: evil, after: `${evil}\n` }],
    },
    { kind: 'task.output', host: 'h', task: evil, id: evil, stream: 'stdout', text: `${evil}\n` },
    done('h', evil, 3, 'failed', {
      message: evil,
      result: { [evil]: evil },
      diagnostics: [{ ...missingImage, detail: evil }],
    }),
    { kind: 'diagnostic', diagnostic: { ...missingImage, message: evil } },
    end({ [evil]: { failed: 1 } }, { changed: { [evil]: [evil] } }),
  ])
  await close()
  const all = out.written.join('')
  assert.not.match(all.replaceAll('\n', ''), /[\p{Cc}\u202e]/u)
  assert.match(all, '␛[2Jred␍gone␇<U+009B>2J<U+202E>')
})

test('a live line never exceeds the window, with wide characters too', () => {
  const screen = createScreen({ columns: 40 })
  const { play: act } = stage({ live: true, screen })
  act([start(), play('P', ['h']), begin('h', '漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字漢字', 1), 400])
  const line = screen.text().split('\n').at(-2) ?? ''
  assert.ok(line.endsWith('…'), line)
  assert.ok(line.length <= 32, line)
})

test('a window made narrower leaves no rest of the region behind', () => {
  const screen = createScreen({ columns: 90 })
  const { play: act } = stage({ live: true, screen })
  act([start(), play('P', ['h']), begin('h', 'A task with a name that is rather long, so that it wraps', 1), 400])
  const before = screen.text()
  assert.match(before, 'so that it wraps')
  screen.columns = 40
  const wrapped = before.split('\n').flatMap((line) => line.match(/.{1,40}/g) ?? [''])
  const other = createScreen({ columns: 40 })
  other.write(wrapped.join('\n'))
  const moved = screen.written.length
  act([done('h', 'Short', 2, 'ok')])
  for (const text of screen.written.slice(moved)) other.write(text)
  assert.not.match(other.text(), 'so that it wraps')
  assert.not.match(other.text(), '00:00')
})

test('more busy hosts than rows are counted, not drawn', () => {
  const screen = createScreen({ rows: 10 })
  const { play: act } = stage({ live: true, screen })
  const hosts = Array.from({ length: 30 }, (_, index) => `h${index}`)
  act([start({ hosts }), play('P', hosts), ...hosts.map((host) => begin(host, 'T', 1)), 400])
  assert.match(screen.text(), /… and 23 more\n$/)
  act([done('h3', 'T', 1, 'ok'), 400])
  assert.match(screen.text(), /… and 22 more\n$/)
})

for (const live of [false, true])
  test(`lines of many hosts at the same time are written together, ${live ? 'with one region' : 'in a log'}`, async () => {
    const hosts = Array.from({ length: 30 }, (_, index) => `h${index}`)
    const calls: (() => void)[] = []
    const { out, play: act, close } = stage({ live, soon: (call) => calls.push(call) })
    const beats = [start({ hosts }), play('P', hosts), ...hosts.map((host) => begin(host, 'T', 1))]
    act(beats)
    for (const call of calls.splice(0)) call()
    const before = out.written.length
    act(hosts.slice(1).map((host) => done(host, 'T', 1, 'ok')))
    assert.is(calls.length, 1)
    assert.is(out.written.length, before)
    for (const call of calls.splice(0)) call()
    assert.is(out.written.length, before + 1)
    act([done('h0', 'T', 1, 'ok'), end({ h0: { ok: 1 } })])
    await close()
    const text = out.text()
    for (const host of hosts)
      assert.ok(
        text.split('\n').some((line) => new RegExp(`^ok +${host} +T$`).test(line)),
        host,
      )
    assert.match(text, /1 host, 0 tasks changed/)
    assert.ok(text.indexOf('h29') < text.indexOf('h0 '))
  })

test('silence in a log is broken every half minute, not more often', async () => {
  const text = await shown([
    start(),
    play('P', ['h']),
    begin('h', 'Slow', 1),
    95_000,
    done('h', 'Slow', 1, 'ok'),
    end({}),
  ])
  const notes = text.split('\n').filter((line) => line.startsWith('still waiting'))
  assert.equal(notes, [
    'still waiting  h  Slow, 00:30 so far',
    'still waiting  h  Slow, 01:00 so far',
    'still waiting  h  Slow, 01:30 so far',
  ])
})

test('findings before the run are one list on stderr, warnings first, with a count', async () => {
  const { out, err, play: act, close } = stage()
  const at = { file: 'playbooks/configure.yml', line: 14, col: 7 }
  act([
    {
      kind: 'diagnostic',
      diagnostic: {
        code: 'unknown-key',
        severity: 'error',
        message: '"valeu" is not an argument of rocketchat_settings',
        at,
        detail: '   14 |       valeu: https://chat.example.org\n      |       ^^^^^',
        mend: 'did you mean "value"? It takes: id, value',
      },
    },
    { kind: 'diagnostic', diagnostic: { code: 'bad-value', severity: 'error', message: 'forks must be 1 or more' } },
    {
      kind: 'diagnostic',
      diagnostic: { code: 'unused-variable', severity: 'warning', message: '"prot" is never used', at },
    },
    { kind: 'diagnostic', diagnostic: { code: 'bad-value', severity: 'error', message: 'forks must be 1 or more' } },
  ])
  await close()
  assert.is(out.text(), '')
  golden(viewFile('load-errors'), err.text())
})

test('a run that breaks off says so and takes its region away', async () => {
  const { out, play: act, close } = stage({ live: true })
  act([start(), play('P', ['h']), begin('h', 'T', 1), 400])
  await close()
  assert.match(out.text(), /\nThe run broke off before its end.\n$/)
  assert.not.match(out.text(), '00:00')
})

test('a stopped run says how to go on', async () => {
  const { out, play: act, close } = stage()
  act([start(), play('P', ['h']), done('h', 'T', 1, 'ok'), end({ h: { ok: 1 } }, { stopped: true, exitCode: 130 })])
  await close()
  assert.match(out.text(), 'To go on, run it again')
  assert.match(out.text(), '    npx zx playbooks/install.ts --inventory prod\n')
})

test.run()
