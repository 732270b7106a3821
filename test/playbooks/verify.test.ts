import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { authority } from '../fakes/certificates.ts'
import { publicSite, type SiteOptions } from '../fakes/public-site.ts'
import { type Ran, runWords } from '../fakes/run-words.ts'

const test = suite('playbooks/verify')
const { root, intermediate, leaf } = authority()
const good = leaf({ names: ['localhost'] })
const tls = { cert: good.pem + intermediate.pem, key: good.key }

/** `verify.ts` for a chat that behaves so, and that nothing but its public address is known of. */
async function verify(options: SiteOptions, vars: { readonly [name: string]: unknown } = {}): Promise<Ran> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ametys-rocketchat-test-'))
  const site = await publicSite(options)
  try {
    const plain = await publicSite({ page: { status: 308, headers: { location: site.url } } })
    try {
      const inventory = path.join(folder, 'inventory')
      mkdirSync(inventory)
      writeFileSync(path.join(folder, 'root.pem'), root.pem)
      const all = {
        ansible_host: 'no-link.invalid',
        rocketchat_url: site.url,
        rocketchat_http_port: plain.port,
        rocketchat_ca_file: path.join(folder, 'root.pem'),
        rocketchat_proof_upload_size: 10_000,
        ...vars,
      }
      const hosts = { 'chat.example.org': all }
      writeFileSync(path.join(inventory, 'hosts.yml'), JSON.stringify({ all: { children: { rocketchat: { hosts } } } }))
      return await runWords('verify.yml', ['-i', inventory])
    } finally {
      await plain.close()
    }
  } finally {
    await site.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('ends with 0 and a table when all is well, without a link to the host', async () => {
  const { code, messages, findings } = await verify({ tls })
  assert.equal(findings, [])
  assert.is(code, 0)
  assert.match(messages, /Web socket +well/)
  assert.match(messages, /Port \d+ +well +leads to https/)
})

test('ends with 1 and says all that is wrong', async () => {
  const { code, findings } = await verify({ tls: { ...tls, cert: good.pem }, socket: 400 })
  assert.is(code, 1)
  assert.equal(
    findings.map((one) => one.code),
    ['not-proven', 'chain-incomplete', 'websocket-refused'],
  )
  assert.match(findings[0]?.detail ?? '', /Web socket +wrong/)
})

test('ends with 4 when nothing is heard, unless that is no failure', async () => {
  const silent = { rocketchat_url: `https://${'x'.repeat(70)}.example.org` }
  assert.is((await verify({ tls }, silent)).code, 4)
  const warned = await verify({ tls }, { ...silent, rocketchat_proof_required: false })
  assert.equal(
    [warned.code, ...warned.findings.map(({ code, severity }) => `${code} ${severity}`)],
    [0, 'out-of-reach warning', 'name-unknown warning'],
  )
})

test.run()
