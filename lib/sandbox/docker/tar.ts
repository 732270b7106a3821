/** One entry of a tar archive. `size` counts bytes; `mode` holds the permission bits only; times are seconds since 1970. */
export interface TarHeader {
  readonly name: string
  readonly type: 'file' | 'directory' | 'symlink' | 'link' | 'other'
  readonly size: number
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly linkName: string
}

export interface TarEntry {
  readonly header: TarHeader
  /** Empty unless the entry was asked for. */
  readonly content: Buffer
}

const block = 512
const types: Readonly<Record<string, TarHeader['type']>> = {
  '0': 'file',
  '\0': 'file',
  '7': 'file',
  '1': 'link',
  '2': 'symlink',
  '5': 'directory',
}

/** Bytes of a stream in the portions that are asked for. */
const portions = (source: AsyncIterable<Uint8Array>) => {
  const input = source[Symbol.asyncIterator]()
  let held: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    const next = await input.next()
    if (next.done) return false
    held = held.length === 0 ? Buffer.from(next.value) : Buffer.concat([held, next.value])
    return true
  }
  return {
    /** Exactly `count` bytes; undefined when the stream is at its end; throws when it ends in between. */
    take: async (count: number): Promise<Buffer | undefined> => {
      const parts: Buffer[] = []
      let missing = count
      while (missing > 0) {
        if (held.length === 0 && !(await more())) {
          if (missing === count) return undefined
          throw new Error('unexpected EOF')
        }
        const part = held.subarray(0, missing)
        parts.push(part)
        held = held.subarray(part.length)
        missing -= part.length
      }
      return parts.length === 1 ? parts[0] : Buffer.concat(parts)
    },
    skip: async (count: number): Promise<void> => {
      let missing = count
      while (missing > 0) {
        if (held.length === 0 && !(await more())) throw new Error('unexpected EOF')
        const part = Math.min(held.length, missing)
        held = held.subarray(part)
        missing -= part
      }
    },
  }
}

const text = (from: Buffer): string => {
  const end = from.indexOf(0)
  return from.toString('utf8', 0, end < 0 ? from.length : end)
}

/** A numeric field: octal digits, or (first bit set) a big-endian number for what octal cannot hold. */
const number = (from: Buffer): number => {
  if (((from[0] ?? 0) & 0x80) === 0) return Number.parseInt(text(from).trim() || '0', 8)
  return from.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0)
}

const checksum = (raw: Buffer): number => raw.reduce((sum, byte, at) => sum + (at >= 148 && at < 156 ? 32 : byte), 0)

const parse = (raw: Buffer): TarHeader & { readonly flag: string } => {
  if (number(raw.subarray(148, 156)) !== checksum(raw)) throw new Error('archive/tar: invalid tar header')
  const prefix = raw.toString('latin1', 257, 262) === 'ustar' ? text(raw.subarray(345, 500)) : ''
  const name = text(raw.subarray(0, 100))
  const flag = String.fromCharCode(raw[156] ?? 0)
  return {
    flag,
    name: prefix === '' ? name : `${prefix}/${name}`,
    type: types[flag] ?? 'other',
    size: number(raw.subarray(124, 136)),
    mode: number(raw.subarray(100, 108)) & 0o7777,
    uid: number(raw.subarray(108, 116)),
    gid: number(raw.subarray(116, 124)),
    mtime: number(raw.subarray(136, 148)),
    linkName: text(raw.subarray(157, 257)),
  }
}

/** The records of a pax header: lines of "length key=value". */
const paxRecords = (content: Buffer): Readonly<Record<string, string>> => {
  const found: Record<string, string> = {}
  let rest = content
  while (rest.length > 0) {
    const length = Number.parseInt(rest.toString('utf8', 0, 20), 10)
    if (!(length > 0)) break
    const line = rest.toString('utf8', 0, length - 1)
    const record = line.slice(line.indexOf(' ') + 1)
    const equals = record.indexOf('=')
    found[record.slice(0, equals)] = record.slice(equals + 1)
    rest = rest.subarray(length)
  }
  return found
}

const padding = (size: number): number => (block - (size % block)) % block

/**
 * The entries of a tar stream (ustar, pax and GNU long names). The content of an entry is read when `wants` says so and skipped
 * otherwise, so archives larger than the memory pass through. Throws on a wrong checksum or an early end.
 */
export async function* readTar(
  source: AsyncIterable<Uint8Array>,
  wants: (header: TarHeader) => boolean = () => true,
): AsyncGenerator<TarEntry> {
  const input = portions(source)
  let long: { name?: string; linkName?: string; size?: number } = {}
  for (;;) {
    const raw = await input.take(block)
    if (raw === undefined) throw new Error('unexpected EOF')
    if (raw.every((byte) => byte === 0)) break
    const { flag, ...plain } = parse(raw)
    if ('xgLK'.includes(flag)) {
      const content = (await input.take(plain.size)) ?? Buffer.alloc(0)
      await input.skip(padding(plain.size))
      const pax = flag === 'x' ? paxRecords(content) : {}
      if (flag === 'L') long.name = text(content)
      if (flag === 'K') long.linkName = text(content)
      if (pax.path !== undefined) long.name = pax.path
      if (pax.linkpath !== undefined) long.linkName = pax.linkpath
      if (pax.size !== undefined) long.size = Number(pax.size)
      continue
    }
    const header: TarHeader = { ...plain, ...long }
    long = {}
    const size = header.type === 'file' ? header.size : 0
    if (size > 0 && wants(header)) {
      const content = await input.take(size)
      if (content === undefined) throw new Error('unexpected EOF')
      await input.skip(padding(size))
      yield { header, content }
    } else {
      await input.skip(size + padding(size))
      yield { header, content: Buffer.alloc(0) }
    }
  }
  // What follows the end mark is padding; it is read so that the sender is not cut off.
  while ((await input.take(block).catch(() => undefined)) !== undefined);
}

const put = (raw: Buffer, at: number, width: number, value: number): void => {
  raw.write(
    `${value
      .toString(8)
      .padStart(width - 1, '0')
      .slice(-(width - 1))}\0`,
    at,
    'latin1',
  )
}

const flagOf: Readonly<Record<TarHeader['type'], string>> = {
  file: '0',
  link: '1',
  symlink: '2',
  directory: '5',
  other: '0',
}

const headerBlock = (header: TarHeader, flag: string): Buffer => {
  const raw = Buffer.alloc(block)
  raw.write(header.name, 0, 100, 'utf8')
  put(raw, 100, 8, header.mode)
  put(raw, 108, 8, header.uid)
  put(raw, 116, 8, header.gid)
  put(raw, 124, 12, header.size)
  put(raw, 136, 12, Math.floor(header.mtime))
  raw.write(flag, 156, 'latin1')
  raw.write(header.linkName, 157, 100, 'utf8')
  raw.write('ustar\x0000', 257, 'latin1')
  put(raw, 148, 7, checksum(raw))
  raw.write(' ', 155, 'latin1')
  return raw
}

const padded = (content: Buffer): Buffer => Buffer.concat([content, Buffer.alloc(padding(content.length))])

const paxRecord = (key: string, value: string): string => {
  const tail = ` ${key}=${value}\n`
  const bytes = Buffer.byteLength(tail)
  let length = bytes
  while (bytes + String(length).length !== length) length = bytes + String(length).length
  return `${length}${tail}`
}

/** A tar archive of the entries, names longer than 100 bytes included; ends with its end mark. */
export const writeTar = (
  entries: readonly { readonly header: Partial<TarHeader> & { readonly name: string }; readonly content?: Buffer }[],
): Buffer => {
  const parts: Buffer[] = []
  for (const { header, content = Buffer.alloc(0) } of entries) {
    const whole: TarHeader = {
      type: 'file',
      mode: 0o644,
      uid: 0,
      gid: 0,
      mtime: 0,
      linkName: '',
      ...header,
      size: content.length,
    }
    const pax =
      (Buffer.byteLength(whole.name) > 100 ? paxRecord('path', whole.name) : '') +
      (Buffer.byteLength(whole.linkName) > 100 ? paxRecord('linkpath', whole.linkName) : '')
    if (pax !== '') {
      const records = Buffer.from(pax)
      parts.push(
        headerBlock({ ...whole, name: 'PaxHeaders', linkName: '', size: records.length }, 'x'),
        padded(records),
      )
    }
    parts.push(headerBlock(whole, flagOf[whole.type]), padded(content))
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * block)])
}
