/** Which of a process' streams a piece of output came from. */
export type OutputStream = 'stdout' | 'stderr'

/** A piece of output in the engine's multiplexed form: stream number, three zero bytes, length (big-endian), content. */
export const frame = (stream: OutputStream, content: string | Buffer): Buffer => {
  const body = Buffer.isBuffer(content) ? content : Buffer.from(content)
  const head = Buffer.alloc(8)
  head.writeUInt8(stream === 'stdout' ? 1 : 2, 0)
  head.writeUInt32BE(body.length, 4)
  return Buffer.concat([head, body])
}

/** Output as it goes over the wire: bare with a terminal, framed without one. */
export const wire = (tty: boolean, stream: OutputStream, content: string | Buffer): Buffer =>
  tty ? Buffer.from(content) : frame(stream, content)
