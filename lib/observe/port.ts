import { connect } from 'node:net'
import type { Duplex } from 'node:stream'
import { TaskError } from '../core/diagnostic.ts'
import type { Answer } from '../core/query.ts'
import { saw, sawNothing } from './answers.ts'
import type { Eyes, Observer } from './observe.ts'

/** Milliseconds after which a place counts as out of reach, unless `timeout` says otherwise; a firewall that drops packets says nothing. */
const usualTimeout = 10_000

/**
 * Whether a TCP connection can be opened to `host` and `port`; it is closed at once and nothing is sent. Throws what the
 * link throws when it will not carry such a connection (`forwarding-refused`): then nothing is known. In a rehearsal only
 * its own machines can be looked at.
 */
export const port: Observer = async ({ host, port: number, timeout }, eyes) => {
  if (eyes.rehearsal && eyes.dial === undefined) return sawNothing('nothing outside of the rehearsal exists')
  const milliseconds = typeof timeout === 'number' ? timeout : usualTimeout
  const opened = open(String(host), Number(number), eyes).then(
    (stream): Answer => {
      stream.on('error', () => undefined)
      stream.destroy()
      return saw({})
    },
    (error: unknown): Answer => {
      if (error instanceof TaskError && error.code !== 'dial-refused') throw error
      if (error instanceof TaskError) return sawNothing(error.diagnostics[0]?.detail ?? error.message)
      if (error instanceof Error && 'syscall' in error) return sawNothing(error.message)
      throw error
    },
  )
  opened.catch(() => undefined)
  const { promise: late, resolve } = Promise.withResolvers<Answer>()
  const timer = setTimeout(() => resolve(sawNothing(`no answer within ${milliseconds / 1000} s`)), milliseconds)
  try {
    return await Promise.race([opened, late])
  } finally {
    clearTimeout(timer)
  }
}

function open(host: string, number: number, { dial, signal }: Eyes): Promise<Duplex> {
  if (dial !== undefined) return dial(host, number)
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port: number, signal })
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}
