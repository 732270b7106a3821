import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { plainLines } from '../../../lib/containers/log-text.ts'

const test = suite('lib/containers/log-text')

/** A piece of output as the engine frames it, read as text as an answer is. */
const frame = (stream: number, text: string): Buffer => {
  const content = Buffer.from(text)
  const head = Buffer.alloc(8)
  head[0] = stream
  head.writeUInt32BE(content.length, 4)
  return Buffer.concat([head, content])
}
const time = '2026-01-01T00:00:00.000000000Z'

test('heads are taken off, whatever their lengths look like as text', () => {
  for (const length of [1, 100, 128, 195, 200, 300, 1000, 50_089]) {
    const line = `${time} ${'x'.repeat(Math.max(0, length - time.length - 2))}`
    const text = Buffer.concat([frame(1, `${line}\n`), frame(2, `${time} end\n`)]).toString()
    assert.equal(plainLines(text), [line.trimEnd(), `${time} end`], String(length))
  }
})

test('output of a container with a terminal has no heads', () => {
  assert.equal(plainLines(`${time} one\r\n${time} two\r\n`), [`${time} one`, `${time} two`])
})

test('no output is no line', () => assert.equal(plainLines(''), []))

test.run()
