import { PassThrough } from 'node:stream'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { bench, frames, overStreams, puppet, until, whole } from './bench.ts'

const test = suite('lib/sandbox/docker/logs')

const ready = async (more: object = {}) => {
  const { program, starts } = puppet()
  const made = await bench({ programs: { chat: program } })
  made.double.addImage('chat:1', {})
  const container = await made.docker.createContainer({ name: 'chat', Image: 'chat:1', ...more })
  await container.start()
  const [context] = starts
  if (context === undefined) throw new Error('the program did not start')
  return { ...made, container, context }
}

test('lines come back by stream, tail, time and with their time', async () => {
  const { container, context, end } = await ready()
  const read = async (options: object) => frames(await container.logs({ stdout: true, stderr: true, ...options }))
  try {
    context.log('one')
    context.log('two', 'stderr')
    const before = Date.now()
    await until('the clock has moved on', () => Date.now() > before + 2)
    context.log('three')
    assert.equal(await read({}), [
      ['stdout', 'one\n'],
      ['stderr', 'two\n'],
      ['stdout', 'three\n'],
    ])
    assert.equal(await read({ stderr: false, tail: 1 }), [['stdout', 'three\n']])
    assert.equal(await read({ tail: 0 }), [])
    assert.equal(await read({ since: (before + 1) / 1000 }), [['stdout', 'three\n']])
    assert.match((await read({ tail: 1, timestamps: true }))[0]?.[1] ?? '', /^\d{4}-\d\d-\d\dT\S+Z three\n$/)
  } finally {
    await end()
  }
})

test('following goes on until the container ends', async () => {
  const { container, context, docker, double, end } = await ready()
  try {
    context.log('early')
    for (const client of [docker, overStreams(double)]) {
      const stream = await client.getContainer('chat').logs({ stdout: true, stderr: true, follow: true, tail: 1 })
      const out = new PassThrough()
      let text = ''
      out.on('data', (piece: Buffer) => {
        text += piece.toString()
      })
      client.modem.demuxStream(stream, out, out)
      await until('the past is here', () => /early|late/.test(text))
      context.log(`late ${client === docker}`)
      await until('the line is here', () => text.includes(`late ${client === docker}`))
      if (client === docker) {
        if ('destroy' in stream && typeof stream.destroy === 'function') stream.destroy()
      } else {
        const over = new Promise((resolve) => stream.on('end', resolve))
        await container.stop()
        await over
      }
    }
  } finally {
    await end()
  }
})

test('with a terminal there are no frames', async () => {
  const { container, context, end } = await ready({ Tty: true })
  try {
    context.log('plain')
    assert.is((await container.logs({ stdout: true })).toString(), 'plain\n')
  } finally {
    await end()
  }
})

test('attaching shows what comes from then on', async () => {
  const { container, context, end } = await ready()
  try {
    context.log('before')
    const stream = await container.attach({ stream: true, stdout: true, stderr: true, hijack: true })
    const all = whole(stream)
    context.log('after')
    context.exit(0)
    assert.equal(frames(await all), [['stdout', 'after\n']])
  } finally {
    await end()
  }
})

test.run()
