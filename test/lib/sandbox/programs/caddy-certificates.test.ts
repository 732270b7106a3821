import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import type { ProgramContext } from '../../../../lib/sandbox/docker/program.ts'
import { certificatesFor } from '../../../../lib/sandbox/programs/caddy-certificates.ts'
import type { CaddyConfig } from '../../../../lib/sandbox/programs/caddyfile.ts'

const test = suite('lib/sandbox/programs/caddy-certificates')

test('a certificate that was made this moment holds already for a clock that is a little behind', () => {
  const folder = mkdtempSync(join(tmpdir(), 'caddy-certificates-'))
  try {
    const context = { path: (inside: string) => join(folder, inside) } as ProgramContext
    const site = { scheme: 'https', host: 'chat.example.org', source: { kind: 'internal' } }
    const shown = certificatesFor(context, { sites: [site] } as unknown as CaddyConfig)
    const made = shown.get('chat.example.org') as { readonly context: { getCertificate(): Buffer } } | undefined
    const { validFrom, validTo } = new X509Certificate(made?.context.getCertificate() ?? '')
    const behind = Date.now() - Date.parse(validFrom)
    assert.ok(behind >= 60_000 && behind < 65_000, String(behind))
    assert.ok(Math.abs(Date.parse(validTo) - Date.now() - 12 * 3_600_000) < 5_000)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test.run()
