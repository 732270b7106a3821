import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { makeIdentity, unseal } from '../../lib/secrets/age.ts'
import { readStore } from '../../lib/secrets/file-store.ts'
import { showTokens } from '../../lib/show-tokens.ts'
import { rehearsal } from '../fakes/rehearsal.ts'
import { runWords } from '../fakes/run-words.ts'

const test = suite('scenarios/vault-install')

test('with recipients, what an installation makes is readable with their key alone', async () => {
  const at = await rehearsal()
  try {
    const { identity, recipient } = await makeIdentity()
    writeFileSync(path.join(at.inventory, 'recipients'), `${recipient}\n`)
    const words = ['--inventory', at.inventory]
    const env = { AGE_IDENTITY: identity.reveal(), HOME: '/nonexistent' }
    const installed = await runWords('install.yml', words, env)
    assert.is(installed.code, 0, installed.findings.map((one) => one.message).join('\n'))

    const kept = await readStore(path.join(at.inventory, 'secrets', `${at.host.name}.json`))
    const values: string[] = []
    for (const [name, value] of kept) {
      assert.ok('age' in value, `${name} is encrypted`)
      const opened = await unseal(value.age, [identity], name)
      if ('secret' in opened) values.push(opened.secret.reveal())
    }
    assert.ok(values.length >= 5 && values.length === kept.size)
    for (const entry of readdirSync(at.inventory, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue
      const text = readFileSync(path.join(entry.parentPath, entry.name), 'utf8')
      assert.equal(values.filter((value) => text.includes(value)).length, 0, entry.name)
    }

    const again = await runWords('install.yml', words, env)
    assert.is(again.code, 0)
    assert.equal(
      again.tasks.filter((one) => one.endsWith(' changed')),
      [],
    )
    let shown = ''
    const forever = new AbortController().signal
    await showTokens({
      options: {
        inventory: [at.inventory],
        limit: undefined,
        identity: [],
        vaultPasswordFile: [],
        vaultId: [],
        askVaultPass: false,
      },
      operands: [],
      emit: () => undefined,
      print: () => undefined,
      disclose: (text) => {
        shown += text
      },
      stopping: forever,
      signal: forever,
      env,
    })
    assert.equal(values.filter((value) => shown.includes(value)).length, 2)

    const closed = await runWords('install.yml', words, { HOME: '/nonexistent' })
    assert.is(closed.code, 2)
    assert.equal(
      closed.findings.map((one) => one.code),
      ['no-identity'],
    )
  } finally {
    await at.remove()
  }
})

test.run()
