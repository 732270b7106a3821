import { crc32, gzipSync } from 'node:zlib'
import { writeTar } from '../../lib/sandbox/docker/tar.ts'

/** What shall be in an archive: the content by name, undefined for a folder. */
export type Files = { readonly [name: string]: string | undefined }

/** A tar with gzip; times are all the same, so that it is the same each time. */
export function tarGz(files: Files, mtime = 1_700_000_000): Buffer {
  const entries = Object.entries(files).map(([name, content]) =>
    content === undefined
      ? { header: { name, type: 'directory' as const, mode: 0o755, mtime } }
      : { header: { name, mode: 0o644, mtime }, content: Buffer.from(content) },
  )
  return gzipSync(writeTar(entries as never))
}

/** A zip whose members are stored as they are. */
export function zip(files: Files): Buffer {
  const parts: Buffer[] = []
  const list: Buffer[] = []
  let at = 0
  for (const [name, content = ''] of Object.entries(files)) {
    const bytes = Buffer.from(content)
    const mode = files[name] === undefined ? 0o40755 : 0o100644
    const common = Buffer.alloc(26)
    common.writeUInt16LE(20, 0)
    common.writeUInt16LE(0x5422, 8)
    common.writeUInt32LE(crc32(bytes), 10)
    common.writeUInt32LE(bytes.length, 14)
    common.writeUInt32LE(bytes.length, 18)
    common.writeUInt16LE(Buffer.byteLength(name), 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), bytes])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(mode * 0x10000, 6)
    rest.writeUInt32LE(at, 10)
    list.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x03'), common, rest, Buffer.from(name)]))
    parts.push(local)
    at += local.length
  }
  const directory = Buffer.concat(list)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(list.length, 4)
  end.writeUInt16LE(list.length, 6)
  end.writeUInt32LE(directory.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...parts, directory, Buffer.from('PK\x05\x06'), end])
}
