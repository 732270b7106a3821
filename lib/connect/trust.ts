import type { Duplex } from 'node:stream'
import { whenNeeded } from '../core/when-needed.ts'
import { authorities, revokedKeys, type Trust } from './host-keys.ts'
import { parseKnownHosts } from './known-hosts.ts'
import { readKnownHosts } from './known-hosts-file.ts'
import type { Hop } from './route.ts'
import { brokeOff } from './ssh-trouble.ts'

const probes = whenNeeded<typeof import('./certificate-probe.ts')>('./certificate-probe.ts', import.meta.url)
const certificates = whenNeeded<typeof import('./host-certificate.ts')>('./host-certificate.ts', import.meta.url)

/**
 * Gathers what decides about a server's key. When an authority is named for the host, its certificate is asked for on a
 * stream of its own, which `open` makes. Throws NotYet when the server may answer a moment later.
 */
export async function gatherTrust(hop: Hop, open: () => Promise<Duplex>, signal: AbortSignal): Promise<Trust> {
  const trust: Trust = {
    host: hop.knownAs,
    port: hop.port,
    policy: hop.hostKeys,
    inventory: parseKnownHosts(hop.knownHosts ?? '', 'inventory known hosts'),
    files: readKnownHosts(hop.knownHostsFiles),
    record: hop.record,
  }
  const signers = authorities(trust)
  if (signers.length === 0) return trust
  const { NoGreeting, probeCertificate } = probes()
  const { certificateFault, readHostCertificate } = certificates()
  const blob = await probeCertificate(await open(), signal).catch((error) => {
    throw error instanceof NoGreeting ? brokeOff(hop, 'greeting', undefined) : error
  })
  if (blob === undefined) return { ...trust, note: 'it has no host certificate, although an authority is named for it' }
  try {
    const certificate = readHostCertificate(blob)
    const fault = certificateFault(certificate, {
      host: hop.knownAs,
      authorities: signers.map(({ key }) => key),
      revoked: revokedKeys(trust).map(({ key }) => key),
      now: Date.now(),
    })
    if (fault === undefined) return { ...trust, certified: certificate.key }
    return { ...trust, note: `its host certificate ${JSON.stringify(certificate.id)} does not count: ${fault}` }
  } catch (error) {
    if (error instanceof RangeError) return { ...trust, note: `its host certificate cannot be read: ${error.message}` }
    throw error
  }
}
