import { Buffer } from 'node:buffer'
import { spawnSync } from 'node:child_process'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { quote } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { ending, endingLines, shortened } from '../../../lib/core/text.ts'
import { createRedactor, type Redactor } from '../../../lib/report/redactor.ts'

const test = suite('lib/report/redactor')

const using = (...values: string[]): Redactor => {
  const redactor = createRedactor()
  redactor.close()
  for (const value of values) redactor.learn(value)
  return redactor
}

/** A repeatable source of numbers from 0 up to, not including, `below`. */
function dice(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

const letters = 'abcXYZ019 $"\'\\/+=&<>%#@!:;?äß漢🚀~`|'
const word = (roll: (below: number) => number, length: number): string =>
  Array.from({ length }, () => [...letters][roll([...letters].length)]).join('')

test('masks every secret made after it, and stops when closed', () => {
  const redactor = createRedactor()
  new Secret('sesame-open', 'door')
  assert.is(redactor.mask('say sesame-open twice: sesame-open'), 'say <secret> twice: <secret>')
  redactor.close()
  new Secret('later-secret', 'other')
  assert.is(redactor.mask('later-secret'), 'later-secret')
})

const said = (title: string, secret: string, text: string, expected: string) =>
  test(title, () => assert.is(using(secret).mask(text), expected))

said('masks a value of six characters inside a word', 'xq7Zpw', 'axq7Zpwb', 'a<secret>b')
said('leaves values of four characters alone', 'abcd', 'abcd', 'abcd')
said('never damages the status words', 'changed', 'changed: [host] changed=1', 'changed: [host] changed=1')
said('nor a word that the secret is a part of', 'change', 'changed: [host]', 'changed: [host]')
said('masks a value without the line break of its file', 'hunter2!x\n', 'got hunter2!x.', 'got <secret>.')
said('masks JSON forms', 'a"b\\c\nd-long', JSON.stringify({ p: 'a"b\\c\nd-long' }), '{"p":"<secret>"}')
said('masks JSON inside JSON', 'a"b\\c-long', JSON.stringify(JSON.stringify('a"b\\c-long')), '"\\"<secret>\\""')
said('masks lower-case percent codes', 'p@ss/word 1', 'p=p%40ss%2fword+1&', 'p=<secret>&')
said('masks the shell form', "it's-me", `echo ${quote("it's-me")}`, "echo '<secret>'")

/** Secrets with each character after a backslash, in different places. */
const withBackslashes = Array.from({ length: 0x5e }, (_, at) => String.fromCharCode(0x21 + at)).flatMap((one) => [
  `kEptLong\\${one}Bmhw9FtpQ`,
  `kE\\${one}41bar9FtpQ`,
  `\\30${one}kEptL9FtpQ\\${one}`,
])

for (const shell of ['sh', 'bash']) {
  for (const print of ['echo "$one"', 'echo -e "$one"', 'printf %b "$one"', 'printf "$one"']) {
    test(`masks what the ${shell} prints of a secret with backslashes by ${print}`, () => {
      const secrets = withBackslashes.filter((secret) => !secret.includes('%'))
      const script = `for one do ${print}; printf "\\036"; done`
      const { stdout, error } = spawnSync(shell, ['-c', script, '-', ...secrets], { encoding: 'utf8' })
      if (error !== undefined && shell === 'bash') return
      const printed = stdout.split('\x1e')
      assert.is(printed.length, secrets.length + 1)
      const shown = secrets.filter((secret, at) => /hw9F|kEptL|9Ftp/.test(using(secret).mask(`a ${printed[at]} z`)))
      assert.equal(shown, [])
    })
  }
}

said('masks hexadecimal bytes', 'sesame', ' 73 65 73\n61 6d 65 0a', ' <secret> 0a')
said('covers overlapping secrets as one', 'abcdef', 'abcdefabcdef', '<secret>')

test('covers two secrets that overlap', () => {
  assert.is(using('abcdef12', 'f12ghijk').mask('-abcdef12ghijk-'), '-<secret>-')
})

test('covers a secret that holds another to its end', () => {
  assert.is(using('abcdefgh-ijkl', 'cdefgh').mask('abcdefgh-ijkl.'), '<secret>.')
})

test('prefers the longer of two secrets that begin alike', () => {
  assert.is(using('sesame', 'sesame-open').mask('sesame-open sesame'), '<secret> <secret>')
})

test('masks the lines of a key, but not its frame', () => {
  const key = '-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nq8Zk2LmX0pTt\n-----END PRIVATE KEY-----\n'
  assert.is(
    using(key).mask('read -----BEGIN PRIVATE KEY----- then q8Zk2LmX0pTt'),
    'read -----BEGIN PRIVATE KEY----- then <secret>',
  )
})

test('masks of a rendered file only the lines that hold a known secret', () => {
  const redactor = using('hunter2!x', 'restart: always\npassword: hunter2!x\n')
  assert.is(redactor.mask('restart: always, password: hunter2!x'), 'restart: always, <secret>')
})

const forms: { readonly [name: string]: (secret: string, before: string, after: string) => string } = {
  raw: (secret, before, after) => before + secret + after,
  base64: (secret, before, after) => Buffer.from(before + secret + after).toString('base64'),
  'unpadded base64': (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString('base64')
      .replaceAll('=', ''),
  base64url: (secret, before, after) => Buffer.from(before + secret + after).toString('base64url'),
  'wrapped base64': (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString('base64')
      .replace(/.{8}/g, '$&\n'),
  hex: (secret, before, after) => Buffer.from(before + secret + after).toString('hex'),
  'upper-case hex': (secret, before, after) =>
    Buffer.from(before + secret + after)
      .toString('hex')
      .toUpperCase(),
  url: (secret, before, after) => encodeURIComponent(before) + encodeURIComponent(secret) + after,
  form: (secret, before) => new URLSearchParams({ before, secret }).toString(),
  json: (secret, before, after) => JSON.stringify({ [before]: [secret], after }),
  shell: (secret, before) => `${quote(before)} ${quote(secret)}`,
}

/** What must not be left of a secret: the raw value, and whatever can be decoded back to it. */
function leaks(shown: string, secret: string): boolean {
  const hex = Buffer.from(secret).toString('hex')
  const bytes = Buffer.from(secret).toString('latin1')
  const words = shown.replaceAll('\n', '').split(/[^\w+/%-]/)
  const decoded = words.flatMap((one) => [0, 1, 2, 3].map((skip) => Buffer.from(one.slice(skip), 'base64')))
  return (
    shown.includes(secret) ||
    words.some((one) => one.toLowerCase().includes(hex)) ||
    decoded.some((one) => one.toString('latin1').includes(bytes)) ||
    shown.split(/["&= ]/).some((one) => unescaped(one).includes(secret))
  )
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return ''
  }
}

for (const [name, encode] of Object.entries(forms)) {
  test(`random secrets as ${name} never get through, whole or in pieces`, () => {
    const roll = dice(name.length * 7919)
    let leaking = 0
    for (let round = 0; round < 100; round++) {
      const secret = `${word(roll, 6 + roll(30))}k`.trim()
      const redactor = using(secret, word(roll, 12), word(roll, 20))
      const text = encode(secret, word(roll, roll(9)), word(roll, roll(9)))
      const around = `${word(roll, roll(20))}=${text} ${word(roll, roll(20))}`
      if (leaks(around, secret)) leaking++
      const whole = redactor.mask(around)
      assert.not.ok(leaks(whole, secret), `${secret} in ${around} became ${whole}`)

      const stream = redactor.stream()
      let shown = ''
      for (let place = 0; place < around.length; ) {
        const length = 1 + roll(7)
        shown += stream.write(around.slice(place, place + length))
        place += length
      }
      shown += stream.end()
      assert.not.ok(leaks(shown, secret), `${secret} in pieces of ${around} became ${shown}`)
    }
    assert.ok(leaking > 20, `the check sees the secret where it is not masked, but did so only ${leaking} times`)
  })
}

const sesame = 'sesame-open/by "night"'
const longBase64 = Buffer.from(sesame).toString('base64')
for (const [title, secret, text] of [
  ['the beginning of a secret', sesame, `it says ${shortened(sesame, 10)}`],
  ['the end of a secret', sesame, `it says ${ending(sesame, 10)}`],
  [
    'the lines of a secret of which the first were left out',
    'ab\ncd\nef\ngh',
    endingLines('ab\ncd\nef\ngh'.split('\n'), 3),
  ],
  ['the beginning of its base64', sesame, shortened(longBase64, 20)],
  ['the end of its base64', sesame, ending(longBase64, 20)],
  ['the end of its base64, wrapped', sesame, endingLines(longBase64.replace(/.{8}/g, '$&\n').split('\n'), 3)],
  [
    'the end of what is left without quotes',
    sesame,
    ending(JSON.stringify(JSON.stringify(JSON.stringify(sesame))), 32),
  ],
  ['the beginning of its percent codes', sesame, shortened(encodeURIComponent(sesame), 22)],
  ['the end of its percent codes', sesame, ending(encodeURIComponent(sesame), 20)],
] as const) {
  test(`masks ${title} where a text was made shorter`, () => {
    const shown = using(secret).mask(text)
    assert.match(shown, /<secret>/)
    assert.not.match(shown.replaceAll('<secret>', ''), /(?!says)\w{4}/)
  })
}

test('a percent code and a word beside a mark are no part of a secret', () => {
  assert.is(using('sesame-open').mask('at 50%… opened... open'), 'at 50%… opened... open')
})

test('many marks in a long text, and a secret as long, take no time', () => {
  const roll = dice(5)
  const redactor = using(word(roll, 19_000), word(roll, 24))
  const text = 'Reading package lists... Done, 50% of it\n'.repeat(1000)
  const start = performance.now()
  assert.is(redactor.mask(text), text)
  assert.ok(performance.now() - start < 2500)
})

test('a stream without secrets in it comes out as it went in', () => {
  const roll = dice(4)
  const redactor = using('sesame-open', 'q8Zk2LmX0pTt')
  for (let round = 0; round < 100; round++) {
    const text = word(roll, 200)
    const stream = redactor.stream()
    let shown = ''
    for (let place = 0; place < text.length; place += 9) shown += stream.write(text.slice(place, place + 9))
    assert.is(shown + stream.end(), text)
  }
})

test('a stream shows a finished line at once', () => {
  const stream = using('sesame-open', 'another-one').stream()
  assert.is(stream.write('pulled 3 of 7\n'), 'pulled 3 of 7\n')
  assert.is(stream.write('it says ses'), 'it says ')
  assert.is(stream.write('ame-open\n'), '<secret>\n')
  assert.is(stream.end(), '')
})

test('a stream does not hold back without end', () => {
  const stream = using('aaaaaaaa').stream()
  let shown = ''
  for (let count = 0; count < 60; count++) shown += stream.write('a'.repeat(10_000))
  assert.ok(shown.startsWith('<secret>'))
  assert.not.ok((shown + stream.end()).includes('aaaaaaaa'))
})

test('two hundred secrets in two megabytes take seconds at most', () => {
  const roll = dice(9)
  const redactor = using(...Array.from({ length: 200 }, () => word(roll, 24)))
  const text = 'the container is pulled and started, 12 layers of 300 MB\n'.repeat(35_000)
  const start = performance.now()
  assert.is(redactor.mask(text), text)
  assert.ok(performance.now() - start < 2500)
})

test.run()
