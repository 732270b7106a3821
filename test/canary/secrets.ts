import { createCipheriv, createHmac, pbkdf2Sync, randomBytes, randomInt } from 'node:crypto'

/** Random letters and digits, no two runs with the same. */
export function random(length: number): string {
  const characters = 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789'
  return Array.from({ length }, () => characters[randomInt(characters.length)]).join('')
}

/** Secrets of all shapes that make trouble; each is another one in each process. */
export function shapes(): { readonly [shape: string]: string } {
  return {
    short6: `${random(4)}#q`,
    short8: `${random(7)}!`,
    long: random(90),
    pem: `-----BEGIN PRIVATE KEY-----\n${random(64)}\n${random(64)}\n${random(20)}==\n-----END PRIVATE KEY-----\n`,
    quotes: `it's "${random(16)}" o'clock`,
    backslash: `C:\\new\\6${random(16)}\\table`,
    dollar: `$HOME\${x}$(id)\`id\`${random(16)}`,
    spaces: `  two  words ${random(16)}  end `,
    percent: `100%41&a=${random(16)}+b?#/c`,
    unicode: `pässwörd-${random(16)}-漢字-😀`,
    json: `{"user":"root","key":"${random(16)}","list":[1,2]}`,
    braces: `{{ ${random(16)} }} {% raw %}`,
    dashes: `--flag=${random(16)} -e x`,
    number: String(randomInt(1_000_000_000, 9_999_999_999)),
    word: 'sunflower',
  }
}

/** A text as ansible-vault 1.1 encrypts it. */
export function vaulted(plain: string, password: string): string {
  const salt = randomBytes(32)
  const derived = pbkdf2Sync(password, salt, 10_000, 80, 'sha256')
  const [key, macKey, iv] = [derived.subarray(0, 32), derived.subarray(32, 64), derived.subarray(64, 80)]
  const bytes = Buffer.from(plain)
  const padding = 16 - (bytes.length % 16)
  const cipher = createCipheriv('aes-256-ctr', key, iv)
  const ciphertext = Buffer.concat([
    cipher.update(bytes),
    cipher.update(Buffer.alloc(padding, padding)),
    cipher.final(),
  ])
  const mac = createHmac('sha256', macKey).update(ciphertext).digest()
  const inner = [salt, mac, ciphertext].map((one) => one.toString('hex')).join('\n')
  const body =
    Buffer.from(inner)
      .toString('hex')
      .match(/.{1,80}/g) ?? []
  return `$ANSIBLE_VAULT;1.1;AES256\n${body.join('\n')}\n`
}
