import type { X509Certificate } from 'node:crypto'
import { type Diagnostic, type Finding, problem, type Query, s, TaskError, task } from '../../lib/task.ts'
import { trustedBy } from '../../lib/tls/authorities.ts'
import { daysUntilEnd, issuerOf, namesOf, readCertificates, subjectOf, validity } from '../../lib/tls/certificates.ts'
import { chainFindings } from '../../lib/tls/chain-findings.ts'
import { filesScript, type HostFiles, readFiles } from '../../lib/tls/host-files.ts'
import { hostKeyFindings, keyFindings } from '../../lib/tls/key-findings.ts'
import { pathOf } from '../../lib/tls/path.ts'

const args = s.args({
  chain: s
    .string('The certificates in PEM: that of the server first, then each one that issued the one before.')
    .optional(),
  chain_path: s.string('A file on the host that holds them.').optional(),
  key: s.secret('The private key in PEM.').optional(),
  key_path: s.string('A file on the host that holds it; the key is looked at there and never fetched.').optional(),
  names: s.words('Names and addresses that the certificate must be for, all of them.'),
  days_left: s.int('Days before its end from which it is worth a warning.', { min: 0 }).default(21),
  root: s.string('Certificates in PEM of a private authority to trust besides the usual ones.').default(''),
  self_signed: s.boolean('A certificate that signed itself is as wanted.').default(false),
  readers: s.words('Accounts and groups that may read the key on the host, besides root.').default([]),
})
type Args = ReturnType<typeof args.type.parse>

interface State {
  readonly files: HostFiles
  readonly now: number
  readonly trusted: readonly X509Certificate[]
}

export default task({
  summary:
    'Certificate and key can be served: they fit each other, the names and the time, and lead to a trusted authority.',
  args,
  examples: [
    `certificate_check:
  chain: "{{ lookup('file', inventory_dir ~ '/chat.pem') }}"
  key: "{{ lookup('file', inventory_dir ~ '/chat.key') }}"
  names: [chat.example.org]`,
    `certificate_check:
  chain_path: /etc/ssl/chat/chain.pem
  key_path: /etc/ssl/chat/key.pem
  names: [chat.example.org, www.chat.example.org]
  readers: [ssl-cert]`,
  ],
  returns: {
    subject: 'Whom the certificate is for.',
    issuer: 'Who issued it.',
    names: 'The names and addresses that it covers.',
    not_before: 'From when it holds, in ISO 8601.',
    not_after: 'Until when it holds, in ISO 8601.',
    days_left: 'Whole days until then.',
    serial: 'Its serial number, hexadecimal.',
    fingerprint: 'SHA-256 of the certificate, hexadecimal with colons.',
  },

  validate: (given): readonly Finding[] => {
    const { chain, chain_path, key, key_path, names } = given
    const wrong = (path: string, message: string, mend: string): Finding => ({
      path: [path],
      diagnostic: problem('wrong-argument', message, { mend }),
    })
    return [
      ...((chain === undefined) === (chain_path === undefined)
        ? [wrong('chain', 'the certificates come as chain or as chain_path', 'give one of the two')]
        : []),
      ...(key !== undefined && key_path !== undefined
        ? [wrong('key', 'the key comes as key or as key_path', 'give one of the two, or none')]
        : []),
      ...(names.length === 0 ? [wrong('names', 'no name is asked for', 'name at least the host of the chat')] : []),
      ...(['chain_path', 'key_path'] as const).flatMap((name) => {
        const path = given[name]
        return path === undefined || path.startsWith('/')
          ? []
          : [wrong(name, `"${path}" is no absolute path`, 'begin it with a slash')]
      }),
    ]
  },

  probe: ({ chain_path, key_path }) => {
    const onHost = chain_path !== undefined || key_path !== undefined
    const shell: readonly Query[] = onHost ? [{ on: 'shell', script: filesScript(chain_path, key_path) }] : []
    return {
      ask: [
        { on: 'controller', observe: 'clock', input: {} },
        { on: 'controller', observe: 'authorities', input: {} },
        ...shell,
      ],
      read: ([clock, authorities, files]): State => ({
        files: readFiles(files, chain_path, key_path),
        now: ((clock?.json as { seconds?: number } | undefined)?.seconds ?? 0) * 1000,
        trusted: trustedBy(authorities),
      }),
    }
  },

  diff: (given, state) => {
    const { findings } = look(given, state)
    const errors = findings.filter((one) => one.severity === 'error')
    if (errors.length > 0) throw new TaskError([...errors, ...findings.filter((one) => one.severity === 'warning')])
    return []
  },

  result: (given, state) => {
    const { leaf, findings } = look(given, state)
    if (leaf === undefined) return {}
    const { from, until } = validity(leaf)
    return {
      values: {
        subject: subjectOf(leaf),
        issuer: issuerOf(leaf),
        names: namesOf(leaf),
        not_before: new Date(from).toISOString(),
        not_after: new Date(until).toISOString(),
        days_left: daysUntilEnd(leaf, state.now),
        serial: leaf.serialNumber,
        fingerprint: leaf.fingerprint256,
      },
      warnings: findings,
    }
  },
})

interface Looked {
  readonly leaf: X509Certificate | undefined
  readonly findings: readonly Diagnostic[]
}

function look(given: Args, { files, now, trusted }: State): Looked {
  const called = given.chain_path ?? 'chain.pem'
  const text = files.chain ?? given.chain ?? ''
  const read = readCertificates(text, called)
  const root = given.root.trim() === '' ? undefined : readCertificates(given.root, 'root')
  const roots = [...(root?.certificates ?? []), ...trusted]
  const path = pathOf(read.certificates, roots)
  const inOrder = path ? [path.leaf, ...read.certificates.filter((one) => one !== path.leaf)] : []
  const holdsKey =
    given.chain !== undefined && /PRIVATE KEY-----/.test(text) && read.certificates.length > 0
      ? [
          problem('chain-holds-key', 'the chain holds a private key beside the certificates', {
            mend: 'give the certificates alone; the key belongs into key, which is never shown',
          }),
        ]
      : []
  return {
    leaf: path?.leaf,
    findings: [
      ...read.findings,
      ...holdsKey,
      ...(root?.findings ?? []),
      ...chainFindings(read.certificates, {
        called,
        names: given.names,
        roots,
        now,
        daysLeft: given.days_left,
        selfSigned: given.self_signed,
      }),
      ...(given.key ? keyFindings(given.key, inOrder) : []),
      ...(files.key ? hostKeyFindings(files.key, inOrder, given.readers) : []),
    ],
  }
}
