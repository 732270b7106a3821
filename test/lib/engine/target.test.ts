import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { ToolError } from '../../../lib/core/diagnostic.ts'
import type { Value } from '../../../lib/core/plain.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { targetOf } from '../../../lib/engine/target.ts'

const test = suite('lib/engine/target')

const target = (variables: { [name: string]: Value }) => targetOf('chat.example.org', (name) => variables[name])

test('a host without variables is reached over ssh under its own name, its key checked strictly', () => {
  assert.equal(target({}), { via: 'ssh', address: 'chat.example.org', hostKeys: 'strict' })
})

test("Ansible's variables say how it is reached", () => {
  const found = target({
    ansible_host: '192.0.2.7',
    ansible_port: '2222',
    ansible_user: 'admin',
    ansible_password: 'pass-word',
    ansible_ssh_private_key_file: '~/.ssh/key',
    ansible_ssh_timeout: 5,
    ansible_ssh_common_args: '-o ProxyJump=jump.example.org -oUserKnownHostsFile=/etc/known',
  })
  assert.is(found.address, '192.0.2.7')
  assert.is(found.port, 2222)
  assert.is(found.user, 'admin')
  assert.instance(found.password, Secret)
  assert.is(found.keyFile, '~/.ssh/key')
  assert.is(found.connectTimeout, 5000)
  assert.is(found.jump, 'jump.example.org')
  assert.equal(found.knownHostsFiles, ['/etc/known'])
})

const refused = (title: string, variables: { [name: string]: Value }, sentence: string) =>
  test(title, () => {
    try {
      target(variables)
    } catch (error) {
      assert.ok(error instanceof ToolError)
      assert.is(error.code, 'bad-connection-variable')
      assert.match(error.message, sentence)
      return
    }
    assert.unreachable()
  })

refused('a connection we do not have', { ansible_connection: 'winrm' }, 'ssh, local or sandbox, not "winrm"')
refused('a port that is none', { ansible_port: 'twenty-two' }, 'a whole number up to 65535')
refused('a port out of range', { ansible_port: 70_000 }, 'a whole number up to 65535')
refused(
  'host keys cannot be switched off',
  { ansible_ssh_common_args: '-o StrictHostKeyChecking=no' },
  'host keys are always checked',
)
refused('an option we do not know', { ansible_ssh_common_args: '-o Ciphers=none' }, 'not Ciphers')
refused('a policy that is none', { ansible_ssh_host_key_policy: 'off' }, 'strict or accept-new')

test('all mistakes are told at once', () => {
  try {
    target({ ansible_port: 'x', ansible_connection: 'y' })
    assert.unreachable()
  } catch (error) {
    assert.ok(error instanceof ToolError)
    assert.is(error.diagnostics.length, 2)
  }
})

test.run()
