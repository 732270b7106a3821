import type { Duplex } from 'node:stream'

/**
 * Lets what is written within one turn of the event loop leave together. The SSH library writes each packet in three
 * parts (length, content, code of authenticity); without Nagle's algorithm each part would be a system call and a
 * segment of its own.
 */
export function coalesced<T extends Duplex>(stream: T): T {
  const write = stream.write.bind(stream) as (...args: unknown[]) => boolean
  let corked = false
  const uncork = () => {
    corked = false
    stream.uncork()
  }
  stream.write = ((...args: unknown[]) => {
    if (!corked) {
      corked = true
      stream.cork()
      process.nextTick(uncork)
    }
    return write(...args)
  }) as T['write']
  return stream
}
