import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import { ApiError, problem } from '../../../lib/core/diagnostic.ts'
import type { Answer } from '../../../lib/core/query.ts'
import server from '../../../tasks/rocketchat/rocketchat_server.ts'
import { inWorld, releases } from '../../fakes/chat-world.ts'
import { answer, fakeIo } from '../../fakes/io.ts'
import { argsOf, check, context, perform } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_server')

const info = (version: string) => answer({ json: { success: true, version } })
const list = (...settings: readonly { readonly _id: string; readonly value: unknown }[]) =>
  answer({ json: { success: true, settings: [{ _id: 'Site_Url', value: 'x' }, ...settings] } })
const unavailable = (code: string): Answer => ({ ...answer({ ok: false, code: -1 }), unavailable: problem(code, code) })

function diff(written: { readonly [name: string]: unknown }, answers: readonly Answer[]) {
  const args = argsOf(server, written)
  return server.diff(args, server.probe(args, context).read(answers), context)
}

function codeOf(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    return (error as ToolError).code
  }
  return 'none'
}

for (const version of releases) {
  test(`a ${version} that is ready is as wanted, whether or not the last number is written`, () =>
    inWorld(version, async (world) => {
      for (const written of [version, version.replace(/\.\d+$/, '')])
        assert.equal(await check(server, { version: written }, world), [])
      assert.equal(await check(server, {}, world), [])
    }))
}

for (const [title, written, found, code] of [
  ['another version', '8.6.1', '8.7.0', 'wrong-version'],
  ['another last number', '8.6.1', '8.6.0', 'wrong-version'],
  ['the same with the last number hidden', '8.6.1', '8.6', 'none'],
  ['a version whose tokens do not bypass', '8.5.0', '8.5.0', 'version-refused'],
  ['the version after it', '8.6.0', '8.6.0', 'none'],
  ['the version before it', '8.4.3', '8.4.3', 'none'],
] as const)
  test(`${title}: ${code}`, () =>
    assert.is(
      codeOf(() => diff({ version: written }, [info(found), list()])),
      code,
    ))

const days = (value: unknown) => list({ _id: 'Cloud_Workspace_AirGapped_Restrictions_Remaining_Days', value })
for (const [title, version, left, args, code] of [
  ['no days left', '8.6.1', 0, {}, 'restricted-workspace'],
  ['no days left, accepted', '8.6.1', 0, { read_only: true }, 'none'],
  ['days left', '8.6.1', 7, {}, 'none'],
  ['not concerned', '8.6.1', -1, {}, 'none'],
] as const)
  test(`a workspace with ${title}: ${code}`, () =>
    assert.is(
      codeOf(() => diff(args, [info(version), days(left)])),
      code,
    ))

for (const [title, answers] of [
  ['does not answer', [unavailable('api-unreachable'), unavailable('api-unreachable')]],
  ['answers with a page', [answer({ ok: false, code: 200, text: '<html>' }), list()]],
  ['has an empty database', [info('8.6.1'), answer({ json: { success: true, settings: [] } })]],
] as const)
  test(`a server that ${title} is waited for`, () => assert.is(diff({}, answers)[0]?.action, 'run'))

for (const code of ['api-unauthorized', 'second-factor-in-the-way', 'no-credentials'])
  test(`${code} is no reason to wait`, () =>
    assert.is(
      codeOf(() => diff({}, [unavailable(code), unavailable(code)])),
      code,
    ))

test('waiting ends when it answers, and tells the version', async () => {
  let asked = 0
  const io = fakeIo({
    api: (request) => {
      if (asked++ < 5) throw new ApiError(problem('api-refused', 'not yet'), 503)
      return request.includes('info') ? info('8.6.1') : list()
    },
  })
  const result = await server.apply?.(
    { action: 'run', target: '', data: undefined },
    io,
    argsOf(server, { version: '8.6' }),
  )
  assert.equal(result, { changed: false, values: { version: '8.6.1' } })
})

test('waiting ends at once when the sign-in is refused', async () => {
  let asked = 0
  const io = fakeIo({
    api: () => {
      asked++
      throw new ApiError(problem('api-unauthorized', 'no'), 401)
    },
  })
  await server.apply?.({ action: 'run', target: '', data: undefined }, io, argsOf(server, {})).then(
    () => assert.unreachable(),
    (error: ToolError) => assert.is(error.code, 'api-unauthorized'),
  )
  assert.is(asked, 1)
})

test('a run on a server that is ready says its version', () =>
  inWorld('8.6.1', async (world) => {
    assert.is((await perform(server, {}, world)).values.version, '8.6.1')
  }))

test.run()
