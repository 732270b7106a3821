/** Reads the binary forms of the SSH protocols (RFC 4251 section 5). Throws RangeError past the end. */
export interface WireReader {
  byte(): number
  uint32(): number
  uint64(): bigint
  string(): Buffer
  text(): string
  readonly rest: Buffer
  readonly offset: number
}

export function wireReader(data: Buffer, start = 0): WireReader {
  let offset = start
  const take = (length: number) => {
    if (offset + length > data.length) throw new RangeError('the data ends too early')
    offset += length
    return offset - length
  }
  const string = () => {
    const length = data.readUInt32BE(take(4))
    const from = take(length)
    return data.subarray(from, from + length)
  }
  return {
    byte: () => data.readUInt8(take(1)),
    uint32: () => data.readUInt32BE(take(4)),
    uint64: () => data.readBigUInt64BE(take(8)),
    string,
    text: () => string().toString(),
    get rest() {
      return data.subarray(offset)
    },
    get offset() {
      return offset
    },
  }
}

/** A string of the wire: its length in four bytes, then the bytes. */
export function wireString(content: string | Buffer): Buffer {
  const bytes = Buffer.from(content as string)
  const length = Buffer.alloc(4)
  length.writeUInt32BE(bytes.length)
  return Buffer.concat([length, bytes])
}

/** The type that a public key or certificate names itself: `ssh-ed25519`. */
export function keyType(blob: Buffer): string {
  return wireReader(blob).text()
}
