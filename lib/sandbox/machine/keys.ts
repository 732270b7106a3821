import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import ssh2 from 'ssh2'

/** A key pair in a file of its own. */
export interface KeyPair {
  readonly file: string
  /** The private key, in OpenSSH form. */
  readonly key: string
  /** `ssh-ed25519 AAAA…` */
  readonly publicKey: string
}

/** The key pair `name` in `folder`, made at the first use; only the owner may read it. */
export function keyPair(folder: string, name: string): KeyPair {
  const file = join(folder, name)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (!existsSync(file)) {
    const made = readableKeyPair()
    writeFileSync(`${file}.pub`, `${made.public}\n`, { mode: 0o600 })
    writeFileSync(file, made.private, { mode: 0o600 })
  }
  return { file, key: readFileSync(file, 'utf8'), publicKey: readFileSync(`${file}.pub`, 'utf8').trim() }
}

/** The library makes a key now and then that it cannot read itself: another one is drawn then. */
function readableKeyPair() {
  for (;;) {
    const made = ssh2.utils.generateKeyPairSync('ed25519')
    if (!(ssh2.utils.parseKey(made.private) instanceof Error)) return made
  }
}
