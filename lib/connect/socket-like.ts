import { Duplex, type Readable, type Writable } from 'node:stream'

/** The two ends of something that is not a socket but shall be used like one. */
export interface Ends {
  readonly source: Readable
  readonly sink: Writable
  /** Lets go of both. */
  close(): void
  /** Why it broke, when it closed before its end. */
  readonly failure: () => Error | undefined
}

/**
 * A Duplex that can stand for a socket, with back-pressure in both directions and the usual rules of `destroy`. Idle timeouts, keep-alive probes and Nagle's algorithm are the business of the link below.
 */
export function socketLike({ source, sink, close, failure }: Ends): Duplex {
  const send = (bytes: Buffer, done: () => void) => {
    if (sink.write(bytes)) done()
    else waiting = done
  }
  const stream = new Duplex({
    // As with a socket: what the far side has ended is over. An SSH server tells of no more than that when the program behind
    // a stream is gone, and whoever keeps streams for later must not use this one again.
    allowHalfOpen: false,
    read() {
      source.resume()
    },
    write: (chunk: Buffer, _encoding, done) => send(chunk, done),
    writev: (chunks, done) => send(Buffer.concat(chunks.map(({ chunk }) => chunk)), done),
    final(done) {
      sink.end()
      done()
    },
    destroy(error, done) {
      close()
      source.resume()
      done(error)
    },
  })
  let waiting: (() => void) | undefined
  const goOn = () => {
    const done = waiting
    waiting = undefined
    done?.()
  }
  let ended = false
  source.on('data', (chunk: Buffer) => {
    if (!stream.destroyed && !stream.push(chunk)) source.pause()
  })
  source.once('end', () => {
    ended = true
    if (!stream.destroyed && failure() === undefined) stream.push(null)
  })
  source.once('close', () => {
    const error = failure()
    if (error !== undefined || !ended) stream.destroy(error ?? new Error('the stream broke off'))
    else if (!stream.writableEnded) stream.end()
    goOn()
  })
  sink.on('drain', goOn)
  sink.on('error', (error) => stream.destroy(error))
  return socketManners(stream)
}

/** Gives a stream the methods that Node's HTTP client calls on sockets. */
export function socketManners(stream: Duplex): Duplex {
  const chain = () => stream
  return Object.assign(stream, {
    setKeepAlive: chain,
    setNoDelay: chain,
    setTimeout: chain,
    ref: chain,
    unref: chain,
  })
}
