import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Account, route } from '../../../lib/connect/route.ts'
import { parseSshConfig, sshSettings } from '../../../lib/connect/ssh-config.ts'
import { readSshConfig } from '../../../lib/connect/ssh-config-file.ts'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import type { Target } from '../../../lib/core/host.ts'

const test = suite('lib/connect/ssh-config')

const settings = (text: string, alias: string, user?: string) =>
  sshSettings(parseSshConfig(text, 'config'), { alias, user, local: 'me' })

test('the first value wins, blocks apply to their hosts, identity files add up', () => {
  const text = `
# a comment
User = first
Host web* !web9
  HostName %h.example.org
  Port 2201
  IdentityFile "~/.ssh/my key"
  IdentitiesOnly yes
Host web1
  Port 2202
  User second
  IdentityFile ~/.ssh/other   # why not
Host *
  HostName nowhere.example.org
  ServerAliveInterval 30
  UserKnownHostsFile ~/.ssh/a /etc/b
`
  const { identityFiles, hostName, port, user, identitiesOnly, serverAliveInterval, userKnownHostsFiles } = settings(
    text,
    'web1',
  )
  assert.equal(identityFiles, ['~/.ssh/my key', '~/.ssh/other'])
  assert.equal([hostName, port, user, identitiesOnly], ['%h.example.org', 2201, 'first', true])
  assert.equal([serverAliveInterval, userKnownHostsFiles], [30, ['~/.ssh/a', '/etc/b']])
  assert.is(settings(text, 'web9').hostName, 'nowhere.example.org')
  assert.is(settings(text, 'db1').port, undefined)
})

test('understands simple Match blocks and says which it leaves out', () => {
  const text = `
Match host a*,b* user deploy
  Port 1
Match originalhost x
  HostName alpha
Match !host alpha all
  Port 3
Match exec "true"
  Port 4
Match all
  Port 5
`
  assert.is(settings(text, 'a1', 'deploy').port, 1)
  assert.is(settings(text, 'a1').port, 3)
  assert.is(settings(text, 'x').port, 5)
  assert.equal(settings(text, 'c1').notes, ['config:8: `Match exec` is not supported; the block is left out'])
})

test('reads included files in their place, within the block that includes them', () => {
  const home = mkdtempSync(join(tmpdir(), 'connect-config-'))
  mkdirSync(join(home, '.ssh', 'conf.d'), { recursive: true })
  const file = join(home, '.ssh', 'config')
  const write = (name: string, text: string) => writeFileSync(join(home, '.ssh', name), text)
  write('config', 'Host web1\n  Include conf.d/*.conf\nHost *\n  User last\n')
  write('conf.d/1.conf', 'Port 2201\nHost web2\n  Port 1\n')
  write('conf.d/2.conf', 'User inner\n')
  const lines = readSshConfig([file, join(home, 'none')], home)
  const found = (alias: string) => {
    const { port, user } = sshSettings(lines, { alias, local: 'me' })
    return [port, user]
  }
  assert.equal(found('web1'), [2201, 'inner'])
  assert.equal(found('web2'), [undefined, 'last'])
  const old = new Date(Date.now() - 60_000)
  utimesSync(join(home, '.ssh', 'conf.d'), old, old)
  const now = (alias: string) => sshSettings(readSshConfig([file], home), { alias, local: 'me' })
  assert.is(now('web1').port, 2201)
  write('conf.d/1.conf', 'Port 2202\n')
  assert.is(now('web1').port, 2202)
  write('conf.d/0.conf', 'Port 2203\n')
  assert.is(now('web1').port, 2203)
  write('loop', `Include ${join(home, '.ssh', 'loop')}\n`)
  try {
    readSshConfig([join(home, '.ssh', 'loop')], home)
    assert.unreachable()
  } catch (error) {
    assert.is((error as ToolError).code, 'ssh-config-unreadable')
  }
  rmSync(home, { recursive: true })
})

const account: Account = { name: 'me', home: '/home/me', agent: '/run/agent' }
const target = (address: string, more: Partial<Target> = {}): Target => ({
  via: 'ssh',
  address,
  hostKeys: 'strict',
  connectTimeout: 1000,
  ...more,
})
const way = (text: string, about: Target) => route(about, account, parseSshConfig(text, 'config'))
const shown = (text: string, about: Target) => way(text, about).map(({ user, host, port }) => `${user}@${host}:${port}`)
const codeOf = (make: () => unknown) => {
  try {
    make()
  } catch (error) {
    if (error instanceof ToolError) return error.code
    throw error
  }
  return 'no error'
}

test('what the inventory says wins over the configuration, that over the defaults', () => {
  const text = 'Host web\n  HostName 192.0.2.1\n  User conf\n  Port 2201\n'
  assert.equal(shown(text, target('web')), ['conf@192.0.2.1:2201'])
  assert.equal(shown(text, target('web', { user: 'inv', port: 2299 })), ['inv@192.0.2.1:2299'])
  assert.equal(shown(text, target('db')), ['me@db:22'])
  assert.is(
    codeOf(() => route(target('db'), undefined, [])),
    'user-missing',
  )
})

test('keys: those asked for, then those configured, or else the defaults of the account', () => {
  const keys = (text: string, more: Partial<Target> = {}) =>
    way(text, target('web', more)).flatMap((hop) => hop.keys.map(({ path, origin }) => `${origin} ${path ?? 'text'}`))
  assert.equal(keys(''), [
    'default /home/me/.ssh/id_ed25519',
    'default /home/me/.ssh/id_ecdsa',
    'default /home/me/.ssh/id_rsa',
  ])
  assert.equal(keys('IdentityFile ~/k_%h_%r', { keyFile: '~/mine', key: 'PRIVATE' }), [
    'asked text',
    'asked /home/me/mine',
    'configured /home/me/k_web_me',
  ])
})

test('agent: of the account unless something else, or none, is said', () => {
  const agent = (text: string, more: Partial<Target> = {}) => way(text, target('web', more))[0]?.agent
  assert.is(agent(''), '/run/agent')
  assert.is(agent('IdentityAgent SSH_AUTH_SOCK'), '/run/agent')
  assert.is(agent('IdentityAgent ~/agent'), '/home/me/agent')
  assert.is(agent('IdentityAgent none'), undefined)
  assert.is(agent('', { agent: 'none' }), undefined)
  assert.is(agent('IdentityAgent none', { agent: '/run/other' }), '/run/other')
})

test('known hosts: where they are looked for, and where new ones go', () => {
  const files = (text: string, more: Partial<Target> = {}) => {
    const [hop] = way(text, target('web', more))
    return [hop?.knownHostsFiles, hop?.record, hop?.hostKeys, hop?.knownAs]
  }
  const system = ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']
  assert.equal(files(''), [['/home/me/.ssh/known_hosts', ...system], '/home/me/.ssh/known_hosts', 'strict', 'web'])
  assert.equal(files('UserKnownHostsFile ~/a /b\nStrictHostKeyChecking accept-new\nHostKeyAlias w'), [
    ['/home/me/a', '/b', ...system],
    '/home/me/a',
    'accept-new',
    'w',
  ])
  assert.equal(files('', { knownHostsFiles: ['/k'], hostKeys: 'accept-new' }), [['/k'], '/k', 'accept-new', 'web'])
})

test('jump hosts: from either place, in chains, with their own settings', () => {
  const text = `
Host bastion
  HostName 192.0.2.9
  User gate
  ProxyJump outer
Host web
  ProxyJump bastion
Host none-for-me
  ProxyJump none
`
  assert.equal(shown(text, target('web')), ['me@outer:22', 'gate@192.0.2.9:22', 'me@web:22'])
  assert.equal(shown(text, target('web', { jump: 'a@x:2201,y,b@[2001:db8::1]:2202' })), [
    'a@x:2201',
    'me@y:22',
    'b@2001:db8::1:2202',
    'me@web:22',
  ])
  assert.equal(shown(text, target('web', { jump: 'none' })), ['me@web:22'])
  assert.equal(shown(text, target('none-for-me')), ['me@none-for-me:22'])
  assert.equal(shown('Host web\n ProxyCommand ssh -q -W %h:%p u@gate\n', target('web')), ['u@gate:22', 'me@web:22'])
  assert.is(
    codeOf(() => way('ProxyCommand nc -X 5 %h %p', target('web'))),
    'proxy-command-unsupported',
  )
  assert.is(
    codeOf(() => way('ProxyJump gate', target('web'))),
    'jump-loop',
  )
})

test("a jump host gets the target's key after its own, never its password", () => {
  const text = 'Host gate\n  IdentityFile ~/gate\n'
  const [gate, web] = way(text, target('web', { jump: 'gate', keyFile: '/k', password: 'secret' }))
  assert.equal(
    gate?.keys.map(({ path }) => path),
    ['/home/me/gate', '/k'],
  )
  assert.is(gate?.password, undefined)
  assert.is(web?.password, 'secret')
})

test.run()
