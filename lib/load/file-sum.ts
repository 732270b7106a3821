import { createHash } from 'node:crypto'
import { closeSync, openSync, readSync } from 'node:fs'
import { access, constants, open } from 'node:fs/promises'
import { Worker } from 'node:worker_threads'

/** The SHA-256 of a file of this machine. */
export interface FileSum {
  /** In hexadecimal digits; calculated here and now when it is not known yet. Throws what the system says of the file. */
  sha256(): string
  /** Waits until it is known, or cannot be; never rejects. */
  hashed(): Promise<void>
}

/** Bytes from which on a thread of its own is worth its start: that takes as long as to hash so many. */
const large = 32 * 1024 * 1024

/** Bytes that are read at once, again and again into the same place. */
const piece = 1024 * 1024

/**
 * Begins to hash a file of so many bytes. A large one is hashed in a thread beside the run, while hosts are connected to and
 * asked, and is not waited for here. Rejects with what the system says when the file cannot be read.
 */
export async function fileSum(file: string, size: number): Promise<FileSum> {
  if (size < large) {
    const sum = await hashBetween(file)
    return { sha256: () => sum, hashed: async () => undefined }
  }
  await access(file, constants.R_OK)
  let sum: string | undefined
  const hashed = beside(file).then((found) => {
    sum ??= found
  })
  return {
    sha256() {
      sum ??= hashNow(file)
      return sum
    },
    hashed: () => hashed,
  }
}

/** One file at a time: more threads would only be in each other's way, and in that of the run. */
let last: Promise<unknown> = Promise.resolve()

function beside(file: string): Promise<string | undefined> {
  const next = last.then(() => inThread(file))
  last = next
  return next
}

/** Undefined when the thread came to no result: then whoever needs the sum calculates it, and learns why. */
function inThread(file: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const worker = new Worker(new URL('./file-sum-thread.ts', import.meta.url), { workerData: file })
    worker.once('message', resolve)
    worker.once('error', () => resolve(undefined))
    worker.once('exit', () => resolve(undefined))
  })
}

/** Hashes a file in one go; nothing else happens meanwhile. */
export function hashNow(file: string): string {
  const hash = createHash('sha256')
  const bytes = Buffer.allocUnsafeSlow(piece)
  const handle = openSync(file, 'r')
  try {
    for (let read = readSync(handle, bytes); read > 0; read = readSync(handle, bytes))
      hash.update(bytes.subarray(0, read))
  } finally {
    closeSync(handle)
  }
  return hash.digest('hex')
}

async function hashBetween(file: string): Promise<string> {
  const hash = createHash('sha256')
  const bytes = Buffer.allocUnsafeSlow(piece)
  const handle = await open(file)
  try {
    for (;;) {
      const { bytesRead } = await handle.read(bytes, 0, piece)
      if (bytesRead === 0) return hash.digest('hex')
      hash.update(bytes.subarray(0, bytesRead))
    }
  } finally {
    await handle.close()
  }
}
