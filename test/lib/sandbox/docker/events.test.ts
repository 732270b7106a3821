import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, overStreams, puppet, until } from './bench.ts'

const test = suite('lib/sandbox/docker/events')

const parsed = (text: string) =>
  text
    .trim()
    .split('\n')
    .filter((line) => line !== '')
    .map((line): { Type: string; Action: string; Actor: { Attributes: Record<string, string> } } => JSON.parse(line))

test('events are told as they happen, and the past ones on request', async () => {
  const { program, starts } = puppet()
  const { docker, double, end } = await bench({ programs: { chat: program } })
  try {
    double.addImage('chat:1', {})
    const since = Math.floor(Date.now() / 1000)
    for (const client of [docker, overStreams(double)]) {
      const stream = await client.getEvents({ filters: { type: ['container'], label: ['mine'] } })
      let text = ''
      stream.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      await docker.createContainer({ Image: 'chat:1' })
      const container = await client.createContainer({ name: 'chat', Image: 'chat:1', Labels: { mine: '1' } })
      await container.start()
      starts.at(-1)?.exit(2)
      await container.remove()
      await until('the removal is told', () => text.includes('destroy'))
      assert.equal(
        parsed(text).map(({ Action }) => Action),
        ['create', 'start', 'die', 'destroy'],
      )
      assert.is(parsed(text)[2]?.Actor.Attributes.exitCode, '2')
      assert.is(parsed(text)[2]?.Actor.Attributes.name, 'chat')
      if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
    }
    const past = await docker.getEvents({ since, until: Date.now() / 1000, filters: { event: ['die'] } })
    let text = ''
    for await (const piece of past) text += String(piece)
    assert.is(parsed(text).length, 2)
  } finally {
    await end()
  }
})

test.run()
