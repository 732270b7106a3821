import { problem } from '../task.ts'
import { days, type Row, warning } from './row.ts'

/** A certificate as the observer `certificate` sees it; times are milliseconds since 1970. */
export interface SeenCertificate {
  readonly subject: string
  readonly issuer: string
  readonly from: number
  readonly until: number
  readonly distrust?: string
}

const day = 86_400_000

/** Days before its end that a certificate is worth a warning. */
const certificateDays = 14

/** Who renews by itself does so in the last third of its life, however short that is; half of that later it is overdue. */
const lastPart = 1 / 6

/** The certificate at the public address, or why it was not seen; undefined when there is nothing to look at. */
export function certificateRow(
  certificate: SeenCertificate | { readonly trouble: string } | undefined,
  now: number,
): Row | undefined {
  if (certificate === undefined) return undefined
  if ('trouble' in certificate)
    return {
      name: 'Certificate',
      text: `could not be looked at: ${certificate.trouble}`,
      findings: [
        warning('certificate-unseen', `the public address does not answer from here: ${certificate.trouble}`, {
          mend: 'check the name, the firewall and what serves https there',
        }),
      ],
    }
  const { subject, issuer, from, until, distrust } = certificate
  const over = until < now
  const left = over ? 'over' : timeLeft(until - now)
  const text = `for ${subject} by ${issuer}, until ${new Date(until).toISOString().slice(0, 10)} (${left})`
  if (distrust !== undefined)
    return {
      name: 'Certificate',
      text: `${text}, not trusted`,
      findings: [
        problem('certificate-refused', `browsers refuse the certificate of ${subject}: ${distrust}`, {
          mend: over ? 'renew it' : 'let a known authority issue it for this name, with the whole chain',
        }),
      ],
    }
  const due = until - now <= Math.min(certificateDays * day, (until - from) * lastPart)
  const findings = due
    ? [warning('certificate-ends', `the certificate ends in ${left}`, { mend: 'renew it, or see why it was not' })]
    : []
  return { name: 'Certificate', text, findings }
}

function timeLeft(milliseconds: number): string {
  const whole = Math.floor(milliseconds / day)
  if (whole > 1) return days(whole)
  const hours = Math.floor(milliseconds / 3_600_000)
  return `${hours} hour${hours === 1 ? '' : 's'}`
}
