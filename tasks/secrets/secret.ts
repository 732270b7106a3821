import { create, Secret, s, task } from '../../lib/task.ts'

const alphabets = {
  letters: 'ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789',
  base64: 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/',
  hex: '0123456789abcdef',
} as const

export default task({
  summary:
    'A secret of this name is kept beside the inventory; one that is missing is made from strong random bytes and written there before anything uses it.',
  args: s.args({
    name: s.string('Name; later tasks and variables use it as `secrets.NAME`.'),
    length: s.int('Number of characters; default 32.', { min: 8, max: 1024 }).default(32),
    alphabet: s
      .choice(
        ['letters', 'base64', 'hex'],
        'Characters to draw from: letters and digits that cannot be confused (default), base64 (key files), hexadecimal.',
      )
      .default('letters'),
  }),
  examples: ['secret: { name: mongodb_root_password }', 'secret: { name: mongodb_key, length: 756, alphabet: base64 }'],
  provides: ({ name }) => ({ secrets: [name] }),
  probe: ({ name }) => ({
    ask: [{ on: 'store', name }],
    read: ([found]) => found?.ok === true,
  }),
  diff: ({ name, length, alphabet }, exists) =>
    exists ? [] : [create(`secret ${name}`, `${length} random characters`, { name, length, alphabet })],
  apply: async ({ data }, io) => {
    io.progress(`making the secret ${data.name}`)
    await io.store.set(
      data.name,
      new Secret(
        draw(alphabets[data.alphabet], data.length, (bytes) => io.random(bytes)),
        data.name,
      ),
    )
    return undefined
  },
})

/** Characters drawn evenly: bytes that would favour the start of the alphabet are thrown away. */
function draw(alphabet: string, length: number, random: (bytes: number) => Uint8Array): string {
  const limit = 256 - (256 % alphabet.length)
  let text = ''
  while (text.length < length) {
    for (const byte of random(length)) {
      if (byte < limit && text.length < length) text += alphabet[byte % alphabet.length]
    }
  }
  return text
}
