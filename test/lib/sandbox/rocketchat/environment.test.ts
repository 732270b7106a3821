import { readFileSync } from 'node:fs'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Database, emptyDatabase } from '../../../../lib/sandbox/rocketchat/database.ts'
import { startRocketChat } from '../../../../lib/sandbox/rocketchat/server.ts'
import { adminEnv, ask, logIn, passwordFactor } from './visitor.ts'

const test = suite('lib/sandbox/rocketchat/environment')

/** Starts once on a database and stops again; the log tells what the start did. */
async function start(env: Record<string, string>, database: Database = emptyDatabase(), version = '6.14.0') {
  const rc = await startRocketChat({ version, env, database })
  await rc.stop()
  return {
    database,
    log: rc.log,
    value: (id: string) => database.settings[id]?.value,
    people: database.users.filter(({ type }) => type === 'user'),
  }
}

const recorded = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../../recordings/${name}`, import.meta.url), 'utf8'))
const starts: { file: string; env: Record<string, string> }[] = recorded('servers.json')
const envOf = (file: string) => starts.find((each) => each.file === file)?.env ?? {}

/** The settings of a database in the form in which they were recorded. */
function asRecorded(database: Database, ids: readonly string[]) {
  return Object.fromEntries(
    ids.map((id) => {
      const { type, value, packageValue, valueSource, processEnvValue, blocked, hidden } = database.settings[id] ?? {}
      return [
        id,
        {
          type,
          value,
          packageValue,
          valueSource,
          ...(processEnvValue !== undefined && { processEnvValue }),
          blocked,
          hidden,
        },
      ]
    }),
  )
}

test('a first start leaves the settings that the real one left', async () => {
  const wanted = recorded('env-overwrite-settings-in-db.json')
  const { database } = await start(envOf('10-env-overwrite.json'))
  assert.equal(asRecorded(database, Object.keys(wanted)), wanted)
})

test('what the API changed comes back where the environment overwrites it, and stays when that is gone', async () => {
  const { database } = await start(envOf('10-env-overwrite.json'))
  for (const [id, value] of [
    ['Show_Setup_Wizard', 'pending'],
    ['FileUpload_ProtectFiles', true],
    ['Unread_Count_DM', 'all_messages'],
    ['theme-custom-css', '/* api */'],
  ] as const) {
    const setting = database.settings[id]
    if (setting) setting.value = value
  }
  const again = recorded('env-overwrite-restart-settings-in-db.json')
  assert.equal(
    asRecorded((await start(envOf('10-env-overwrite-restart.json'), database)).database, Object.keys(again)),
    again,
  )
  const removed = recorded('env-overwrite-removed-settings-in-db.json')
  assert.equal(asRecorded((await start({}, database)).database, Object.keys(removed)), removed)
})

test('a first start without an administrator leaves the settings that the real one left', async () => {
  const wanted = recorded('env-noadmin-settings-in-db.json')
  const { database, people } = await start({})
  assert.equal(asRecorded(database, Object.keys(wanted)), wanted)
  assert.is(people.length, 0)
})

test('ADMIN_PASS alone makes admin, without a mail address and whatever its length', async () => {
  const { people } = await start({ ADMIN_PASS: 'abcde' })
  assert.equal(
    [people.length, people[0]?.username, people[0]?.name, people[0]?.emails, people[0]?.roles],
    [1, 'admin', 'Administrator', undefined, ['admin']],
  )
})

const naming = (title: string, username: string, found: string | undefined) =>
  test(`ADMIN_USERNAME: ${title}`, async () => {
    assert.is((await start({ ADMIN_PASS: 'Some-pass-1', ADMIN_USERNAME: username })).people[0]?.username, found)
  })
naming('a good name is taken', 'chat.admin', 'chat.admin')
naming('a name with a space becomes admin', 'chat admin', 'admin')
naming('a blocked name becomes admin', 'all', 'admin')
naming('a reserved name becomes admin', 'Administrator', 'admin')
naming('the name of the bot makes nobody', 'rocket.cat', undefined)

test('ADMIN_EMAIL is ignored when it is no address, and verified on demand', async () => {
  assert.is((await start({ ...adminEnv, ADMIN_EMAIL: 'nonsense' })).people[0]?.emails, undefined)
  const { people } = await start({ ...adminEnv, ADMIN_EMAIL_VERIFIED: 'true' })
  assert.equal(people[0]?.emails, [{ address: 'admin@example.org', verified: true }])
  assert.is(people[0]?.services.email2fa, undefined)
})

test('ADMIN_* are ignored once there is an administrator', async () => {
  const { database } = await start(adminEnv)
  const { people, log } = await start({ ADMIN_USERNAME: 'other', ADMIN_PASS: 'Other-pass-1' }, database)
  assert.equal(
    people.map(({ username }) => username),
    ['rcadmin'],
  )
  assert.match(log.join('\n'), 'already exist')
})

test('without an administrator the oldest account is promoted', async () => {
  const { database } = await start(adminEnv)
  for (const user of database.users) user.roles = ['user']
  assert.equal((await start({}, database)).people[0]?.roles, ['user', 'admin'])
})

test('INITIAL_USER is inserted as it is, enters the default channels and is shown in the log', async () => {
  const INITIAL_USER = JSON.stringify({ _id: 'first', username: 'first', roles: ['admin'], name: 'First' })
  const { people, log, database } = await start({ INITIAL_USER })
  assert.equal([people[0]?._id, people[0]?.roles, people[0]?.__rooms], ['first', ['admin'], ['GENERAL']])
  assert.match(log.join('\n'), INITIAL_USER)
  assert.is((await start({ INITIAL_USER }, database)).people.length, 1)
  assert.match((await start({ INITIAL_USER: 'yes' })).log.join('\n'), 'INITIAL_USER')
})

const wizard = (title: string, env: Record<string, string>, values: readonly string[]) =>
  test(`Show_Setup_Wizard ${title}`, async () => {
    const database = emptyDatabase()
    for (const value of values) assert.is((await start(env, database)).value('Show_Setup_Wizard'), value)
  })
wizard('waits for an administrator', {}, ['pending', 'pending'])
wizard('is in progress with one', adminEnv, ['in_progress', 'in_progress'])
wizard(
  'overwritten as completed sticks from the second start on',
  { ...adminEnv, OVERWRITE_SETTING_Show_Setup_Wizard: 'completed' },
  ['in_progress', 'completed'],
)
wizard('preset as completed is lost for good', { ...adminEnv, Show_Setup_Wizard: 'completed' }, [
  'in_progress',
  'in_progress',
])

test('a change of version puts a completed wizard back and adds what is new with its default roles', async () => {
  const { database } = await start(adminEnv)
  const setting = database.settings.Show_Setup_Wizard
  if (setting) setting.value = 'completed'
  const strip = database.permissions.find(({ _id }) => _id === 'create-c')
  if (strip) strip.roles = ['admin']
  assert.is((await start(adminEnv, database)).value('Show_Setup_Wizard'), 'completed')
  const upgraded = await start(adminEnv, database, '8.6.1')
  assert.is(upgraded.value('Show_Setup_Wizard'), 'in_progress')
  const roles = (id: string) => database.permissions.find(({ _id }) => _id === id)?.roles
  assert.equal(
    [roles('create-c'), roles('export-messages-as-pdf')?.includes('user'), roles('view-history')],
    [['admin'], true, undefined],
  )
  assert.equal([upgraded.value('SSRF_Allowlist'), upgraded.people.length], ['', 1])
  assert.ok(database.permissions.some(({ _id }) => _id === 'change-setting-SSRF_Allowlist'))
})

test('a database of a newer release is refused', async () => {
  const { database } = await start(adminEnv, undefined, '8.6.1')
  try {
    await start(adminEnv, database)
    assert.unreachable()
  } catch (error) {
    assert.match(String(error), '6.14.0 cannot run on it')
  }
})

test('blocked settings are readable only, hidden ones neither', async () => {
  const rc = await startRocketChat({
    version: '6.14.0',
    env: {
      ...adminEnv,
      SETTINGS_BLOCKED: 'Site_Name',
      SETTINGS_HIDDEN: 'Unread_Count, Unread_Count_DM',
      OVERWRITE_SETTING_Unread_Count: 'all_messages',
    },
  })
  try {
    const admin = { ...(await logIn(rc)), ...passwordFactor() }
    const at = (id: string, body?: unknown) => ask(rc, body ? 'POST' : 'GET', `/api/v1/settings/${id}`, body, admin)
    assert.equal(
      [(await at('Site_Name')).status, (await at('Site_Name', { value: 'X' })).body],
      [200, { success: false }],
    )
    assert.equal(
      [(await at('Unread_Count')).body, (await at('Unread_Count', { value: 'x' })).body],
      [{ success: false }, { success: false }],
    )
    assert.is(rc.database.settings.Unread_Count?.value, 'all_messages')
  } finally {
    await rc.stop()
  }
})

test('ROOT_URL becomes Site_Url when that is first inserted, and never again', async () => {
  const { database, value } = await start({ ...adminEnv, ROOT_URL: 'https://chat.example.org/' })
  assert.is(value('Site_Url'), 'https://chat.example.org')
  assert.is(
    (await start({ ...adminEnv, ROOT_URL: 'https://other.example.org' }, database)).value('Site_Url'),
    'https://chat.example.org',
  )
  const moved = await start({ OVERWRITE_SETTING_Site_Url: 'https://new.example.org' }, database)
  assert.is(moved.value('Site_Url'), 'https://new.example.org')
})

test.run()
