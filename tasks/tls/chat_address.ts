import { didYouMean, type Finding, problem, s, task } from '../../lib/task.ts'

/** Where a certificate can come from, with what has to be set for it. */
const sources = {
  acme: 'from an authority over ACME, such as Let’s Encrypt: the name must lead to the host, ports 80 and 443 must be open to the authority',
  files: 'a chain and its key, named by rocketchat_certificate_file and rocketchat_certificate_key_file',
  internal: 'from an authority of its own on the host; its root is handed out for Ametys and browsers',
  external: 'a proxy that you have already ends https and forwards to Rocket.Chat',
} as const
const names = Object.keys(sources)

const args = s.args({
  url: s.string('Public address of the chat.'),
  ametys: s.words('All addresses of Ametys: CMS, project spaces, sites.'),
  certificate: s
    .string(
      `Where the certificate comes from: ${names.join(', ')}; empty when that is not decided. Left out where nothing is installed.`,
    )
    .optional(),
  certificate_file: s.string('Source files: where the chain is.').default(''),
  certificate_key_given: s.boolean('Source files: there is a key.').default(false),
  acme_directory: s.string('Source acme: address of the directory.').default(''),
  acme_challenges: s.words('Source acme: challenges that may be used.').default(['http-01', 'tls-alpn-01']),
  forwarded_count: s.int('Proxies in front of Rocket.Chat whose X-Forwarded-For is believed.').default(1),
})
type Args = ReturnType<typeof args.type.parse>

export default task({
  summary: 'The address of the chat fits the addresses of Ametys: on https as soon as one of them is.',
  args,
  examples: [
    `chat_address:
  url: https://chat.example.org
  ametys: [https://cms.example.org, https://spaces.example.org]
  certificate: acme`,
  ],
  returns: { why: 'The rule, as a sentence.', scheme: '`http` or `https`.' },

  validate: (given): readonly Finding[] => {
    const found = [...addressFindings(given), ...sourceFindings(given)]
    return found.map(({ at, ...about }) => ({ path: [at], diagnostic: problem(about.code, about.message, about) }))
  },
  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [],
  result: ({ url, ametys, certificate }) => {
    const why = sentence(url, ametys)
    const unused =
      schemeOf(url) === 'http' && certificate !== undefined && certificate !== 'external' && certificate !== ''
    return {
      values: { why, scheme: schemeOf(url) },
      message: why,
      ...(unused && {
        warnings: [
          problem('certificate-unused', `rocketchat_certificate is ${certificate}, but the chat is on http`, {
            mend: 'write rocketchat_url with https:// to use a certificate, or remove rocketchat_certificate',
            argument: ['certificate'],
          }),
        ].map((one) => ({ ...one, severity: 'warning' as const })),
      }),
    }
  },
})

interface Trouble {
  readonly at: keyof Args
  readonly code: string
  readonly message: string
  readonly mend: string
}

function addressFindings({ url, ametys }: Args): readonly Trouble[] {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return [
      {
        at: 'url',
        code: 'bad-address',
        message: `rocketchat_url (${url}) is no address that a browser can open`,
        mend: 'write it as https://chat.example.org',
      },
    ]
  const secured = securedOf(ametys)
  if (schemeOf(url) === 'https' || secured.length === 0) return []
  return [
    {
      at: 'url',
      code: 'chat-must-be-https',
      message: `rocketchat_url (${url}) must be https because ${listed(secured)}: a browser refuses a chat on http inside a page on https`,
      mend: 'write rocketchat_url with https://, and say in rocketchat_certificate where the certificate comes from',
    },
  ]
}

function sourceFindings(given: Args): readonly Trouble[] {
  const { url, certificate } = given
  if (certificate === undefined || !URL.canParse(url)) return []
  if (certificate === '')
    return schemeOf(url) === 'http'
      ? []
      : [
          {
            at: 'url',
            code: 'certificate-source-missing',
            message: `the chat is on https (${url}), but rocketchat_certificate does not say where its certificate comes from`,
            mend: `set rocketchat_certificate to one of: ${names.map((name) => `${name} (${sources[name as keyof typeof sources]})`).join('; ')}`,
          },
        ]
  if (!names.includes(certificate))
    return [
      {
        at: 'certificate',
        code: 'wrong-argument',
        message: `rocketchat_certificate is "${certificate}", which is no source of certificates`,
        mend: didYouMean(certificate, names) ?? `use one of: ${names.join(', ')}`,
      },
    ]
  if (certificate === 'external')
    return given.forwarded_count > 0
      ? []
      : [
          {
            at: 'forwarded_count',
            code: 'wrong-argument',
            message: `rocketchat_forwarded_count is ${given.forwarded_count}, but there is a proxy in front of Rocket.Chat`,
            mend: 'set it to the number of proxies between browsers and Rocket.Chat: 1 for the one, 2 when another stands before it',
          },
        ]
  if (schemeOf(url) === 'http') return []
  return certificate === 'files' ? fileFindings(given) : certificate === 'acme' ? acmeFindings(given) : []
}

function fileFindings({ certificate_file, certificate_key_given }: Args): readonly Trouble[] {
  const missing = [
    ...(certificate_file === '' ? ['rocketchat_certificate_file (the chain)'] : []),
    ...(certificate_key_given ? [] : ['rocketchat_certificate_key_file (its key)']),
  ]
  if (missing.length === 0) return []
  return [
    {
      at: 'certificate',
      code: 'certificate-source-missing',
      message: `the certificate comes from files, but there is no ${missing.join(' and no ')}`,
      mend: 'name the files, in the folder of the inventory, or on the host together with rocketchat_certificate_on_host: true',
    },
  ]
}

function acmeFindings({ url, acme_directory, acme_challenges }: Args): readonly Trouble[] {
  const name = new URL(url).hostname
  const found: Trouble[] = []
  const isPublic = /^https:\/\/[^/]*\.letsencrypt\.org\//.test(acme_directory)
  if (
    isPublic &&
    (/^[\d.]+$|^\[/.test(name) || !name.includes('.') || /\.(local|internal|lan|test|localhost)$/.test(name))
  )
    found.push({
      at: 'url',
      code: 'certificate-name-unfit',
      message: `Let’s Encrypt gives no certificate for ${name}: it is no public name`,
      mend: 'use a public name, or another source: rocketchat_certificate: internal, files or external; or an authority of your own in rocketchat_acme_directory',
    })
  const known = ['http-01', 'tls-alpn-01']
  const wrong = acme_challenges.find((one) => !known.includes(one))
  if (wrong !== undefined || acme_challenges.length === 0)
    found.push({
      at: 'acme_challenges',
      code: 'wrong-argument',
      message:
        wrong === undefined
          ? 'rocketchat_acme_challenges is empty'
          : `"${wrong}" is no challenge that can be used here`,
      mend: `use one or both of: ${known.join(', ')}`,
    })
  return found
}

function schemeOf(url: string): string {
  return /^https:/i.test(url) ? 'https' : 'http'
}

function securedOf(ametys: readonly string[]): readonly string[] {
  return [...new Set(ametys.map((one) => one.toLowerCase()).filter((one) => one.startsWith('https:')))]
}

function listed(addresses: readonly string[]): string {
  return `${addresses.join(', ')} ${addresses.length === 1 ? 'is' : 'are'}`
}

function sentence(url: string, ametys: readonly string[]): string {
  const secured = securedOf(ametys)
  if (secured.length > 0) return `the chat must be https because ${listed(secured)}`
  return schemeOf(url) === 'https'
    ? 'the chat is on https; http would do, as no address of Ametys is https'
    : 'the chat may be on http, as no address of Ametys is https'
}
