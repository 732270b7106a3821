import { type Answer, type Diagnostic, problem } from '../task.ts'
import { caution } from './findings.ts'

/** A place that has to be reached from the host, and what came of it. */
export interface Place {
  readonly host: string
  readonly port: number
  readonly answer: Answer | undefined
}

/** What speaks against the public name; addresses as the host and as this machine find them. */
export function nameFindings(
  name: string,
  there: readonly string[],
  here: readonly string[] | undefined,
): readonly Diagnostic[] {
  if (name === '' || /^[\d.]+$|:/.test(name)) return []
  const hereToo = here === undefined || here.length > 0
  if (there.length > 0 && hereToo) return []
  if (there.length === 0 && !hereToo)
    return [
      problem('name-unknown', `${name} leads nowhere, neither on the host nor here: no browser will find the chat`, {
        mend: 'enter it in the DNS with the address of the machine (or of the proxy before it), or correct rocketchat_url',
        argument: ['url'],
      }),
    ]
  return [
    there.length === 0
      ? caution('name-unknown-there', `${name} leads nowhere on the host itself`, {
          mend: 'check the resolver of the host (/etc/resolv.conf): links to the chat in its own pages are followed there',
        })
      : caution('name-unknown-here', `${name} leads nowhere on this machine, but does on the host`, {
          mend: 'check that those who shall use the chat can look it up',
        }),
  ]
}

/** What speaks against fetching images: each registry, or the proxy before it, must be reached. */
export function registryFindings(places: readonly Place[]): readonly Diagnostic[] {
  return places.flatMap(({ host, port, answer }) => {
    if (answer === undefined || answer.ok) return []
    if (answer.unavailable)
      return [
        caution(
          'registry-unknown',
          `whether the host reaches ${host}:${port} could not be tried: ${answer.unavailable.message}`,
          {
            mend: answer.unavailable.mend,
          },
        ),
      ]
    return [
      problem('registry-unreachable', `the host cannot reach ${host}:${port}, where its images come from`, {
        detail: answer.errors,
        mend: 'open the way in the firewall, set docker_proxy or docker_registry_mirrors, or bring the images as archives (rocketchat_image_archive, mongodb_image_archive, caddy_image_archive)',
      }),
    ]
  })
}

/**
 * What speaks against the statistics report, without which an unlicensed Rocket.Chat 7 or newer is read-only (rocketchat.md 10.2):
 * at once when it never reported, after ten days otherwise, so that a server which runs is not refused.
 */
export function collectorFindings({ host, port, answer }: Place, fresh: boolean): readonly Diagnostic[] {
  if (answer === undefined || answer.ok) return []
  if (answer.unavailable)
    return [
      caution(
        'collector-unknown',
        `whether the host reaches ${host}:${port} could not be tried: ${answer.unavailable.message}`,
        {
          mend: answer.unavailable.mend,
        },
      ),
    ]
  const message = `the host cannot reach ${host}:${port}: without its statistics report a Rocket.Chat of this version is read-only unless it has a licence`
  const about = {
    detail: answer.errors,
    mend: `open the way to https://${host} in the firewall; with a licence set rocketchat_licensed: true; Rocket.Chat 6 does not need it`,
  }
  return [fresh ? problem('collector-unreachable', message, about) : caution('collector-unreachable', message, about)]
}

/**
 * What speaks against a certificate by ACME: the directory of the authority, or the proxy before it, must be reached. A server that
 * runs has its certificate, and some weeks.
 */
export function acmeFindings({ host, port, answer }: Place, fresh: boolean): readonly Diagnostic[] {
  if (answer === undefined || answer.ok) return []
  if (answer.unavailable)
    return [
      caution(
        'acme-unknown',
        `whether the host reaches ${host}:${port} could not be tried: ${answer.unavailable.message}`,
        {
          mend: answer.unavailable.mend,
        },
      ),
    ]
  const message = `the host cannot reach ${host}:${port}, where its certificate comes from`
  const about = {
    detail: answer.errors,
    mend: 'open the way in the firewall, correct rocketchat_acme_directory, or take the certificate from elsewhere (rocketchat_certificate: files, internal or external)',
    argument: ['acme_directory'],
  }
  return [fresh ? problem('acme-unreachable', message, about) : caution('acme-unreachable', message, about)]
}
