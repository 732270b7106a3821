import { X509Certificate } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { createSecureContext, type SecureContext } from 'node:tls'
import { type Issued, issue, pairOf } from '../certificates.ts'
import type { ProgramContext } from '../docker/program.ts'
import type { CaddyConfig, Site } from './caddyfile.ts'

const authorityFolder = '/data/caddy/pki/authorities/local'

/** Days: Caddy's own authority gives out certificates for 12 hours, its intermediate lives a week, its root ten years. */
const lifetimes = { leaf: 0.5, intermediate: 7, root: 3600 }

/** Days: a certificate is dated back a minute, for clocks that are behind. */
const datedBack = 1 / 1440

/** A configuration that cannot be run, in Caddy's words. */
export class ProvisionError extends Error {}

/** What each site on https shows; a site whose certificate would come from the world outside has none. */
export function certificatesFor(context: ProgramContext, config: CaddyConfig): ReadonlyMap<string, SecureContext> {
  const secured = config.sites.filter(({ scheme }) => scheme === 'https')
  const own = secured.some(({ source }) => source.kind === 'internal') ? ownAuthority(context) : undefined
  const shown = new Map<string, SecureContext>()
  for (const site of secured) {
    const made = certificateOf(context, site, own)
    if (made) shown.set(site.host, made)
  }
  return shown
}

function certificateOf(
  context: ProgramContext,
  { host, source }: Site,
  own: Issued | undefined,
): SecureContext | undefined {
  const inTls = 'loading http app module: provision http: getting tls app: loading tls app module: provision tls:'
  if (source.kind === 'files') {
    const [cert, key] = [source.chain, source.key].map((file) => {
      const real = context.path(file)
      if (!existsSync(real))
        throw new ProvisionError(`${inTls} loading certificates: open ${file}: no such file or directory`)
      return readFileSync(real, 'utf8')
    })
    try {
      return createSecureContext({ cert, key, minVersion: 'TLSv1.2' })
    } catch (error) {
      const mismatch = /key values mismatch/.test((error as Error).message)
      throw new ProvisionError(
        `${inTls} loading certificates: ${mismatch ? 'tls: private key does not match public key' : 'tls: failed to find any PEM data in certificate input'}`,
      )
    }
  }
  if (source.kind === 'acme') {
    if (source.root !== undefined && !existsSync(context.path(source.root)))
      throw new ProvisionError(
        `${inTls} provisioning automation policy 0: loading TLS automation management module: position 0: loading module 'acme': provision tls.issuance.acme: loading trusted root CA's PEM file: ${source.root}: open ${source.root}: no such file or directory`,
      )
    return undefined
  }
  if (own === undefined) return undefined
  const leaf = issue({ subject: '', by: own, names: [host], from: -datedBack, until: lifetimes.leaf })
  return createSecureContext({ cert: leaf.pem + own.pem, key: leaf.key, minVersion: 'TLSv1.2' })
}

/** The intermediate of the authority that lives in the volume; made when there is none. */
function ownAuthority(context: ProgramContext): Issued {
  const at = (name: string) => context.path(`${authorityFolder}/${name}`)
  const read = (name: string): Issued => {
    const [pem, key] = [readFileSync(at(`${name}.crt`), 'utf8'), readFileSync(at(`${name}.key`), 'utf8')]
    const subject = new X509Certificate(pem).subject.replace(/^CN=/, '')
    return { subject, pem, key, pair: pairOf(key) }
  }
  if (existsSync(at('intermediate.key'))) return read('intermediate')
  const root = issue({
    subject: `Caddy Local Authority - ${new Date().getFullYear()} ECC Root`,
    ca: true,
    until: lifetimes.root,
  })
  const intermediate = issue({
    subject: 'Caddy Local Authority - ECC Intermediate',
    ca: true,
    by: root,
    until: lifetimes.intermediate,
  })
  mkdirSync(dirname(at('root.crt')), { recursive: true, mode: 0o700 })
  for (const [name, { pem, key }] of Object.entries({ root, intermediate })) {
    writeFileSync(at(`${name}.crt`), pem, { mode: 0o600 })
    writeFileSync(at(`${name}.key`), key, { mode: 0o600 })
  }
  return intermediate
}
