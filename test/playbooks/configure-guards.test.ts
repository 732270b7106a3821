import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { admin, type Told } from '../fakes/configure.ts'
import { at, fine, nothingLeft } from './expectations.ts'

const test = suite('playbooks/configure-guards')

const codes = (told: Told) => told.diagnostics.filter((one) => one.severity === 'error').map((one) => one.code)
const words = (told: Told) =>
  told.diagnostics.map((one) => `${one.message}\n${one.detail ?? ''}\n${one.mend ?? ''}`).join('\n')

test('http is refused when one address of Ametys is https, and the message names which', () =>
  at('8.6.1', async (place) => {
    for (const [variables, named] of [
      [{ ametys_spaces_url: 'https://spaces.example.org' }, 'https://spaces.example.org'],
      [{ ametys_site_urls: ['http://a.example.org', 'HTTPS://b.example.org'] }, 'https://b.example.org'],
      [{ ametys_cms_url: 'https://cms.example.org' }, 'https://cms.example.org'],
    ] as const) {
      place.variables(variables)
      const told = await place.run()
      assert.is(told.code, 2)
      assert.match(words(told), named)
      assert.is(told.requests.length, 0, 'the server is not even asked')
    }
  }))

test('a server in use is refused before anything is written, and taken over when it is adopted', () =>
  at('8.6.1', async (place) => {
    place.database.users.push({
      ...place.database.users[0],
      _id: 'x1',
      username: 'editor',
      type: 'user',
      roles: ['user'],
    } as never)
    const told = await place.run()
    assert.equal(codes(told), ['server-in-use'])
    assert.match(words(told), /editor/)
    assert.is(told.writes, 0)
    place.variables({ rocketchat_adopt: true })
    fine(await place.run())
    place.variables({})
    const later = await place.run()
    fine(later)
    nothingLeft(later)
  }))

for (const [title, variables, code] of [
  ['a typo in a setting', { rocketchat_settings: { Sit_Name: 'x' } }, 'unknown-setting'],
  ['a wrong type', { rocketchat_settings: { Site_Name: true } }, 'wrong-type'],
  ['a setting that the version lacks', { rocketchat_settings: { OTR_Enable: true } }, 'setting-not-in-version'],
  ['a permission that there is not', { rocketchat_user_permissions: ['mention-al'] }, 'unknown-permission'],
  ["an accent in a style of one's own", { rocketchat_own_css: 'a::after { content: "é" }' }, 'setting-not-ascii'],
  ["a mistake in a script of one's own", { rocketchat_own_script: 'if (' }, 'setting-bad-script'],
] as const) {
  test(`${title} is found before the server is asked anything`, () =>
    at('8.6.1', async (place) => {
      place.variables(variables)
      const told = await place.run()
      assert.is(told.code, 2)
      assert.equal(codes(told), [code])
      assert.is(told.requests.length, 0)
    }))
}

test('a wrong password is an error in check mode too, and is tried once', () =>
  at('8.6.1', async (place) => {
    place.variables({ rocketchat_admin_password: 'wrong' })
    for (const mode of [['--check'], []]) {
      const told = await place.run(mode)
      assert.equal(codes(told), ['api-unauthorized'])
      assert.is(told.requests.filter(({ path }) => path.endsWith('login')).length, 1)
    }
  }))

for (const [version, code] of [
  ['8.6.1', 'totp'],
  ['6.14.0', 'email'],
] as const) {
  test(`an administrator with a second factor of its own (${code}) is told before any write on ${version}`, () =>
    at(version, async (place) => {
      const user = place.database.users.find((one) => one.username === admin.name)
      Object.assign(
        user?.services ?? {},
        code === 'totp'
          ? { totp: { enabled: true, secret: 'JBSWY3DPEHPK3PXP' } }
          : { email2fa: { enabled: true, changedAt: '2026-01-01T00:00:00.000Z' } },
      )
      const told = await place.run()
      assert.equal(codes(told), ['second-factor-in-the-way'])
      assert.is(told.writes, 0)
    }))
}

test('8.5 is refused before any write', () =>
  at('8.5.1', async (place) => {
    const told = await place.run()
    assert.equal(codes(told), ['version-refused'])
    assert.is(told.writes, 0)
  }))

test('another version than the declared one is refused before any write', () =>
  at('8.6.1', async (place) => {
    place.variables({ rocketchat_version: '6.14.0' })
    const told = await place.run()
    assert.equal(codes(told), ['wrong-version'])
    assert.is(told.writes, 0)
  }))

test("a setting of one's own wins over ours without being written to and fro", () =>
  at('8.6.1', async (place) => {
    place.variables({
      rocketchat_settings: {
        Iframe_Restrict_Access: true,
        Update_EnableChecker: true,
        API_CORS_Origin: 'http://a.example.org,http://b.example.org',
        Site_Name: 'Chat',
      },
    })
    fine(await place.run())
    assert.is(place.database.settings.Iframe_Restrict_Access?.value, true)
    assert.is(place.database.settings.Update_EnableChecker?.value, true)
    assert.is(place.database.settings.API_CORS_Origin?.value, 'http://a.example.org,http://b.example.org')
    const second = await place.run()
    fine(second)
    nothingLeft(second)
  }))

test('each extra setting can be declined and is then left as it is', () =>
  at('8.6.1', async (place) => {
    const declined = [
      'Iframe_Restrict_Access',
      'Accounts_AvatarBlockUnauthenticatedAccess',
      'Show_Setup_Wizard',
      'Update_EnableChecker',
    ]
    const before = declined.map((id) => place.database.settings[id]?.value)
    place.variables({ rocketchat_unmanaged: declined })
    fine(await place.run())
    assert.equal(
      declined.map((id) => place.database.settings[id]?.value),
      before,
    )
    assert.is(place.database.settings.API_Enable_CORS?.value, true)
  }))

test("style and script of one's own come after ours, which stays recognisable between its marks", () =>
  at('8.6.1', async (place) => {
    place.variables({ rocketchat_own_css: '.own { color: red }\n', rocketchat_own_script: 'var own = 1\n' })
    fine(await place.run())
    for (const [id, own] of [
      ['theme-custom-css', '.own { color: red }\n'],
      ['Custom_Script_Logged_In', 'var own = 1\n'],
    ] as const) {
      const text = String(place.database.settings[id]?.value)
      assert.ok(text.startsWith('/* begin ametys-rocketchat */'), id)
      assert.ok(text.endsWith(`/* end ametys-rocketchat */\n${own}`), id)
    }
    place.variables({})
    const without = await place.run()
    fine(without)
    assert.equal(
      without.changes.map(({ target }) => target),
      ['setting theme-custom-css', 'setting Custom_Script_Logged_In'],
    )
  }))

test('the origin is that of the address as a browser writes it', () =>
  at('8.6.1', async (place) => {
    for (const [url, origin] of [
      ['http://Spaces.Example.org:80/spaces/?a#b', 'http://spaces.example.org'],
      ['http://spaces.example.org:8080', 'http://spaces.example.org:8080'],
      ['http://spaces.example.org?x', 'http://spaces.example.org'],
    ] as const) {
      place.variables({ ametys_spaces_url: url })
      fine(await place.run())
      assert.is(place.database.settings.Iframe_Integration_receive_origin?.value, origin)
    }
  }))

test('a server that cuts long lists is read to the end', () =>
  at('6.14.0', async (place) => {
    Object.assign(place.database.settings.API_Allow_Infinite_Count ?? {}, { value: false })
    fine(await place.run())
    const second = await place.run()
    fine(second)
    nothingLeft(second)
  }))

for (const version of ['6.14.0', '8.6.1']) {
  test(`a server of version ${version} that stores something else is found out when it is read back`, () =>
    at(version, async (place) => {
      const wizard = place.database.settings.NPS_survey_enabled
      Object.defineProperty(wizard, 'value', { get: () => true, set: () => undefined, enumerable: true })
      const told = await place.run()
      assert.is(told.code, 1)
      assert.equal(codes(told), ['did-not-settle'])
      assert.match(words(told), /NPS_survey_enabled/)
    }))
}

test('a version change that brings the wizard and new rights back is found and mended', () =>
  at('6.14.0', async (place) => {
    fine(await place.run())
    await place.restart('7.2.0')
    const told = await place.run()
    fine(told)
    const second = await place.run()
    fine(second)
    nothingLeft(second)
    assert.is(place.database.settings.Show_Setup_Wizard?.value, 'completed')
  }))

test('no secret stands in what a run tells, whether it goes well or not', () =>
  at('8.6.1', async (place) => {
    const first = await place.run()
    place.variables({ rocketchat_admin_password: 'Wrong-horse-9' })
    const again = await place.run(['--diff'])
    const text = JSON.stringify([first.events, first.diagnostics, again.events, again.diagnostics])
    const user = place.database.users.find((one) => one.username === admin.name)
    const [token] = user?.services.resume?.loginTokens ?? []
    assert.ok(token?.lastTokenPart)
    for (const secret of [admin.password, String(token?.lastTokenPart)]) assert.not.ok(text.includes(secret))
  }))

test.run()
