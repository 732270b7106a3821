import net from 'node:net'
import { json } from 'node:stream/consumers'

/** Where a server of one question per connection is: a port of a host, or a socket file. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** Serves connections that carry one JSON document each way; the client ends its side after the question. */
export function answering(answer: (question: never) => Promise<unknown>): net.Server {
  return net.createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    json(socket)
      .then((question) => answer(question as never))
      .then((given) => socket.end(JSON.stringify(given)))
      .catch(() => socket.destroy())
  })
}

/** Asks such a server. Rejects when it does not listen, or ends without an answer within the time (milliseconds). */
export async function ask<T>(address: Address, question: unknown, timeout = 10_000): Promise<T> {
  const socket = net.connect({ ...address, allowHalfOpen: true })
  socket.setTimeout(timeout, () => socket.destroy(new Error('no answer in time')))
  socket.end(JSON.stringify(question))
  return (await json(socket)) as T
}
