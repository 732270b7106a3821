import { type Duplex, duplexPair } from 'node:stream'
import type { ServerChannel } from 'ssh2'

/** What the library's channels can do besides what its types say: end one direction and leave the other one open. */
type Halves = ServerChannel & { eof(): void }

/**
 * Joins a channel to a connection as sshd does: each direction ends by itself, and the channel is closed when both have.
 * The library alone would close it together with its first end, and what is under way could be lost.
 */
export function join(channel: ServerChannel, target: Duplex): void {
  let [there, here] = [false, false]
  const close = () => {
    if (there && here) channel.close()
  }
  channel.on('error', () => target.destroy())
  channel.on('close', () => target.destroy())
  channel.on('end', () => {
    here = true
    close()
  })
  target.on('error', () => channel.close())
  target.on('end', () => {
    // An empty piece comes after all others that still wait for room in the window.
    channel.write(Buffer.alloc(0), () => {
      ;(channel as Halves).eof()
      there = true
      close()
    })
  })
  target.on('close', () => {
    if (!target.readableEnded) channel.close()
  })
  channel.pipe(target)
  target.pipe(channel, { end: false })
}

/** A stream for somebody who treats it like a socket; what happens to it happens to the channel in sshd's manner. */
export function socketOf(channel: ServerChannel): Duplex {
  const [near, far] = duplexPair()
  join(channel, near)
  far.on('error', () => near.destroy())
  far.on('close', () => near.destroy())
  near.on('close', () => far.destroy())
  return far
}
