import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { replayFolder, replayReport, replayRows } from '../../../../lib/sandbox/rocketchat/replay.ts'
import { isExchange, type Row, readRows } from '../../../../lib/sandbox/rocketchat/replay-recording.ts'

const test = suite('lib/sandbox/rocketchat/replay')
const folder = fileURLToPath(new URL('../../../recordings', import.meta.url))

const whole = replayFolder(folder)

test('the double answers every recorded exchange as the real server did', async () => {
  const result = await whole
  assert.is(replayReport(result).split('\n').at(-1), `${result.total} of ${result.total} equal`, replayReport(result))
  assert.is(result.total, 1233)
  assert.is(result.skipped, 48)
})

test('only what the recorder is known to have done beside its requests is assumed', async () => {
  const { assumptions } = await whole
  const expected = [
    '05-pat.json row 3: rcadmin was made 30 days old',
    '05-pat.json row 33: alice was made 30 days old',
    '05-pat.json row 35: frank was made 30 days old',
    '06-settings.json row 2: 1 more calls of POST login had come from 10.78.1.1',
    '08-2fa.json row 27: tess was made 30 days old',
    '08-2fa.json row 29: the code mailed to tess was forgotten',
    '22-ametys-like.json row 191: rcadmin had made a token called "m1"',
    '22-ametys-like.json row 191: rcadmin had made a token called "m2"',
    '22-ametys-like.json row 191: rcadmin had made a token called "mc1795337104522"',
    '22-ametys-like.json row 23: rcadmin was made 30 days old',
    '24-configure-golden.json row 23: rcadmin was made 30 days old',
    'ann was connected over a web socket (DDP /sockjs ann)',
    'ann was connected over a web socket (DDP /websocket ann)',
    'ann was connected over a web socket ([default] DDP sub stream-room-messages GENERAL ann)',
    'ann was connected over a web socket ([default] DDP sub stream-room-messages private group ann)',
    'ann was connected over a web socket ([stripped] DDP sub stream-room-messages GENERAL ann)',
    'ann was connected over a web socket ([stripped] DDP sub stream-room-messages private group ann)',
    'rcadmin had credentials called admin',
  ]
  assert.equal(assumptions.toSorted(), expected.toSorted())
})

const read = (file: string) => readRows(file, JSON.parse(readFileSync(`${folder}/${file}`, 'utf8'))) ?? []

test('a recording stands on its own: the accounts it takes for granted are there', async () => {
  const alone = [
    '02-login.json',
    '05-pat.json',
    '06-settings.json',
    '07-permissions-roles.json',
    '08-2fa.json',
    '10-env-noadmin.json',
    '20-server-in-use.json',
    '24-configure-golden.json',
  ]
  for (const file of alone) {
    const { total, equal, deviations } = await replayRows([read(file)], {})
    assert.is(equal, total, `${file}: ${JSON.stringify(deviations.slice(0, 3))}`)
  }
})

/** Changes one recorded exchange and tells what the replay says of that row. */
async function tamper(file: string, row: number, change: (body: string) => string, status?: number) {
  const rows = read(file).map((each): Row => {
    if (each.row !== row || !isExchange(each)) return each
    const body = JSON.parse(change(JSON.stringify(each.response.body))) as never
    return { ...each, response: { ...each.response, status: status ?? each.response.status, body } }
  })
  const { deviations } = await replayRows([rows], {})
  return deviations
    .filter((each) => each.row === row)
    .flatMap(({ differences }) => differences.map(({ what, path }) => `${what} ${path}`.trim()))
}

const detects = (
  title: string,
  file: string,
  row: number,
  change: (body: string) => string,
  found: string[],
  status?: number,
) => test(`a replay notices ${title}`, async () => assert.equal(await tamper(file, row, change, status), found))

detects('another status', '06-settings.json', 34, (body) => body, ['status'], 404)
detects(
  'another errorType',
  '07-permissions-roles.json',
  14,
  (body) => body.replace('error-invalid-role"', 'error-role"'),
  ['errorType errorType'],
)
detects('another error text', '04-users.create.json', 4, (body) => body.replace('required', 'needed'), ['error error'])
detects('a key that is missing', '20-server-in-use.json', 25, (body) => body.replace('"value"', '"worth"'), ['keys'])
detects('another value', '20-server-in-use.json', 25, (body) => body.replace('Rocket.Chat', 'Rocket'), ['value value'])
detects('a list that is longer', '24-configure-golden.json', 19, (body) => body.replace('878 entries', '879 entries'), [
  'count settings',
])
detects(
  'an id that stands for something else',
  '20-server-in-use.json',
  62,
  (body) => body.replace('"rid":"6b02aa57', '"rid":"6b02aa58'),
  ['value message.rid'],
)
detects(
  'a date where there is a word',
  '04-users.create.json',
  14,
  (body) => body.replace('"Dave"', '"2026-11-22T08:13:53.481Z"'),
  ['value user.name'],
)

test('a file that is no recording is left alone', () => {
  assert.is(readRows('x.json', { some: 'object' }), undefined)
  assert.ok(readdirSync(folder).includes('db-user-tess.json'))
})

test.run()
