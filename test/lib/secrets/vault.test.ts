import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Diagnostic, LoadError } from '../../../lib/core/diagnostic.ts'
import { Secret } from '../../../lib/core/secret.ts'
import { lock, makeIdentity, seal } from '../../../lib/secrets/age.ts'
import type { KeyOptions } from '../../../lib/secrets/keys.ts'
import { createVault } from '../../../lib/secrets/vault.ts'
import { vaultTexts } from '../../fakes/ansible-vault.ts'
import { keyOptions } from '../../fakes/keys.ts'

interface My {
  folder: string
  identity: Secret
  recipient: string
  armored: string
}
const test = suite<My>('lib/secrets/vault')

test.before(async (my) => {
  Object.assign(my, await makeIdentity())
  my.armored = await seal(new Secret('planted value', 'x'), [my.recipient])
})
test.before.each((my) => {
  my.folder = mkdtempSync(path.join(tmpdir(), 'vault-'))
})
test.after.each(({ folder }) => rmSync(folder, { recursive: true }))

const at = { file: 'vars.yml', line: 3, col: 5 }
const file = (my: My, name: string, text: string, mode = 0o600): string => {
  const full = path.join(my.folder, name)
  mkdirSync(path.dirname(full), { recursive: true, mode: 0o700 })
  writeFileSync(full, text)
  chmodSync(full, mode)
  return full
}
const finding = async (work: () => unknown): Promise<Diagnostic> => {
  try {
    await work()
  } catch (error) {
    if (error instanceof LoadError && error.diagnostics[0]) return error.diagnostics[0]
    throw error
  }
  return assert.unreachable() as never
}
const openWith = (my: My, more: Parameters<typeof keyOptions>[1] = {}, armored = my.armored) =>
  createVault(keyOptions(my.folder, more)).open('age', armored, 'db_password', at)

test('nothing encrypted: nothing is looked for, and files are read once', async () => {
  const vault = createVault(new Proxy({} as KeyOptions, { get: () => assert.unreachable('looked for a key') }))
  let times = 0
  assert.is(await vault.reading(() => ++times), 1)
})

test('reading opens all that was met, and reads once more', async (my) => {
  const vault = createVault(keyOptions(my.folder, { env: { AGE_IDENTITY: my.identity.reveal() } }))
  const { inline, withId } = vaultTexts
  const more = await seal(new Secret('another', 'x'), [my.recipient])
  const secrets = await vault.reading(() => [
    vault.decrypt('age', my.armored, at, 'one'),
    vault.decrypt('age', more, at, 'two'),
    vault.decrypt('age', my.armored, at, 'three'),
  ])
  assert.equal(
    secrets.map((one) => [one.label, one.reveal()]),
    [
      ['one', 'planted value'],
      ['two', 'another'],
      ['three', 'planted value'],
    ],
  )
  const passwords = createVault(
    keyOptions(my.folder, {
      vaultId: ['dev@dev.txt'],
      vaultPasswordFile: [file(my, 'pw', `${inline.password}\n`)],
      env: {},
    }),
  )
  file(my, 'dev.txt', withId.password)
  const [first, second] = await passwords.reading(() => [
    passwords.decrypt('vault', inline.text, at, 'a'),
    passwords.decrypt('vault', withId.text, at, 'b'),
  ])
  assert.equal([first?.reveal(), second?.reveal()], [inline.plain, withId.plain])
})

test('what is met too late is told', async (my) => {
  const vault = createVault(keyOptions(my.folder))
  assert.is((await finding(() => vault.decrypt('age', my.armored, at, 'x'))).code, 'encrypted-too-late')
})

test('the identity comes from the first place that has one', async (my) => {
  const { identity } = my
  const other = (await makeIdentity()).identity.reveal()
  const good = identity.reveal()
  const wrong = file(my, 'other.txt', `# made by somebody\n${other}\n`)
  const right = file(my, 'id.txt', `# made by me\n\n${good}\n`)
  const opens = async (more: Partial<KeyOptions>) => (await openWith(my, more)).reveal() === 'planted value'
  assert.ok(await opens({ identity: [right], env: { AGE_IDENTITY: other } }))
  assert.ok(await opens({ identity: [wrong, right] }))
  assert.ok(await opens({ env: { AGE_IDENTITY: good, AGE_IDENTITY_FILE: wrong } }))
  assert.ok(await opens({ env: { AGE_IDENTITY_FILE: 'id.txt', AGE_IDENTITY_COMMAND: 'false' } }))
  file(my, '.config/ametys-rocketchat/identity.txt', other)
  assert.ok(await opens({ env: { AGE_IDENTITY_COMMAND: `cat ${right}` } }))
  file(my, '.config/ametys-rocketchat/identity.txt', good)
  assert.ok(await opens({}))
})

test('an identity kept with the inventory asks for its passphrase, once', async (my) => {
  const text = await lock(my.identity, new Secret('four random words here', 'passphrase'), 4)
  file(my, 'inventory/identity.age', text, 0o644)
  const options = keyOptions(my.folder, { answers: ['four random words here'] })
  const vault = createVault(options)
  vault.near(path.join(my.folder, 'inventory', 'prod'))
  assert.is((await vault.open('age', my.armored, 'x')).reveal(), 'planted value')
  assert.is((await vault.open('age', my.armored, 'y')).reveal(), 'planted value')
  assert.equal(options.asked, [`Passphrase of ${path.join(my.folder, 'inventory', 'identity.age')}`])

  const wrong = createVault(keyOptions(my.folder, { env: { AGE_PASSPHRASE: 'another' } }))
  wrong.near(path.join(my.folder, 'inventory'))
  assert.is((await finding(() => wrong.open('age', my.armored, 'x'))).code, 'passphrase-wrong')
})

const flip = (armored: string, index: number): string => {
  const bytes = Buffer.from(armored.split('\n').slice(1, -2).join(''), 'base64')
  bytes[bytes.length + index] = (bytes.at(index) ?? 0) ^ 1
  const lines = bytes.toString('base64').match(/.{1,64}/g) ?? []
  return `-----BEGIN AGE ENCRYPTED FILE-----\n${lines.join('\n')}\n-----END AGE ENCRYPTED FILE-----\n`
}

test('each fault of a text has its own finding, at its place', async (my) => {
  const env = { AGE_IDENTITY: my.identity.reveal() }
  const code = async (armored: string) => {
    const { code, at: place, message, mend } = await finding(() => openWith(my, { env }, armored))
    assert.equal(place, at)
    assert.ok(mend)
    assert.not.match(message, 'planted')
    return code
  }
  assert.is(await code(flip(my.armored, -1)), 'secret-tampered')
  assert.is(await code(flip(my.armored, -40)), 'secret-tampered')
  assert.is(await code(my.armored.split('\n').slice(0, 3).join('\n')), 'secret-truncated')
  assert.is(await code(my.armored.replace(/\n[^\n]+\n-----END/, '\n-----END')), 'secret-tampered')
  assert.is(await code('planted value'), 'secret-not-age')
})

test('without an identity it is said where one was looked for, once for all values', async (my) => {
  const vault = createVault(keyOptions(my.folder))
  const found: Diagnostic[] = []
  const meet = (text: string, line: number, label: string) => {
    try {
      vault.decrypt('age', text, { ...at, line }, label)
    } catch (error) {
      found.push(...(error as LoadError).diagnostics)
    }
  }
  const more = await seal(new Secret('another', 'x'), [my.recipient])
  await vault.reading(() => {
    meet(my.armored, 3, 'db_password')
    meet(more, 9, 'api_token')
  })
  assert.is(found.length, 1)
  assert.is(found[0]?.code, 'no-identity')
  assert.is(found[0]?.at?.line, 3)
  assert.match(found[0]?.detail ?? '', 'vars.yml:9:5 api_token')
  assert.match(found[0]?.detail ?? '', 'AGE_IDENTITY_COMMAND')
  assert.match(found[0]?.detail ?? '', path.join(my.folder, '.config/ametys-rocketchat/identity.txt'))
})

test('an identity that fits nothing is told its own public half', async (my) => {
  const other = await makeIdentity()
  const { code, detail, mend } = await finding(() => openWith(my, { env: { AGE_IDENTITY: other.identity.reveal() } }))
  assert.is(code, 'identity-no-match')
  assert.match(detail ?? '', 'it is encrypted to 1 recipient')
  assert.match(mend ?? '', `recipients add ${other.recipient}`)
})

test('identities that cannot be used', async (my) => {
  const key = my.identity.reveal()
  const code = async (more: Partial<KeyOptions>) => (await finding(() => openWith(my, more))).code
  for (const mode of [0o640, 0o604, 0o620, 0o602]) {
    assert.is(await code({ identity: [file(my, 'id.txt', key, mode)] }), 'identity-readable-by-others')
  }
  assert.is(await code({ identity: [path.join(my.folder, 'none')] }), 'identity-missing')
  assert.is(await code({ env: { AGE_IDENTITY: 'AGE-SECRET-KEY' } }), 'identity-unreadable')
  assert.is(await code({ env: { AGE_IDENTITY: `${key}\nand more` } }), 'identity-unreadable')
  assert.is(
    await code({ env: { AGE_IDENTITY: `${key.slice(0, -1)}${key.endsWith('Q') ? 'P' : 'Q'}` } }),
    'identity-unreadable',
  )
  assert.is(await code({ env: { AGE_IDENTITY: '-----BEGIN OPENSSH PRIVATE KEY-----\nb3B' } }), 'identity-ssh')
  assert.is(await code({ env: { AGE_IDENTITY_COMMAND: 'echo planted; exit 3' } }), 'key-command-failed')
  assert.is(await code({ env: { AGE_IDENTITY_COMMAND: 'true' } }), 'key-command-failed')
})

test('a key or a password in a folder where others may put another one in its place', async (my) => {
  const { text, password } = vaultTexts.inline
  const folder = path.join(my.folder, 'keys')
  const identity = file(my, 'keys/id.txt', my.identity.reveal())
  const word = file(my, 'keys/password', password)
  const program = file(my, 'keys/program', `#!/bin/sh\necho '${password}'\n`, 0o755)
  const link = path.join(my.folder, 'link')
  symlinkSync(identity, link)
  const opened: { readonly [what: string]: () => unknown } = {
    identity: () => openWith(my, { identity: [identity] }),
    link: () => openWith(my, { identity: [link] }),
    ...Object.fromEntries(
      [word, program].map((one) => [
        path.basename(one),
        () => createVault(keyOptions(my.folder, { vaultPasswordFile: [one] })).open('vault', text, 'x'),
      ]),
    ),
  }
  for (const mode of [0o720, 0o702, 0o775]) {
    chmodSync(folder, mode)
    for (const [what, open] of Object.entries(opened)) {
      const { code, message, mend } = await finding(open)
      assert.match(code, /^(identity|vault-password)-readable-by-others$/, what)
      assert.match(message, 'others may write in its folder, and so put another file in its place', what)
      assert.is(mend, `chmod go-w ${folder}`)
    }
  }
  // With the sticky bit nobody can replace what belongs to another; reading the names does no harm.
  for (const mode of [0o1777, 0o755]) {
    chmodSync(folder, mode)
    for (const open of Object.values(opened)) assert.ok(await open())
  }
  chmodSync(my.folder, 0o777)
  assert.is((await finding(opened.link ?? assert.unreachable)).mend, `chmod go-w ${my.folder}`)
  chmodSync(program, 0o775)
  chmodSync(my.folder, 0o700)
  const { message, mend } = await finding(opened.program ?? assert.unreachable)
  assert.match(message, `${program} prints a vault password, and others may change it`)
  assert.is(mend, `chmod go-w ${program}`)
})

test('passwords of ansible-vault that are missing, empty, open to others or wrong', async (my) => {
  const { text, password } = vaultTexts.inline
  const code = async (more: Parameters<typeof keyOptions>[1], what: string = text) =>
    (await finding(() => createVault(keyOptions(my.folder, more)).open('vault', what, 'x', at))).code
  assert.is(await code({}), 'vault-password-needed')
  assert.is(await code({ vaultPasswordFile: ['none'] }), 'vault-password-missing')
  assert.is(await code({ vaultPasswordFile: [file(my, 'a', '\n')] }), 'vault-password-empty')
  assert.is(await code({ vaultPasswordFile: [file(my, 'b', password, 0o644)] }), 'vault-password-readable-by-others')
  assert.is(await code({ askVaultPass: true, answers: ['another'] }), 'vault-password-wrong')
  assert.is(await code({ askVaultPass: true, answers: [password] }, text.replace('1.1', '1.0')), 'vault-version')
  assert.is(await code({ askVaultPass: true, answers: [password] }, text.replace('AES256', 'AES')), 'vault-cipher')
  assert.is(await code({ askVaultPass: true, answers: [password] }, `${text}zz`), 'vault-unreadable')
  assert.is(await code({ askVaultPass: true, answers: [password] }, 'plain'), 'vault-unreadable')
})

test('a password file that may be executed is run', async (my) => {
  const { text, password, plain } = vaultTexts.inline
  const program = file(my, 'pw-client.sh', `#!/bin/sh\n[ "$2" = prod ] && echo '${password}'\n`, 0o755)
  const vault = createVault(keyOptions(my.folder, { env: { ANSIBLE_VAULT_IDENTITY_LIST: `prod@${program}` } }))
  assert.is((await vault.open('vault', text, 'x')).reveal(), plain)
})

test.run()
