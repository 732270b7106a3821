import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import settings from '../../../tasks/rocketchat/rocketchat_settings.ts'
import { inWorld, releases } from '../../fakes/chat-world.ts'
import { fakeIo } from '../../fakes/io.ts'
import { argsOf, check, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite('tasks/rocketchat/rocketchat_settings')

const on = (version: string) => ({
  host: 'h',
  variable: (name: string) => (name === 'rocketchat_version' ? version : undefined),
})
const findings = (version: string, values: { readonly [id: string]: unknown }) =>
  (settings.validate?.(argsOf(settings, { settings: values }), on(version)) ?? []).map(({ path, diagnostic }) => ({
    at: path.join('.'),
    code: diagnostic.code,
    mend: diagnostic.mend ?? '',
  }))

for (const [title, version, values, code, mend] of [
  ['a typo', '8.6.1', { Sit_Url: 'x' }, 'unknown-setting', /Site_Url/],
  ['an id in other case', '8.6.1', { site_url: 'x' }, 'unknown-setting', /Site_Url/],
  ['text for a boolean', '8.6.1', { API_Enable_CORS: 'true' }, 'wrong-type', /without quotes/],
  ['a boolean for text', '8.6.1', { Site_Name: true }, 'wrong-type', /quotes/],
  ['text for a number', '8.6.1', { FileUpload_MaxFileSize: '100' }, 'wrong-type', /without quotes/],
  ['half a number', '8.6.1', { FileUpload_MaxFileSize: 1.5 }, 'wrong-type', /number/],
  ['a choice that there is not', '8.6.1', { Unread_Count: 'all_message' }, 'setting-choice', /all_messages/],
  [
    'a setting that only another version has',
    '8.6.1',
    { OTR_Enable: true },
    'setting-not-in-version',
    /rocketchat_version/,
  ],
  [
    'a hidden setting',
    '6.14.0',
    { Statistics_reporting: false },
    'setting-hidden',
    /OVERWRITE_SETTING_Statistics_reporting/,
  ],
  ['a group instead of a setting', '8.6.1', { Accounts: true }, 'setting-not-a-value', /^$/],
  ['nothing for a boolean', '8.6.1', { API_Enable_CORS: null }, 'wrong-type', /without quotes/],
  ['a list for text', '8.6.1', { API_CORS_Origin: ['https://a.example.org'] }, 'wrong-type', /^$/],
  [
    'a path in an origin',
    '8.6.1',
    { Iframe_Integration_receive_origin: 'https://a.example.org/' },
    'setting-bad-origin',
    /scheme, name and port/,
  ],
  [
    'a blank between origins that are not trimmed',
    '8.6.1',
    { Iframe_Integration_receive_origin: 'https://a.example.org, https://b.example.org' },
    'setting-bad-origin',
    /without blanks/,
  ],
  [
    'two origins where one goes',
    '8.6.1',
    { Iframe_Integration_send_target_origin: 'https://a.example.org,https://b.example.org' },
    'setting-bad-origin',
    /single/,
  ],
  [
    'an accent in the style',
    '8.6.1',
    { 'theme-custom-css': 'a {}\nb::after { content: "é" }' },
    'setting-not-ascii',
    /\\00e9/,
  ],
  ['an accent in a script', '8.6.1', { Custom_Script_Logged_Out: '"é"' }, 'setting-not-ascii', /\\u00e9/],
  ['a script with a mistake', '8.6.1', { Custom_Script_Logged_In: 'if (' }, 'setting-bad-script', /^$/],
  [
    'a script that ends its listener',
    '8.6.1',
    { Custom_Script_Logged_In: 'a() }) (function () { b()' },
    'setting-bad-script',
    /^$/,
  ],
] as const) {
  test(`${title} is found before any host is touched`, () => {
    const found = findings(version, values)
    assert.equal(
      found.map((one) => [one.at, one.code]),
      [[`settings.${Object.keys(values)[0]}`, code]],
    )
    assert.match(found[0]?.mend ?? '', mend)
  })
}

test('right values are taken, secrets and several origins included', () => {
  const right = {
    API_CORS_Origin: 'https://a.example.org, https://b.example.org:8443',
    Iframe_Integration_receive_origin: 'https://a.example.org,*',
    SMTP_Password: new Secret('x', 'smtp'),
    Custom_Script_Logged_In: 'return',
    FileUpload_MaxFileSize: -1,
  }
  assert.equal(findings('8.6.1', right), [])
})

test('between two versions that are known, what either has is left to the server to confirm', () => {
  assert.equal(findings('7.2.0', { OTR_Enable: true }), [])
})

for (const version of releases) {
  test(`goes through the ritual on ${version}`, () =>
    inWorld(version, async (world) => {
      const wanted = {
        Site_Name: 'Chat of the spaces',
        NPS_survey_enabled: false,
        FileUpload_MaxFileSize: 1000,
        Unread_Count: 'all_messages',
      }
      const before = world.server.writes
      await check(settings, { settings: wanted }, world)
      assert.is(world.server.writes, before)
      await ritual(settings, { settings: wanted }, world)
      for (const [id, value] of Object.entries(wanted)) assert.equal(world.server.database.settings[id]?.value, value)
      assert.is(
        world.server.writes - before,
        version === '8.6.1' ? 1 : 4,
        'only what differs is written, together where that is safe',
      )
    }))

  test(`writes nothing that is right already on ${version}`, () =>
    inWorld(version, async (world) => {
      const run = await perform(
        settings,
        { settings: { NPS_survey_enabled: true, Unread_Count: 'all_messages' } },
        world,
      )
      assert.equal(
        run.changes.map((one) => one.target),
        ['setting Unread_Count'],
      )
    }))

  test(`says when the server of version ${version} lacks a setting`, () =>
    inWorld(version, async (world) => {
      world.server.database.settings.Site_Name = {
        ...(world.server.database.settings.Site_Name as object),
        hidden: true,
      } as never
      await check(settings, { settings: { Site_Name: 'x' } }, world).then(
        () => assert.unreachable(),
        (error: Error) => assert.match(error.message, /does not list "Site_Name"/),
      )
    }))
}

test('the name of the organisation is written alone, as a bulk write of it renames the site', () =>
  inWorld('8.6.1', async (world) => {
    const wanted = { Organization_Name: 'Example', NPS_survey_enabled: false, Unread_Count: 'all_messages' }
    await ritual(settings, { settings: wanted }, world)
    const posts = world.server.requests
      .filter(({ method, path }) => method === 'POST' && path.includes('settings'))
      .map(({ path }) => path)
    assert.equal(posts.sort(), ['/api/v1/settings', '/api/v1/settings/Organization_Name'])
  }))

test('what a setting holds that is a password stays out of sight', () =>
  inWorld('8.6.1', async (world) => {
    const secret = new Secret('Top-secret-9', 'smtp')
    const [change] = shown(await check(settings, { settings: { SMTP_Password: secret } }, world))
    assert.equal(change, {
      action: 'update',
      target: 'setting SMTP_Password',
      before: '(another secret)',
      after: '(secret)',
    })
    await ritual(settings, { settings: { SMTP_Password: secret } }, world)
    assert.is(world.server.database.settings.SMTP_Password?.value, 'Top-secret-9')
  }))

test('each single write names its id in the address as it must be', async () => {
  const io = fakeIo()
  const change = {
    action: 'update',
    target: '',
    data: { writes: [{ _id: 'theme-custom-css', value: 'a {}' }], bulk: false },
  } as const
  await settings.apply?.(change as never, io, argsOf(settings, { settings: {} }))
  assert.equal(io.calls, [{ api: 'POST /api/v1/settings/theme-custom-css', body: { value: 'a {}' } }])
})

test('single writes go side by side, and a refusal is told when all have an answer', async () => {
  const seen: string[] = []
  const request = async (_method: string, path: string) => {
    const id = path.split('/').at(-1) ?? ''
    seen.push(`${id} sent`)
    await new Promise((resolve) => setTimeout(resolve, id === 'b' ? 1 : 20))
    seen.push(`${id} answered`)
    if (id === 'b') throw new Error('refused')
    return { ok: true, code: 200, text: '', errors: '' }
  }
  const io = { ...fakeIo(), api: { ...fakeIo().api, request } }
  const writes = ['a', 'b', 'c'].map((_id) => ({ _id, value: true }))
  const change = { action: 'update', target: '', data: { writes, bulk: false } } as const
  const applied = settings.apply?.(change as never, io, argsOf(settings, { settings: {} }))
  assert.is(await applied?.catch((error: Error) => error.message), 'refused')
  assert.equal(seen, ['a sent', 'b sent', 'c sent', 'b answered', 'a answered', 'c answered'])
})

test.run()
