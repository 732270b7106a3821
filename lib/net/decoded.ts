import { pipeline, type Readable } from 'node:stream'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'

const decoders: { readonly [encoding: string]: () => NodeJS.ReadWriteStream & Readable } = {
  gzip: createGunzip,
  'x-gzip': createGunzip,
  deflate: createInflate,
  br: createBrotliDecompress,
  zstd: createZstdDecompress,
}

/** The body without its `content-encoding`; one that nobody knows stays as it is. */
export function decoded(body: Readable, encoding: string | undefined): Readable {
  const decoder = decoders[(encoding ?? '').trim().toLowerCase()]?.()
  if (decoder === undefined) return body
  pipeline(body, decoder, () => undefined)
  return decoder
}
