import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { Secret } from '../../../lib/core/secret.ts'
import { makeIdentity, recipientOf } from '../../../lib/secrets/age.ts'
import { createFileStore, readStore } from '../../../lib/secrets/file-store.ts'
import { vaultTexts } from '../../fakes/ansible-vault.ts'
import { type Project, project, type Vaulted } from '../../fakes/vault.ts'

const test = suite<{ at: Project }>('lib/vault/commands')

test.before.each((my) => {
  my.at = project()
})
test.after.each(({ at }) => at.remove())

const vars = 'inventory/prod/group_vars/all.yml'
const text = `# about the mail
smtp_password: planted-smtp   # of the relay
smtp_host: mail.example.org
nested:
  api_token: 'planted token'
  port: 5432
templated_password: "{{ smtp_password }}"
private_key_file: ~/.ssh/id
`
const fine = (ran: Vaulted): Vaulted => {
  assert.equal(ran.codes, [])
  assert.is(ran.code, 0)
  assert.not.match(ran.printed, 'planted')
  return ran
}
const refused = (ran: Vaulted, code: string): Vaulted => {
  assert.equal(ran.codes, [code])
  assert.is(ran.code, 2)
  assert.not.match(JSON.stringify(ran.findings), 'planted')
  return ran
}
const identityFile = (at: Project): string => path.join(at.folder, 'home/.config/ametys-rocketchat/identity.txt')

/** A project whose first recipient has been named, with a file of encrypted values. */
async function begun(at: Project): Promise<void> {
  at.write(vars, text)
  fine(await at.run('init'))
  fine(await at.run(`encrypt ${vars}`))
}
const without = (of: string, ...names: string[]): string =>
  of
    .split('\n')
    .filter((line) => !names.some((name) => line.includes(name)))
    .join('\n')

test('init makes a key for its owner alone and names it first', async ({ at }) => {
  const { printed } = fine(await at.run('init'))
  const file = identityFile(at)
  assert.is(statSync(file).mode & 0o777, 0o600)
  assert.is(statSync(path.dirname(file)).mode & 0o777, 0o700)
  const key = /AGE-SECRET-KEY-\S+/.exec(readFileSync(file, 'utf8'))?.[0] ?? ''
  const recipient = await recipientOf(new Secret(key, 'x'))
  assert.match(at.read('inventory/recipients'), `\n${recipient}\n`)
  assert.match(printed, recipient)
  assert.not.match(printed, key)
  assert.match(fine(await at.run('init')).printed, `${recipient} is a recipient`)
  assert.is(readFileSync(file, 'utf8').includes(key), true)
})

test('the next person is told what a colleague has to type, and then is in', async ({ at }) => {
  await begun(at)
  const home = path.join(at.folder, 'home2')
  const { printed } = fine(await at.run('init', { home }))
  const [, command = ''] = /vault\.ts (recipients add age1\w+)/.exec(printed) ?? []
  refused(await at.run(`get ${vars} smtp_password`, { home }), 'identity-no-match')
  fine(await at.run(`${command} Anna Example`))
  assert.match(at.read('inventory/recipients'), /age1\w+ # Anna Example\n$/)
  assert.is(fine(await at.run(`get ${vars} smtp_password`, { home })).disclosed, 'planted-smtp\n')
  assert.is(fine(await at.run(`get ${vars} smtp_password`)).disclosed, 'planted-smtp\n')
  assert.match(fine(await at.run('recipients list')).printed, 'Anna Example')
  assert.match(fine(await at.run(`${command} Anna`)).printed, 'is a recipient already')

  const { printed: removed } = fine(await at.run('recipients remove Anna Example'))
  assert.match(removed, 'history of the repository')
  assert.match(removed, `${vars}: smtp_password\n  ${vars}: nested.api_token`)
  refused(await at.run(`get ${vars} smtp_password`, { home }), 'identity-no-match')
  assert.is(fine(await at.run(`get ${vars} nested.api_token`)).disclosed, 'planted token\n')
})

test('a passphrase can do for all', async ({ at }) => {
  refused(await at.run('init', { passphrase: true, value: 'short' }), 'passphrase-short')
  fine(await at.run('init', { passphrase: true, value: 'planted four words' }))
  assert.match(at.read('inventory/identity.age'), 'BEGIN AGE ENCRYPTED FILE')
  fine(await at.run(`set ${vars} db_password`, { value: 'planted-db' }))
  const answers = ['planted four words']
  assert.is(fine(await at.run(`get ${vars} db_password`, { answers })).disclosed, 'planted-db\n')
  refused(await at.run(`get ${vars} db_password`, { answers: ['another'] }), 'passphrase-wrong')
})

test('encrypt takes what sounds like a secret, and leaves all other lines as they are', async ({ at }) => {
  await begun(at)
  const after = at.read(vars)
  assert.not.match(after, 'planted')
  assert.is(
    after
      .replace(/-----BEGIN[^-]*-----[^-]*-----END[^-]*-----/g, 'ARMOR')
      .replaceAll('\n  ARMOR', ' ARMOR')
      .replaceAll('\n    ARMOR', ' ARMOR'),
    text
      .replace('planted-smtp   # of the relay', '!age |   # of the relay ARMOR')
      .replace("'planted token'", '!age | ARMOR'),
  )
  fine(await at.run(`encrypt ${vars} smtp_host nested.port`))
  assert.is(fine(await at.run(`get ${vars} nested.port`)).disclosed, '5432\n')
  assert.match(fine(await at.run(`encrypt ${vars} smtp_host`)).printed, 'nothing to encrypt')
  assert.match(fine(await at.run(`encrypt ${vars}`)).printed, 'no open value')
})

test('decrypt gives back what was encrypted', async ({ at }) => {
  await begun(at)
  fine(await at.run(`decrypt ${vars} smtp_password`))
  assert.match(at.read(vars), '\nsmtp_password: planted-smtp   # of the relay\nsmtp_host')
  fine(await at.run(`decrypt ${vars}`))
  assert.is(at.read(vars), text.replace("'planted token'", '"planted token"'))
  assert.match(fine(await at.run(`decrypt ${vars}`)).printed, 'nothing of it is encrypted')
})

test('set writes new and known variables, and new files', async ({ at }) => {
  await begun(at)
  const before = at.read(vars)
  const value = 'planted "quote" $HOME\n  line two\n'
  fine(await at.run(`set ${vars} nested.api_token`, { value }))
  assert.is(fine(await at.run(`get ${vars} nested.api_token`)).disclosed, `${value}\n`)
  assert.is(at.read(vars).split('\n').slice(0, 12).join('\n'), before.split('\n').slice(0, 12).join('\n'))
  fine(await at.run(`set ${vars} db_password`, { value: 'planted-db' }))
  assert.is(fine(await at.run(`get ${vars} db_password`)).disclosed, 'planted-db\n')
  fine(await at.run('set inventory/prod/host_vars/web.yml pin', { value: '0042' }))
  assert.is(fine(await at.run('get inventory/prod/host_vars/web.yml pin')).disclosed, '0042\n')
  refused(await at.run(`set ${vars} nested.new`, { value }), 'no-such-variable')
  refused(await at.run(`set ${vars} nested`, { value }), 'no-such-variable')
  refused(await at.run(`set ${vars} db_password planted`), 'value-on-command-line')
  at.write('inventory/prod/list.yml', '- a\n')
  refused(await at.run('set inventory/prod/list.yml x', { value }), 'no-such-variable')
})

test('edit keeps the text of what stays', async ({ at }) => {
  await begun(at)
  const before = at.read(vars)
  let seen = { text: '', mode: 0, folder: 0, where: '' }
  fine(
    await at.run(`edit ${vars}`, {
      editor: [
        (file) => {
          seen = {
            text: readFileSync(file, 'utf8'),
            mode: statSync(file).mode & 0o777,
            folder: statSync(path.dirname(file)).mode & 0o777,
            where: file,
          }
        },
      ],
    }),
  )
  assert.match(seen.text, 'smtp_password: !age planted-smtp   # of the relay\n')
  assert.equal([seen.mode, seen.folder], [0o600, 0o700])
  if (existsSync('/dev/shm')) assert.match(seen.where, /^\/dev\/shm\//)
  assert.not.ok(existsSync(path.dirname(seen.where)))
  assert.is(at.read(vars), before)

  const change = (file: string) =>
    writeFileSync(
      file,
      readFileSync(file, 'utf8')
        .replace('mail.example.org', 'smtp.example.org')
        .replace('!age "planted token"', '!age planted-other')
        .concat('added: !age planted-new\n'),
    )
  fine(await at.run(`edit ${vars}`, { editor: [change] }))
  const after = at.read(vars)
  assert.not.match(after, 'planted')
  assert.is(after.slice(0, after.indexOf('smtp_host')), before.slice(0, before.indexOf('smtp_host')))
  assert.match(after, 'smtp_host: smtp.example.org\n')
  assert.is(fine(await at.run(`get ${vars} nested.api_token`)).disclosed, 'planted-other\n')
  assert.is(fine(await at.run(`get ${vars} added`)).disclosed, 'planted-new\n')
})

test('a mistake made in the editor is told without the text, and can be mended', async ({ at }) => {
  await begun(at)
  const before = at.read(vars)
  const spoil = (file: string) => writeFileSync(file, 'a: planted: b\n')
  const ran = await at.run(`edit ${vars}`, { editor: [spoil] })
  assert.equal(ran.codes.at(-1), 'edit-dropped')
  assert.not.match(JSON.stringify(ran.findings), 'planted')
  assert.is(at.read(vars), before)
  const mended = await at.run(`edit ${vars}`, {
    editor: [spoil, (file) => writeFileSync(file, 'a: !age planted\n')],
    confirm: '',
  })
  assert.is(mended.code, 0)
  assert.is(fine(await at.run(`get ${vars} a`)).disclosed, 'planted\n')
})

test('a value that loses its tag in the editor is pointed out', async ({ at }) => {
  await begun(at)
  const untag = (file: string) =>
    writeFileSync(file, readFileSync(file, 'utf8').replace('!age planted-smtp', 'planted-smtp'))
  const { printed } = fine(await at.run(`edit ${vars}`, { editor: [untag] }))
  assert.match(printed, 'readable for everybody in it, as the tag !age is gone: smtp_password')
})

test('rekey encrypts values and stores to the recipients as they are', async ({ at }) => {
  const secrets = path.join(at.folder, 'inventory/prod/secrets')
  await createFileStore(secrets, 'web').set('made', new Secret('planted-made', 'made'))
  await begun(at)
  const store = path.join(secrets, 'web.json')
  assert.not.match(readFileSync(store, 'utf8'), 'planted')
  assert.is(fine(await at.run('get inventory/prod/secrets/web.json made')).disclosed, 'planted-made\n')
  assert.is(fine(await at.run('view inventory/prod/secrets/web.json')).disclosed, 'made: planted-made\n')
  const { recipient } = await makeIdentity()
  at.write('inventory/recipients', `${at.read('inventory/recipients')}${recipient}\n`)
  const found = await at.run('check')
  assert.equal(found.codes, ['recipients-differ', 'recipients-differ', 'recipients-differ'])
  assert.is(found.code, 1)
  const before = at.read(vars)
  fine(await at.run('rekey'))
  assert.equal(without(at.read(vars), '  '), without(before, '  '))
  fine(await at.run('check'))
  fine(await at.run('set inventory/prod/secrets/web.json other', { value: 'planted' }))
  assert.equal([...(await readStore(store)).keys()], ['made', 'other'])
})

test('rekey writes nothing when something does not open', async ({ at }) => {
  await begun(at)
  const other = 'inventory/prod/group_vars/other.yml'
  at.write(
    other,
    at
      .read(vars)
      .replace(/\n {2}(.)([^\n]*\n {2}-----END)/, (_all, one, rest) => `\n  ${one === 'x' ? 'y' : 'x'}${rest}`),
  )
  const before = at.read(vars)
  refused(await at.run('rekey'), 'secret-tampered')
  assert.is(at.read(vars), before)
})

test('an inventory with recipients of its own is left alone by those of all', async ({ at }) => {
  await begun(at)
  const { identity, recipient } = await makeIdentity()
  at.write('inventory/closed/hosts.yml', 'all: { hosts: { vault: } }\n')
  at.write('inventory/closed/recipients', `${recipient}\n`)
  const file = 'inventory/closed/group_vars/all.yml'
  fine(await at.run(`set ${file} password`, { value: 'planted-closed' }))
  refused(await at.run(`get ${file} password`), 'identity-no-match')
  assert.is(
    fine(await at.run(`get ${file} password`, { env: { AGE_IDENTITY: identity.reveal() } })).disclosed,
    'planted-closed\n',
  )
  refused(await at.run('rekey'), 'several-inventories')
  fine(await at.run('rekey', { inventory: 'prod' }))
})

test('check finds open secrets, permissions and values that do not open', async ({ at }) => {
  await begun(at)
  fine(await at.run('check'))
  at.write('inventory/prod/host_vars/web.yml', 'root_password: planted-root\npin_token: 123456\nport_token: true\n')
  const store = path.join(at.folder, 'inventory/prod/secrets')
  await createFileStore(store, 'web').set('made', new Secret('planted-made', 'made'))
  const { codes, findings } = await at.run('check')
  assert.equal(codes, ['secret-in-plain', 'secret-in-plain', 'store-in-plain'])
  assert.not.match(JSON.stringify(findings), 'planted')
  assert.match(findings[0]?.mend ?? '', 'encrypt inventory/prod/host_vars/web.yml root_password')
  at.write('inventory/prod/host_vars/web.yml', '')
  fine(await at.run('rekey'))
  chmodSync(path.join(store, 'web.json'), 0o640)
  assert.equal((await at.run('check')).codes, ['secrets-readable-by-others'])
  chmodSync(path.join(store, 'web.json'), 0o600)
  chmodSync(path.join(at.folder, vars), 0o666)
  assert.equal((await at.run('check')).codes, ['secrets-changeable'])
  chmodSync(path.join(at.folder, vars), 0o644)
  chmodSync(path.join(at.folder, 'inventory/recipients'), 0o666)
  assert.ok((await at.run('check')).codes.includes('recipients-unsafe'))
  chmodSync(path.join(at.folder, 'inventory/recipients'), 0o644)
  chmodSync(identityFile(at), 0o644)
  assert.equal((await at.run('check').catch(() => ({ codes: ['thrown'] }))).codes, ['identity-readable-by-others'])
})

test('convert: from ansible-vault to age, single values and whole files', async ({ at }) => {
  fine(await at.run('init'))
  const { inline, file, withId } = vaultTexts
  const indented = (one: string) => one.trim().replaceAll('\n', '\n          ')
  at.write(vars, `# kept\ndb_password: !vault |\n          ${indented(inline.text)}\nhost: x  # kept\n`)
  at.write('inventory/prod/group_vars/web/vault.yml', file.text)
  const password = at.write('pw', inline.password, 0o600)
  const given = { vaultPasswordFile: [password] }
  assert.is(fine(await at.run(`get ${vars} db_password`, given)).disclosed, `${inline.plain}\n`)
  assert.is(fine(await at.run('view inventory/prod/group_vars/web/vault.yml', given)).disclosed, file.plain)
  refused(await at.run('edit inventory/prod/group_vars/web/vault.yml', given), 'file-encrypted-whole')
  const { printed } = fine(await at.run('convert', given))
  assert.match(printed, 'readable as well, being no texts: nested.port, nested.on')
  assert.match(printed, 'its comments are readable')
  assert.match(at.read(vars), /^# kept\ndb_password: !age \|\n {2}-----BEGIN AGE[^!]*\nhost: x {2}# kept\n$/)
  assert.not.match(at.read(vars), 'ANSIBLE')
  assert.is(fine(await at.run(`get ${vars} db_password`)).disclosed, `${inline.plain}\n`)
  const whole = 'inventory/prod/group_vars/web/vault.yml'
  assert.is(fine(await at.run(`get ${whole} nested.inner_token`)).disclosed, 'deep value\n')
  assert.match(at.read(whole), /\n {2}port: 5432\n {2}on: true\n$/)
  assert.match(fine(await at.run('convert', given)).printed, 'nothing here')
  at.write(vars, `token: !vault |\n  ${withId.text.trim().replaceAll('\n', '\n  ')}\n`)
  refused(await at.run(`convert ${vars}`, given), 'vault-password-wrong')
  refused(await at.run(`convert ${vars}`), 'vault-password-needed')
  assert.match(at.read(vars), 'ANSIBLE_VAULT;1.2')
})

test('recipients that cannot be', async ({ at }) => {
  refused(await at.run('recipients list'), 'no-recipients-file')
  refused(await at.run(`set ${vars} x`, { value: 'planted' }), 'no-recipients-file')
  await begun(at)
  refused(await at.run('recipients add ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI'), 'recipient-ssh')
  refused(await at.run('recipients add age1wrong'), 'recipient-unknown')
  refused(await at.run('recipients add AGE-SECRET-KEY-1PLANTED'), 'recipient-secret')
  refused(await at.run('recipients remove age1nobody'), 'no-such-recipient')
  const [, own = ''] = /^(age1\w+)/m.exec(at.read('inventory/recipients')) ?? []
  refused(await at.run(`recipients remove ${own}`), 'last-recipient')
  const { recipient } = await makeIdentity()
  fine(await at.run(`recipients add ${recipient}`))
  refused(await at.run(`recipients remove ${own}`), 'removes-yourself')
  const list = at.read('inventory/recipients')
  for (const [bad, code] of [
    [`${list}ssh-rsa AAAAB3NzaC1yc2E anna@example.org\n`, 'recipient-ssh'],
    [`${list}age1oops\n`, 'recipient-unknown'],
    ['# nobody\n', 'no-recipients'],
  ] as const) {
    at.write('inventory/recipients', bad)
    const { findings } = refused(await at.run(`set ${vars} x`, { value: 'planted' }), code)
    if (code !== 'no-recipients') assert.is(findings[0]?.at?.line, bad.split('\n').length - 1)
  }
})

test('words that make no sense', async ({ at }) => {
  assert.match(refused(await at.run('encript x'), 'unknown-command').findings[0]?.mend ?? '', '"encrypt"')
  refused(await at.run('get x'), 'missing-argument')
  refused(await at.run('rekey now'), 'unexpected-argument')
  refused(await at.run('recipients drop'), 'unknown-command')
  refused(await at.run('view none.yml'), 'file-missing')
  refused(await at.run('rekey', { inventory: 'none' }), 'no-such-inventory')
  await begun(at)
  refused(await at.run(`get ${vars} none`), 'no-such-variable')
  refused(await at.run(`get ${vars} nested`), 'not-one-value')
  refused(await at.run('view inventory/recipients.age'), 'file-missing')
})

test.run()
