import { createSecretKey, type KeyObject } from 'node:crypto'

/** What is used of the library's own AES-GCM, which makes a new cipher for each packet. It is not part of its interface. */
interface Ciphers {
  readonly _protocol?: {
    readonly _cipher?: { _encKey?: Buffer | KeyObject; _encIV?: unknown }
    readonly _decipher?: { _decipherKey?: Buffer | KeyObject }
  }
}

/**
 * Makes the keys of a link ready for OpenSSL once. The library hands them over as bytes for each packet, and making a key of
 * them takes as long as encrypting what is in the packet. Other ciphers, and a library that is made differently, are left as they are.
 */
export function prepareKeys(client: unknown): void {
  const { _cipher: cipher, _decipher: decipher } = (client as Ciphers)._protocol ?? {}
  if (Buffer.isBuffer(cipher?._encKey)) cipher._encKey = createSecretKey(cipher._encKey)
  if (Buffer.isBuffer(decipher?._decipherKey)) decipher._decipherKey = createSecretKey(decipher._decipherKey)
}
