import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { Plain } from '../../../../lib/core/plain.ts'
import { createBindings } from '../../../../lib/sandbox/rocketchat/replay-bindings.ts'
import { compareAnswers, compareValues } from '../../../../lib/sandbox/rocketchat/replay-compare.ts'

const test = suite('lib/sandbox/rocketchat/replay-compare')

const check = (
  title: string,
  recorded: Plain,
  actual: Plain,
  found: readonly string[],
  known: [string, string][] = [],
) =>
  test(title, () => {
    const differences = compareValues(recorded, actual, '', createBindings(known))
    assert.equal(
      differences.map(({ what, path }) => `${what} ${path}`.trim()),
      found,
    )
  })

const [one, two] = ['9Ea2FpkNLXW3JgnR7', 'zmvYYujmz5qCDXs2X']
const [here, there] = ['kztfr9oPhA343ZBYX', '9o3Pcswt5cyQqqBx9']

check('equal values are equal', { a: [1, 'x', null] }, { a: [1, 'x', null] }, [])
check('a word is compared as it is', { a: 'x' }, { a: 'y' }, ['value a'])
check('a number is no text', { a: 1 }, { a: '1' }, ['value a'])
check('null is not false', { a: null }, { a: false }, ['value a'])
check('codes have their own kind of difference', { error: 'a', errorType: 'b' }, { error: 'c', errorType: 'd' }, [
  'error error',
  'errorType errorType',
])
check('missing and new keys are told', { a: { b: 1 } }, { a: { c: 1 } }, ['keys a'])
check('lists differ by length', { a: [1, 2] }, { a: [1] }, ['count a'])
check('lists differ by order', { a: ['x', 'y'] }, { a: ['y', 'x'] }, ['value a.0', 'value a.1'])
check('a feed has no order', { update: [{ _id: 'x' }, { _id: 'y' }] }, { update: [{ _id: 'y' }, { _id: 'x' }] }, [])
check(
  'a feed with another member is noticed',
  { update: [{ _id: 'x' }, { _id: 'y' }] },
  { update: [{ _id: 'y' }, { _id: 'z' }] },
  ['value update.0._id'],
)
check('a cut list keeps its length', { a: [1, '… 3 items in all; see dumps/'] }, { a: [1, 2, 3] }, [])
check('a cut list of another length is noticed', { a: [1, '…[4 entries, truncated]'] }, { a: [1, 2, 3] }, ['count a'])
check('dates need only be dates', { a: '2026-11-22T08:13:53.481Z' }, { a: '2027-01-01T00:00:00.000Z' }, [])
check('no date is not a date', { a: '2026-11-22T08:13:53.481Z' }, { a: 'soon' }, ['value a'])
check('the date of nothing stays', { a: '1970-01-01T00:00:00.000Z' }, { a: '2026-11-22T08:13:53.481Z' }, ['value a'])
check('an id stands for another one, always the same', { a: one, b: one }, { a: here, b: here }, [])
check('one id cannot become two', { a: one, b: one }, { a: here, b: there }, ['value b'])
check('two ids cannot become one', { a: one, b: two }, { a: here, b: here }, ['value b'])
check('a word is no id', { a: one }, { a: 'rocket.cat' }, ['value a'])
check(
  'ids inside a text are replaced',
  { url: `/file-upload/${one}/x.txt` },
  { url: `/file-upload/${here}/x.txt` },
  [],
  [[one, here]],
)
check(
  'the wait is a timing, the rest of its sentence is not',
  { error: 'You must wait 59 seconds, please' },
  { error: 'You must wait 3 seconds, please' },
  [],
)
check('JSON in a text is compared as JSON', { message: '{"a":1,"b":2}' }, { message: '{"b":3,"a":1}' }, [
  'value message.b',
])
check(
  'facts about the machine need only be there',
  { os: { release: '1', cpus: [1] } },
  { os: { release: '2', cpus: [] } },
  [],
)
check('facts about the machine must be there', { os: { release: '1' } }, { os: {} }, ['keys os'])
check('facts about the machine keep their type', { process: { pid: 1 } }, { process: { pid: '1' } }, [
  'value process.pid',
])

const answer = (status: number, headers: Record<string, string>, body: string) => ({
  status,
  headers,
  bytes: Buffer.from(body),
})
const whole = (recorded: Parameters<typeof compareAnswers>[0], actual: Parameters<typeof compareAnswers>[1]) =>
  compareAnswers(recorded, actual, createBindings()).map(({ what, path }) => `${what} ${path}`.trim())

test('status, content type and headers count', () => {
  const headers = { 'content-type': 'application/json', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1' }
  assert.equal(
    whole({ status: 200, headers, body: {} }, answer(400, { 'content-type': 'text/html', allow: 'GET' }, '{}')),
    ['status', 'content-type content-type', 'header allow', 'header x-ratelimit-remaining'],
  )
})

test('a page is a page, and a picture has its bytes', () => {
  const page = { status: 200, headers: undefined, body: '<an HTML page, 1273 characters>' }
  assert.equal(whole(page, answer(200, {}, '<!DOCTYPE html><html></html>')), [])
  assert.equal(whole(page, answer(200, {}, '{"success":true}')), ['value'])
  const picture = { status: 200, headers: undefined, body: '<3 bytes image/png, sha256 ba7816bf8f01cfea>' }
  assert.equal(whole(picture, answer(200, {}, 'abc')), [])
  assert.equal(whole(picture, answer(200, {}, 'abd')), ['value'])
})

test.run()
