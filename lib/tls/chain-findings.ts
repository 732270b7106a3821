import type { X509Certificate } from 'node:crypto'
import { type Diagnostic, problem } from '../task.ts'
import { covers, daysUntilEnd, issuerOf, namesOf, subjectOf, validity } from './certificates.ts'
import { equal, isSelfSigned, type Path, pathOf } from './path.ts'
import { weaknesses } from './strength.ts'
import { warn } from './warn.ts'

/** What a chain is measured by. */
export interface Wish {
  /** Name of the chain in messages and commands: a path, or what it is. */
  readonly called: string
  /** Names and addresses that must all be covered. */
  readonly names: readonly string[]
  /** Authorities that are trusted. */
  readonly roots: readonly X509Certificate[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Days before its end from which a certificate is worth a warning. */
  readonly daysLeft: number
  /** A certificate that signed itself is as wanted. */
  readonly selfSigned: boolean
  /** The chain came over a connection, where the order in the file cannot be seen. */
  readonly received?: boolean
}

/** All that is wrong with a chain, each with what to do; empty for one that every browser takes, and for no chain at all. */
export function chainFindings(certificates: readonly X509Certificate[], wish: Wish): readonly Diagnostic[] {
  const path = pathOf(certificates, wish.roots)
  if (path === undefined) return []
  return [
    ...orderFindings(certificates, path, wish),
    ...trustFindings(path, wish),
    ...dateFindings(path, wish),
    ...nameFindings(path, wish),
    ...weaknesses(path, wish.called),
  ]
}

/** Shows subject and issuer of each certificate of a file; `x509` alone shows the first. */
export function chainCommand(called: string): string {
  return `openssl storeutl -noout -text -certs ${called} | grep -E 'Subject:|Issuer:'`
}

function orderFindings(certificates: readonly X509Certificate[], path: Path, wish: Wish): readonly Diagnostic[] {
  const { leaf, links, surplus } = path
  const { called } = wish
  if (leaf.ca && !isSelfSigned(leaf))
    return [
      problem('certificate-missing', `${called} holds authorities only: the certificate of the server is not in it`, {
        detail: `it begins with ${subjectOf(leaf)}`,
        mend: `put the server's own certificate first; see what is in it with: ${chainCommand(called)}`,
      }),
    ]
  if (wish.received) return []
  const kept = certificates.filter((one) => !surplus.includes(one))
  const inOrder = links.every((link, index) => kept[index] === link)
  return [
    ...(inOrder
      ? []
      : [
          problem('certificate-order', `the certificates in ${called} are in the wrong order`, {
            detail: `the right one is: ${links.map(subjectOf).join(', then ')}`,
            mend: `put each certificate before the one that issued it, the server's own first; see it with: ${chainCommand(called)}`,
          }),
        ]),
    ...(surplus.length === 0
      ? []
      : [
          warn('certificate-surplus', `${called} holds more than its chain: ${surplus.map(subjectOf).join(', ')}`, {
            mend: 'take out what is there twice or belongs to another chain',
          }),
        ]),
  ]
}

function trustFindings({ leaf, links, surplus, trustedAt }: Path, wish: Wish): readonly Diagnostic[] {
  const { called, roots, selfSigned } = wish
  const impostor = links.slice(1).find((link) => !link.ca)
  const noAuthority = impostor
    ? [
        problem('authority-unfit', `${subjectOf(impostor)} is in the chain as an authority, but may not be one`, {
          mend: 'let a certificate that is marked CA:TRUE issue it',
        }),
      ]
    : []
  const top = links.at(-1) ?? leaf
  if (trustedAt !== undefined) {
    const included = links.slice(1).find((link) => isSelfSigned(link) && roots.some((root) => equal(root, link)))
    return [
      ...noAuthority,
      ...(included && !wish.received
        ? [
            warn('root-included', `${called} holds the root ${subjectOf(included)}, which nobody needs`, {
              mend: 'leave the root out: who trusts it has it, and every handshake carries it',
            }),
          ]
        : []),
    ]
  }
  if (isSelfSigned(top)) {
    if (links.length > 1)
      return [
        ...noAuthority,
        problem(
          'authority-unknown',
          `the chain leads to ${subjectOf(top)}, which is no authority that is trusted here`,
          {
            mend: 'give its certificate as the root of a private authority (rocketchat_ca_file), and hand it to browsers and Ametys; or let a public authority issue the certificate',
          },
        ),
      ]
    return selfSigned
      ? []
      : [
          problem(
            'certificate-self-signed',
            `the certificate of ${subjectOf(leaf)} is self-signed: browsers refuse it`,
            {
              mend: 'let an authority issue it (acme does so by itself)',
            },
          ),
        ]
  }
  const lookalike = [...surplus, ...roots].some((one) => one.subject === top.issuer)
  const url = /CA Issuers - URI:(\S+)/.exec(top.infoAccess ?? '')?.[1]
  return [
    ...noAuthority,
    problem(
      'chain-incomplete',
      `the certificate of ${issuerOf(top)} is missing: it issued ${subjectOf(top)}, and is neither in the chain nor trusted here`,
      {
        detail: lookalike ? `there is a certificate of that name, but its key is another` : undefined,
        mend: `append it to ${wish.received ? "the server's chain" : called}${url === undefined ? '' : ` (its authority offers it at ${url})`}; when ${issuerOf(top)} is a private root, give it as such; see it with: ${chainCommand(wish.received ? 'chain.pem' : called)}`,
      },
    ),
  ]
}

function dateFindings({ links, trustedAt, root }: Path, wish: Wish): readonly Diagnostic[] {
  const { called, now, daysLeft } = wish
  const counted = trustedAt === undefined ? links : links.slice(0, trustedAt + 1)
  const all = root === undefined || counted.some((one) => equal(one, root)) ? counted : [...counted, root]
  const mend = (what: string) => `${what}; see the dates with: openssl x509 -in ${called} -noout -dates`
  return all.flatMap((one) => {
    const { from, until } = validity(one)
    const who = subjectOf(one)
    if (until < now)
      return [
        problem(
          'certificate-expired',
          `the certificate of ${who} expired on ${date(until)}, ${days(now - until)} ago`,
          {
            detail: `the clock of this machine says ${time(now)}`,
            mend: mend(one === links[0] ? 'renew it' : 'take the chain that its authority offers at present'),
          },
        ),
      ]
    if (from > now)
      return [
        problem('certificate-early', `the certificate of ${who} holds from ${time(from)} only`, {
          detail: `the clock of this machine says ${time(now)}`,
          mend: mend('set the clock when it is wrong, or wait until then'),
        }),
      ]
    const left = daysUntilEnd(one, now)
    if (left >= daysLeft) return []
    return [
      warn(
        'certificate-ends',
        `the certificate of ${who} ends in ${left === 1 ? '1 day' : `${left} days`}, on ${date(until)}`,
        {
          mend: mend('renew it, or see why it was not'),
        },
      ),
    ]
  })
}

function nameFindings({ leaf }: Path, { called, names }: Wish): readonly Diagnostic[] {
  const missing = names.filter((name) => !covers(leaf, name))
  if (missing.length === 0) return []
  const has = namesOf(leaf)
  return [
    problem('certificate-names', `the certificate is not for ${missing.join(', ')}`, {
      detail:
        has.length === 0
          ? `it names no host at all; its common name (${subjectOf(leaf)}) counts for nothing`
          : `it is for ${has.join(', ')}`,
      mend: `let it be issued for every name of the chat, or give the certificate of this site; see its names with: openssl x509 -in ${called} -noout -ext subjectAltName`,
    }),
  ]
}

const date = (milliseconds: number): string => new Date(milliseconds).toISOString().slice(0, 10)

const time = (milliseconds: number): string =>
  `${new Date(milliseconds).toISOString().slice(0, 16).replace('T', ' ')} UTC`

function days(milliseconds: number): string {
  const count = Math.floor(milliseconds / 86_400_000)
  if (count === 0) return 'less than a day'
  return count === 1 ? '1 day' : `${count} days`
}
