import { userInfo } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { flatten } from '../../../lib/core/script.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { readAccount } from '../../../lib/posix/accounts.ts'
import group from '../../../tasks/system/group.ts'
import hostname from '../../../tasks/system/hostname.ts'
import user from '../../../tasks/system/user.ts'
import { answer, fakeIo } from '../../fakes/io.ts'
import { localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, shown } from '../../fakes/task.ts'

const test = suite('tasks/system/user')

const deploy = (lock = 'open', same = 'same') =>
  readAccount(
    answer(
      `deploy:x:1000:1000:Deploy:/home/deploy:/bin/bash\ndeploy\ndeploy deploy docker sudo\nhome\n${lock}\n${same}\n0:99999:\n`,
    ),
  )
const nobody = readAccount(answer('\n\n'))

const plan = (written: { readonly [key: string]: unknown }, look = deploy()) =>
  user.diff(argsOf(user, { name: 'deploy', ...written }), look, context)
const scripts = (written: { readonly [key: string]: unknown }, look = deploy()) =>
  plan(written, look).map((one) => flatten(one.data))

const check1 = (
  title: string,
  written: { readonly [key: string]: unknown },
  look: ReturnType<typeof deploy>,
  expected: readonly string[],
) => test(title, () => assert.equal(scripts(written, look), expected))

check1(
  'is content',
  { uid: 1000, group: 'deploy', groups: ['docker', 'sudo'], shell: '/bin/bash', home: '/home/deploy' },
  deploy(),
  [],
)
check1('is content with more groups when it only adds', { groups: ['docker'], append: true }, deploy(), [])
check1('takes it out of groups', { groups: ['docker'] }, deploy(), ['usermod -G docker -- deploy'])
check1('takes it out of all groups', { groups: [] }, deploy(), ["usermod -G '' -- deploy"])
check1('adds it to groups', { groups: ['adm'], append: true }, deploy(), ['usermod -a -G adm -- deploy'])
check1('changes several things at once', { uid: 1001, shell: '/bin/sh', comment: "it's me" }, deploy(), [
  "usermod -u 1001 -c 'it'\\''s me' -s /bin/sh -- deploy",
])
check1('makes an account', { uid: 7, groups: ['docker'], system: true, create_home: false }, nobody, [
  'useradd -u 7 -G docker -M -r -- deploy',
])
check1('makes an account whose group is there', {}, readAccount(answer('\ndeploy\n')), ['useradd -N -m -- deploy'])
check1('removes an account', { state: 'absent', remove: true }, deploy(), [
  'userdel -r -- deploy || { c=$?; [ $c = 12 ] || exit $c; }',
])
check1('has nothing to remove', { state: 'absent' }, nobody, [])
check1('locks', { password_lock: true }, deploy(), ['usermod -L -- deploy'])
check1('is content with a locked one', { password_lock: true }, deploy('locked'), [])
check1('ages passwords', { password_expire_max: 90 }, deploy(), ['chage -M 90 -- deploy'])
check1('is content with the age of passwords', { password_expire_max: 99999, password_expire_min: 0 }, deploy(), [])
check1('ends an account', { expires: 86400 }, deploy(), ['usermod -e 1970-01-02 -- deploy'])
check1('is content with an account without end', { expires: -1 }, deploy(), [])

const hash = new Secret('$6$salt$sentinel', 'hash')

test('a password is neither shown nor an argument', () => {
  const changes = plan({ password: hash }, deploy('open', 'other'))
  assert.equal(shown(changes), [
    {
      action: 'update',
      target: 'account deploy',
      before: { password: '(secret)' },
      after: { password: '(secret) differs' },
    },
  ])
  assert.is(String(changes[0]?.data), "printf '%s:%s\n' deploy <secret hash> | chpasswd -e")
  assert.equal(plan({ password: hash }), [])
  assert.equal(plan({ password: hash, update_password: 'on_create' }, deploy('open', 'other')), [])
})

test('a password that cannot be compared is an error', () => {
  assert.throws(() => plan({ password: hash }, deploy('unreadable', 'other')), /cannot be seen/)
})

test('a password must be a hash', () => {
  const codes = (password: unknown) =>
    (user.validate?.(argsOf(user, { name: 'deploy', password }), context) ?? []).length
  assert.is(codes('plain text'), 1)
  assert.is(codes(new Secret('plain text', 'p')), 1)
  assert.is(codes(hash), 0)
  assert.is(codes('!'), 0)
})

test('makes a key', () => {
  const [script = ''] = scripts({ generate_ssh_key: true, ssh_key_type: 'ed25519', ssh_key_comment: 'x' })
  assert.match(script, 'ssh-keygen -q -t ed25519  -C x -f "$k" -N \'\'')
})

test('looks at the account that runs this, without a word of its password', async () => {
  const world = await localShell()
  try {
    const { username, uid } = userInfo()
    assert.equal(
      await check(
        user,
        { name: username, uid, create_home: false, password: '*', update_password: 'on_create' },
        world,
      ),
      [],
    )
    const [found] = await world.ask(user.probe(argsOf(user, { name: username }), context).ask)
    assert.not.match(found?.text ?? '', /\$[0-9a-z]+\$/)
    assert.equal(await check(user, { name: 'no-such-account', state: 'absent' }, world), [])
    assert.equal(await check(group, { name: 'no-such-group', state: 'absent' }, world), [])
    assert.is((await check(hostname, { name: 'surely.not.this' }, world)).length, 1)
  } finally {
    await world.remove()
  }
})

test('looks at the files of the host alone where that is asked for', async () => {
  for (const [local, count] of [
    [false, true],
    [true, false],
  ] as const) {
    const [query] = user.probe(argsOf(user, { name: 'x', local }), context).ask
    const [other] = group.probe(argsOf(group, { name: 'x', local }), context).ask
    for (const one of [query, other])
      assert.is(/getent (passwd|group)/.test(one?.on === 'shell' ? flatten(one.script) : ''), count)
  }
})

test('returns what Ansible returns', () => {
  const values = (written: { readonly [key: string]: unknown }, look = deploy()) =>
    user.result?.(argsOf(user, { name: 'deploy', ...written }), look).values ?? {}
  assert.equal(values({ groups: ['b', 'a'], password: hash }), {
    name: 'deploy',
    state: 'present',
    uid: 1000,
    group: 1000,
    groups: 'b,a',
    home: '/home/deploy',
    shell: '/bin/bash',
    comment: 'Deploy',
    append: false,
    move_home: false,
    password: 'NOT_LOGGING_PASSWORD',
  })
  assert.is(values({}).groups, 'docker,sudo')
  assert.equal(values({ state: 'absent', remove: true }, nobody), {
    name: 'deploy',
    state: 'absent',
    force: false,
    remove: true,
  })
})

const groups = (written: { readonly [key: string]: unknown }, found: number | undefined) =>
  group.diff(argsOf(group, { name: 'web', ...written }), found, context).map((one) => flatten(one.data))

test('groups', () => {
  assert.equal(groups({ gid: 5 }, undefined), ['groupadd -g 5 -- web'])
  assert.equal(groups({ system: true }, undefined), ['groupadd -r -- web'])
  assert.equal(groups({ gid: 5 }, 6), ['groupmod -g 5 -- web'])
  assert.equal(groups({ gid: 5 }, 5), [])
  assert.equal(groups({ state: 'absent' }, 5), ['groupdel -- web'])
})

test('the name of the host', async () => {
  const io = fakeIo()
  const world = { io, ask: async () => [answer('chat\nchat\n')] }
  assert.equal(await check(hostname, { name: 'chat' }, world), [])
  assert.equal(
    shown(
      (
        await perform(
          hostname,
          { name: 'new.example.org' },
          {
            ...world,
            ask: async () => [answer(io.calls.length > 0 ? 'new.example.org\nnew.example.org\n' : 'chat\n')],
          },
        )
      ).changes,
    ),
    [
      {
        action: 'update',
        target: 'name of the host',
        before: { now: 'chat', kept: '' },
        after: { now: 'new.example.org', kept: 'new.example.org' },
      },
    ],
  )
})

test.run()
