import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

/**
 * To be loaded before an entry (`--import`): the disk that the records of runs are on is full from the write that
 * `FULL_AT` gives the number of (from 1). As on a real one, there is room for half of that write, and for nothing behind it.
 */
const at = Number(process.env.FULL_AT)
const { openSync, writeSync } = fs
const records = new Set<number>()
let count = 0

fs.openSync = (file, ...rest) => {
  const handle = openSync(file, ...rest)
  if (/[\\/]runs[\\/][^\\/]*\.jsonl$/.test(String(file)) && rest[0] !== 'r') records.add(handle)
  else records.delete(handle)
  return handle
}

fs.writeSync = ((handle: number, bytes: Buffer, offset: number, ...rest: []) => {
  if (!records.has(handle) || ++count < at) return writeSync(handle, bytes, offset, ...rest)
  if (count === at) return writeSync(handle, bytes, offset, Math.floor((bytes.byteLength - offset) / 2))
  throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC', syscall: 'write' })
}) as typeof fs.writeSync

syncBuiltinESMExports()
