import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { commandLine } from '../../../lib/connect/become.ts'
import { bootstrap, closing, newFrame, opening, unframer } from '../../../lib/connect/frame.ts'
import { slots } from '../../../lib/core/slots.ts'

const test = suite('lib/connect/frame')
const frame = newFrame()
const whole = (body: string) => `noise ${frame.mark.slice(0, 9)}\n${frame.mark} 4711(${body})${frame.mark} 3\nafter`

/** Feeds a stream in pieces of a size and tells what came out. */
function read(text: string, size: number) {
  const out: Buffer[] = []
  const one = unframer(frame, (chunk) => out.push(chunk))
  const bytes = Buffer.from(text, 'latin1')
  for (let at = 0; at < bytes.length; at += size) one.feed(bytes.subarray(at, at + size))
  one.end()
  return { body: Buffer.concat(out).toString('latin1'), code: one.code, pid: one.pid, noise: one.noise }
}

for (const size of [1, 2, 7, 33, 1000]) {
  test(`finds the marks in pieces of ${size} bytes`, () => {
    for (const body of ['', 'plain\n', `)${frame.mark.slice(0, 20)}`, ')))', '\0\xff(', `${frame.mark}(`]) {
      const { pid, code, body: found, noise } = read(whole(body), size)
      assert.equal([pid, code, found], [4711, 3, body])
      assert.is(noise, `noise ${frame.mark.slice(0, 9)}\n`)
    }
  })
}

test('gives what it has when the end is missing', () => {
  const { body, code } = read(`${frame.mark} 1(some)${frame.mark.slice(0, 5)}`, 3)
  assert.equal([body, code], [`some)${frame.mark.slice(0, 5)}`, undefined])
  const none = read('This account is not available.\n', 5)
  assert.equal([none.pid, none.noise], [undefined, 'This account is not available.\n'])
})

test('hands output on at once, but for what may be the closing mark', () => {
  const seen: string[] = []
  const one = unframer(frame, (chunk) => seen.push(chunk.toString()))
  one.feed(Buffer.from(`${frame.mark} 1(progress 1%`))
  assert.equal(seen, ['progress 1%'])
  one.feed(Buffer.from(' (half)'))
  assert.equal(seen, ['progress 1%', ' (half'])
})

test('the command means the same to every login shell: no quotes, backslashes, exclamation marks or line breaks inside', () => {
  for (const become of [undefined, { user: 'ops' }, { user: 'ops', password: 'x' }]) {
    const line = commandLine(frame, become)
    const words = [...line.matchAll(/'([^']*)'/g)].map(([, word]) => word ?? '')
    assert.is(line, `sh -c ${line.replace(/^sh -c /, '')}`)
    assert.ok(words.every((word) => !/[\\!\n']/.test(word)))
    assert.not.match(line.replaceAll(/'[^']*'/g, ''), /[^\w -]/)
    assert.not.match(line, 'x'.repeat(2))
  }
})

for (const stdin of ['null', 'rest'] as const) {
  test(`a script that was cut short on its way is not run (${stdin})`, () => {
    const run = (script: string) =>
      spawnSync('sh', ['-c', bootstrap(frame)], { input: `password\n${opening(frame, { stdin })}${script}` })
    const script = 'echo ran\necho to the end'
    const whole = run(closing(frame, script))
    assert.match(whole.stdout.toString(), 'ran\nto the end\n')
    assert.is(whole.status, 0)
    for (const length of [0, 5, 9, script.length, closing(frame, script).length - 3]) {
      const cut = run(closing(frame, script).slice(0, length))
      assert.not.match(cut.stdout.toString(), /ran|end/)
      assert.is(cut.status, 125)
    }
  })
}

test('places are given in order, and fewer when the host takes fewer', async () => {
  const places = slots(3)
  const order: number[] = []
  const leave = await Promise.all([places.take(), places.take(), places.take()])
  const waiting = [1, 2, 3].map((index) =>
    places.take().then((give) => {
      order.push(index)
      return give
    }),
  )
  places.shrink()
  leave[0]?.()
  leave[0]?.()
  await new Promise((resolve) => setTimeout(resolve, 1))
  assert.equal([order, places.busy], [[], 2])
  leave[1]?.()
  assert.equal([await waiting[0], order].length, 2)
  const stop = new AbortController()
  const given = places.take(stop.signal).catch((error) => error)
  stop.abort('enough')
  assert.is(await given, 'enough')
  leave[2]?.()
  ;(await waiting[0])?.()
  await Promise.all(waiting)
  assert.equal(order, [1, 2, 3])
})

test.run()
