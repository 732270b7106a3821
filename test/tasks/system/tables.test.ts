import { chmod, readFile, stat, writeFile } from 'node:fs/promises'
import { userInfo } from 'node:os'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { editKeys, readKey } from '../../../lib/posix/key-lines.ts'
import { dropSetting, putSetting } from '../../../lib/posix/sysctl-file.ts'
import authorizedKey from '../../../tasks/system/authorized_key.ts'
import cron from '../../../tasks/system/cron.ts'
import sysctl from '../../../tasks/system/sysctl.ts'
import { answer, fakeIo } from '../../fakes/io.ts'
import { type LocalShell, localShell } from '../../fakes/local-shell.ts'
import { argsOf, check, context, perform, ritual, shown } from '../../fakes/task.ts'

const test = suite<{ world: LocalShell }>('tasks/system/tables')

test.before.each(async (my) => {
  my.world = await localShell()
})
test.after.each((my) => my.world.remove())

const one = `ssh-ed25519 AAAAone`
const two = `ssh-rsa AAAAtwo`
const keys = (text: string) => text.split('\n').flatMap((line) => readKey(line) ?? [])
const edit = (text: string, wanted: string, more: Partial<Parameters<typeof editKeys>[1]> = {}) =>
  editKeys(text, {
    keys: keys(wanted),
    state: 'present',
    options: undefined,
    comment: undefined,
    exclusive: false,
    ...more,
  })

test('reads keys with options that hold blanks', () => {
  assert.equal(readKey(`from="10.0.0.*",command="echo \\"a b\\"" ${one} it is me`), {
    id: one,
    options: 'from="10.0.0.*",command="echo \\"a b\\""',
    comment: 'it is me',
    line: `from="10.0.0.*",command="echo \\"a b\\"" ${one} it is me`,
  })
  for (const line of ['', '# ssh-rsa AAAA', 'no key at all', 'ssh-rsa']) assert.is(readKey(line), undefined)
})

test('adds, changes and removes keys', () => {
  assert.is(edit('', `${one} me`), `${one} me\n`)
  assert.is(edit(`# first\n${two} them\n`, `${one} me`), `# first\n${two} them\n${one} me\n`)
  assert.is(edit(`${one} me\n${one} again\n`, `${one} me`), `${one} me\n`)
  assert.is(edit(`${one} me\n`, one, { options: 'restrict', comment: 'new' }), `restrict ${one} new\n`)
  assert.is(edit(`${one} me\n${two} x\n`, one, { state: 'absent' }), `${two} x\n`)
  assert.is(edit(`# kept\n${two} x\n`, `${one} me`, { exclusive: true }), `# kept\n${one} me\n`)
})

test('a key for an account', async ({ world }) => {
  const path = `${world.folder}/keys`
  const user = userInfo().username
  await ritual(authorizedKey, { user, key: `${one} me\n${two} them`, path }, world)
  assert.is(await readFile(path, 'utf8'), `${one} me\n${two} them\n`)
  await ritual(authorizedKey, { user, key: `${one} me`, path, state: 'absent' }, world)
  assert.equal(await check(authorizedKey, { user, key: one, path: `${path}-none`, state: 'absent' }, world), [])
  const error = await check(authorizedKey, { user: 'no-such-account', key: one }, world).catch((thrown) => thrown)
  assert.is(error.code, 'account-missing')
})

test('the first key of an account makes its folder', () => {
  const text = '1000:1000\n\n/home/deploy/.ssh/authorized_keys\n0022\n0 00 -\n\n-\n'
  const args = argsOf(authorizedKey, { user: 'deploy', key: one })
  const changes = authorizedKey.diff(args, authorizedKey.probe(args, context).read([answer(text)]), context)
  assert.equal(shown(changes), [
    { action: 'create', target: '/home/deploy/.ssh', after: { mode: '0700', owner: 'deploy' } },
    { action: 'create', target: '/home/deploy/.ssh/authorized_keys', after: `${one}\n` },
  ])
  const [, file] = changes
  const place = file?.data.do === 'file' ? file.data.place : undefined
  assert.is(place?.kind === 'write' && place.write.mode, 0o600)
  assert.is(place?.kind === 'write' && place.write.owner, '1000')
})

test('what is no key is refused', () => {
  const findings = (key: string) => authorizedKey.validate?.(argsOf(authorizedKey, { user: 'a', key }), context).length
  assert.equal(['-----BEGIN OPENSSH PRIVATE KEY-----', '', `${one} x\nnonsense`].map(findings), [1, 1, 1])
})

const settings: readonly (readonly [string, string, string])[] = [
  ['', '1', 'a.b=1\n'],
  ['x=1', '2', 'x=1\na.b=2\n'],
  ['a.b = 1\n', '1', 'a.b = 1\n'],
  ['a.b = 1\nc=2\n', '3', 'a.b=3\nc=2\n'],
  ['a/b=1\n#a.b=7\na.b=1 2\n', '1\t2', '#a.b=7\na.b=1 2\n'],
]
for (const [text, value, expected] of settings) {
  test(`sysctl makes ${JSON.stringify(expected)} of ${JSON.stringify(text)}`, () =>
    assert.is(putSetting(text, 'a.b', value), expected))
}

test('sysctl files', async ({ world }) => {
  assert.is(dropSetting('a.b=1\nc=2\n-a.b=3\n', 'a.b'), 'c=2\n')
  const file = `${world.folder}/sysctl.conf`
  const written = { name: 'vm.max_map_count', value: '262144', sysctl_file: file, reload: false }
  await ritual(sysctl, written, world)
  assert.is(await readFile(file, 'utf8'), 'vm.max_map_count=262144\n')
  await ritual(sysctl, { ...written, state: 'absent' }, world)
  assert.equal(await check(sysctl, { name: 'a.b', state: 'absent', sysctl_file: `${file}-none` }, world), [])
})

test('the kernel is told at once when that is asked for', async () => {
  const args = argsOf(sysctl, { name: 'vm.x', value: '5', sysctl_set: true })
  const look = answer('/etc/sysctl.conf\n0022\n1 11 -\n\n-\n')
  const { read } = sysctl.probe(args, context)
  const live = (text: string) => sysctl.diff(args, read([look, answer(text)]), context).map((change) => change.data.do)
  assert.equal(live('4\n'), ['file', 'set'])
  assert.equal(live('5\n'), ['file'])
  const io = fakeIo()
  await sysctl.apply?.({ action: 'update', target: '', data: { do: 'set', value: '5' } }, io, args)
  assert.equal(io.calls, [{ sh: 'sysctl  -w vm.x=5' }])
})

test('a job in a file of its own', async ({ world }) => {
  const path = `${world.folder}/backup`
  const written = { name: 'back up', cron_file: path, user: 'root', minute: '5', job: 'run "it" > /dev/null' }
  await ritual(cron, written, world)
  assert.is(await readFile(path, 'utf8'), '#Ansible: back up\n5 * * * * root run "it" > /dev/null\n')
  assert.is((await stat(path)).mode & 0o777, 0o644)
  await ritual(cron, { name: 'PATH', env: true, job: '/bin', cron_file: path, user: 'root' }, world)
  await ritual(cron, { ...written, disabled: true }, world)
  assert.is(await readFile(path, 'utf8'), 'PATH="/bin"\n#Ansible: back up\n#5 * * * * root run "it" > /dev/null\n')
  const beside = { env: true, cron_file: path, user: 'root' }
  await ritual(cron, { name: 'LAST', ...beside, job: 'x', insertafter: 'PATH', backup: true }, world)
  await ritual(cron, { name: 'FIRST', ...beside, job: 'y', insertbefore: 'PATH' }, world)
  const run = await perform(cron, { name: 'LAST', ...beside, job: 'x' }, world)
  assert.equal(run.values.envs, ['FIRST', 'PATH', 'LAST'])
  const error = await check(cron, { name: 'A', ...beside, job: 'x', insertafter: 'NONE' }, world).catch(
    (thrown) => thrown,
  )
  assert.is(error.code, 'no-such-variable')
  for (const name of ['FIRST', 'LAST']) await ritual(cron, { name, ...beside, state: 'absent' }, world)
  await ritual(cron, { name: 'PATH', env: true, state: 'absent', cron_file: path, user: 'root' }, world)
  await ritual(cron, { ...written, state: 'absent' }, world)
  assert.is(await stat(path).catch(() => undefined), undefined, 'an empty file is removed')
})

test('a job in the table of an account', async ({ world }) => {
  const program = `${world.folder}/crontab`
  await writeFile(`${world.folder}/table`, '# mine\n')
  await writeFile(program, `#!/bin/sh\ncase "$*" in *-l) cat "$HOME/table";; *) cat >"$HOME/table";; esac\n`)
  await chmod(program, 0o755)
  const other = await localShell({ env: { PATH: `${world.folder}:${process.env.PATH}`, HOME: world.folder } })
  try {
    await ritual(cron, { name: 'daily', special_time: 'daily', job: 'echo 100% "$HOME"' }, other)
    assert.is(await readFile(`${world.folder}/table`, 'utf8'), '# mine\n#Ansible: daily\n@daily echo 100% "$HOME"\n')
    await ritual(cron, { name: 'daily', state: 'absent' }, other)
    assert.is(await readFile(`${world.folder}/table`, 'utf8'), '# mine\n')
  } finally {
    await other.remove()
  }
})

test('a host without cron', async () => {
  const world = { io: fakeIo(), ask: async () => [answer('')] }
  assert.is((await perform(cron, { name: 'x', job: 'y' }, world).catch((thrown) => thrown)).code, 'no-cron')
  assert.equal(await check(cron, { name: 'x', state: 'absent' }, world), [])
})

test('finds what is wrong before anything is touched', () => {
  const findings = (written: { readonly [key: string]: unknown }) =>
    cron.validate?.(argsOf(cron, { name: 'x', ...written }), context).map((found) => found.path[0])
  assert.equal(findings({}), ['state'])
  assert.equal(findings({ job: 'a\nb' }), ['job'])
  assert.equal(findings({ job: 'a', cron_file: 'x.y', user: 'root' }), ['cron_file'])
  assert.equal(findings({ job: 'a', cron_file: 'xy' }), ['cron_file'])
  assert.equal(findings({ job: 'a', special_time: 'daily', hour: '3' }), ['special_time'])
})

test.run()
