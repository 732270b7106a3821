import { type FileHandle, open } from 'node:fs/promises'

/** Bytes of a piece: each one is waited for on its way to a host, and two of them are held. */
const length = 512 * 1024

/**
 * The content of a file of this machine, piece by piece, read into the same two places in turn: a piece holds only until the
 * next one is asked for. The next one is read meanwhile. Throws what the system says of the file.
 */
export async function* piecesOf(file: string): AsyncGenerator<Buffer> {
  const handle = await open(file)
  let [place, other] = [Buffer.allocUnsafeSlow(length), Buffer.allocUnsafeSlow(length)]
  let reading = into(handle, place)
  try {
    for (;;) {
      const read = await reading
      if (read === 0) return
      const piece = place.subarray(0, read)
      ;[place, other] = [other, place]
      reading = into(handle, place)
      yield piece
    }
  } finally {
    await reading.catch(() => undefined)
    await handle.close()
  }
}

/** Fills a place as far as the file goes. What it throws is thrown to whoever waits, or to nobody when nobody does. */
function into(handle: FileHandle, place: Buffer): Promise<number> {
  const reading = handle.read(place, 0, length).then(({ bytesRead }) => bytesRead)
  reading.catch(() => undefined)
  return reading
}
