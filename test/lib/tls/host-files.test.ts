import { chmodSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ToolError } from '../../../lib/core/diagnostic.ts'
import { findProgram } from '../../../lib/sandbox/machine/tools.ts'
import { filesScript, type HostFiles, readFiles } from '../../../lib/tls/host-files.ts'
import { authority } from '../../fakes/certificates.ts'
import { localShell } from '../../fakes/local-shell.ts'

const test = suite('lib/tls/host-files')
const { intermediate, leaf } = authority()
const { pem, key, pair } = leaf()
const publicKey = pair.publicKey.export({ type: 'spki', format: 'pem' }).toString()
const lockedKey = key.replaceAll('PRIVATE', 'ENCRYPTED PRIVATE')

/** What is read of two files with these texts, on a host with or without openssl (one that says the same of any key). */
async function look(
  chain: string,
  keyText: string | undefined,
  { openssl = true, together = false, mode = 0o640 } = {},
): Promise<HostFiles> {
  const folder = mkdtempSync(path.join(tmpdir(), 'ametys-rocketchat-test-'))
  for (const tool of ['sed', 'grep', 'stat', 'cat']) symlinkSync(findProgram(tool) ?? tool, path.join(folder, tool))
  if (openssl) {
    const says = `#!/bin/sh\n[ "$1 $2 $3" = "pkey -pubout -in" ] && [ -f "$4" ] && cat <<'END'\n${publicKey}END\n`
    writeFileSync(path.join(folder, 'openssl'), says)
    chmodSync(path.join(folder, 'openssl'), 0o755)
  }
  const chainFile = path.join(folder, "the chain's.pem")
  const keyFile = together ? chainFile : path.join(folder, 'key $x.pem')
  writeFileSync(chainFile, chain)
  if (keyText !== undefined) writeFileSync(keyFile, keyText)
  if (keyText !== undefined) chmodSync(keyFile, mode)
  const shell = await localShell({ env: { PATH: folder } })
  try {
    const [found] = await shell.ask([{ on: 'shell', script: filesScript(chainFile, keyFile) }])
    assert.is(found?.ok, true, found?.errors)
    assert.not.ok(found?.text.includes(key.slice(40, 90)), 'the key stays where it is')
    return readFiles(found, chainFile, keyFile)
  } finally {
    await shell.remove()
    rmSync(folder, { recursive: true, force: true })
  }
}

test('the certificates come, of the key only its public half, its mode and owners', async () => {
  const text = `Subject: x\n${pem}some words\n${intermediate.pem}`
  const { chain, key: seen } = await look(text, key)
  assert.is(chain?.trim(), (pem + intermediate.pem).trim())
  assert.is(seen?.mode, 0o640)
  assert.ok(seen?.owner !== '' && seen?.group !== '')
  assert.is(seen?.publicKey?.trim(), publicKey.trim())
  assert.is(seen?.encrypted, false)
})

test('a locked key is not tried; without openssl nothing is known of a key', async () => {
  const locked = (await look(pem, lockedKey)).key
  assert.equal([locked?.encrypted, locked?.publicKey], [true, undefined])
  assert.is((await look(pem, key, { openssl: false })).key?.publicKey, undefined)
})

test('a key among the certificates is refused, unless the file is meant for both', async () => {
  const code = await look(pem + key, key).catch((error: ToolError) => error.code)
  assert.is(code, 'chain-holds-key')
  const { chain, key: seen } = await look(pem + key, pem + key, { together: true })
  assert.is(chain?.trim(), pem.trim())
  assert.is(seen?.publicKey?.trim(), publicKey.trim())
})

test('a file that is not there is said', async () => {
  const error = await look(pem, undefined).catch((one: ToolError) => one)
  assert.is((error as ToolError).code, 'file-missing')
  assert.match((error as ToolError).message, 'key $x.pem')
})

test.run()
