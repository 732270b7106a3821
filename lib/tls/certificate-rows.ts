import { type Diagnostic, problem } from '../task.ts'
import { daysUntilEnd, issuerOf, namesOf, readCertificates, subjectOf, validity } from './certificates.ts'
import { chainFindings } from './chain-findings.ts'
import { causeOf, open, type Row, row } from './rows.ts'
import { type Expected, isTrouble, type Outside, type Tls, type Trouble } from './seen.ts'
import { warn } from './warn.ts'
import { bare, portOf } from './way-rows.ts'

/** Everything about encryption: the certificate by what can be wrong with it, and the versions of the protocol. */
export function certificateRows(expected: Expected, seen: Outside): readonly Row[] {
  const { tls } = seen
  if (tls === undefined) return [open('Certificate', 'was not looked at')]
  if (isTrouble(tls)) return [noHandshake(expected, tls)]
  const called = 'chain.pem'
  const { certificates, findings: unread } = readCertificates(tls.chain.join(''), called)
  const findings = chainFindings(certificates, {
    called,
    names: [bare(expected.url.hostname)],
    roots: seen.trusted,
    now: seen.now,
    daysLeft: expected.days,
    selfSigned: false,
    received: true,
  }).map((one) => withCommand(one, expected))
  const [leaf] = certificates
  if (leaf === undefined) return [row('Certificate', 'none is shown', ...unread)]
  const about = (...codes: readonly string[]) => findings.filter(({ code }) => codes.includes(code))
  const dates = about('certificate-expired', 'certificate-early', 'certificate-ends')
  const names = about('certificate-names')
  const rest = findings.filter((one) => !dates.includes(one) && !names.includes(one))
  const errors = findings.some(({ severity }) => severity === 'error')
  const refused =
    tls.distrust !== undefined && !errors
      ? [
          problem('certificate-refused', `the certificate of ${subjectOf(leaf)} is refused: ${tls.distrust}`, {
            mend: `see why with: ${command(expected)}`,
          }),
        ]
      : []
  const trouble = [...rest, ...refused]
  const { until } = validity(leaf)
  const date = new Date(until).toISOString().slice(0, 10)
  const left = daysUntilEnd(leaf, seen.now)
  return [
    row('Certificate', `of ${subjectOf(leaf)}, issued by ${issuerOf(leaf)}`, ...unread, ...trouble.filter(isOfKey)),
    row(
      'Chain',
      trouble.find((one) => !isOfKey(one))?.message ?? 'is complete and trusted',
      ...trouble.filter((one) => !isOfKey(one)),
    ),
    row('Names', `is for ${namesOf(leaf).join(', ') || 'no name at all'}`, ...names),
    row(
      'Validity',
      dates.find(({ severity }) => severity === 'error')?.message ??
        `until ${date}, ${left > 1 ? `${left} days` : `${Math.floor((until - seen.now) / 3_600_000)} hours`} left`,
      ...dates,
    ),
    versionsRow(tls),
  ]
}

const isOfKey = ({ code }: Diagnostic): boolean =>
  ['certificate-weak', 'certificate-purpose', 'key-unusual'].includes(code)

/** The command that shows a finding needs the chain first; the server gives it. */
function withCommand(finding: Diagnostic, expected: Expected): Diagnostic {
  const other =
    finding.code === 'certificate-names'
      ? { detail: `${finding.detail}: the proxy shows the certificate of another site, or its default one` }
      : {}
  const mend = (finding.mend ?? '').replace(/;? ?(see [^;]*with|both must say the same): .*$/s, '')
  return { ...finding, ...other, mend: `${mend}; see it with: ${command(expected)}` }
}

function command({ url }: Expected): string {
  const host = bare(url.hostname)
  return `openssl s_client -connect ${url.hostname}:${portOf(url)} -servername ${host} -showcerts </dev/null`
}

function noHandshake(expected: Expected, tls: Trouble): Row {
  const host = bare(expected.url.hostname)
  const { code, message } = tls
  const see = `see it with: ${command(expected)}`
  if (/WRONG_VERSION|PACKET_LENGTH|wrong version number|packet length/i.test(`${code} ${message}`))
    return row(
      'Certificate',
      'what answers there does not speak TLS',
      problem('tls-none', `port ${portOf(expected.url)} of ${host} answers without encryption`, {
        detail: message,
        mend: `let the proxy end TLS on that port, or correct the address; ${see}`,
      }),
    )
  if (/ALERT|alert|unrecognized/.test(`${code} ${message}`))
    return row(
      'Certificate',
      `the handshake is refused: ${message}`,
      problem(
        'tls-refused',
        `the server refuses the handshake for ${host}: it has no certificate for that name (yet)`,
        {
          detail: message,
          mend: `see in the log of the proxy whether it could get or read its certificate (npx zx playbooks/logs.ts); ${see}`,
        },
      ),
    )
  return row(
    'Certificate',
    causeOf(tls),
    problem('tls-silent', `there is no handshake with ${host}: ${causeOf(tls)}`, {
      detail: message,
      mend: `see that what listens there is the proxy, and that nothing in between cuts TLS; ${see}`,
    }),
  )
}

const spoken: { readonly [version: string]: string } = {
  TLSv1: '1.0',
  'TLSv1.1': '1.1',
  'TLSv1.2': '1.2',
  'TLSv1.3': '1.3',
}

function versionsRow({ versions }: Tls): Row {
  const named = (wanted: string, among: readonly string[]) => among.filter((one) => versions[one] === wanted)
  const old = named('accepted', ['TLSv1', 'TLSv1.1'])
  const missing = ['TLSv1.2', 'TLSv1.3'].filter((one) => versions[one] !== 'accepted')
  const unclear = Object.entries(versions).filter(([, what]) => what !== 'accepted' && what !== 'refused')
  const list = (some: readonly string[]) =>
    some
      .map((one) => spoken[one] ?? one)
      .join(', ')
      .replace(/, ([^,]*)$/, ' and $1')
  const all = Object.keys(spoken)
  const refused = named('refused', all)
  return row(
    'TLS',
    [
      `accepts ${list(named('accepted', all)) || 'none'}`,
      ...(refused.length > 0 ? [`refuses ${list(refused)}`] : []),
      ...unclear.map(([one, what]) => `${list([one])}: ${what}`),
    ].join(', '),
    ...(old.length > 0
      ? [
          problem('protocol-old', `the proxy accepts TLS ${list(old)}, which can be broken`, {
            mend: 'let the proxy speak TLS 1.2 and 1.3 only',
          }),
        ]
      : []),
    ...(missing.length > 0
      ? [
          problem('protocol-missing', `the proxy does not accept TLS ${list(missing)}`, {
            mend: 'let the proxy speak TLS 1.2 and 1.3',
          }),
        ]
      : []),
    ...(unclear.some(([one]) => one === 'TLSv1' || one === 'TLSv1.1')
      ? [warn('protocol-unclear', 'whether old versions of TLS are accepted could not be seen', { mend: 'look again' })]
      : []),
  )
}
