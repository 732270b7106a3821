/** Where the certificate of a site comes from. */
export type Source =
  | { readonly kind: 'files'; readonly chain: string; readonly key: string }
  | { readonly kind: 'internal' }
  | { readonly kind: 'acme'; readonly directory: string; readonly root?: string }

export interface Site {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly source: Source
  /** Headers of its answers. */
  readonly headers: Readonly<Record<string, string>>
  /** Host and port it forwards to; nothing when it only stands there. */
  readonly upstream?: { readonly host: string; readonly port: number }
  readonly headersUp: Readonly<Record<string, string>>
}

export interface CaddyConfig {
  readonly httpPort: number
  readonly httpsPort: number
  readonly defaultName: string
  readonly sites: readonly Site[]
}

/** What keeps a Caddyfile from being used, in Caddy's words after `adapting config using caddyfile: `. */
export class CaddyfileError extends Error {}

interface Line {
  readonly words: readonly string[]
  readonly number: number
  readonly block: readonly Line[] | undefined
}

const letsEncrypt = 'https://acme-v02.api.letsencrypt.org/directory'

/** Names that are understood in a place; what they mean is only imitated as far as a chat needs it. */
const known = {
  global: [
    'admin',
    'http_port',
    'https_port',
    'default_sni',
    'skip_install_trust',
    'servers',
    'email',
    'grace_period',
    'renew_interval',
  ],
  servers: ['protocols'],
  site: ['tls', 'header', 'reverse_proxy', 'encode', 'log', 'respond', 'redir', 'request_body'],
  proxy: ['header_up', 'header_down', 'to', 'flush_interval', 'transport', 'stream_close_delay', 'stream_timeout'],
  tls: ['protocols', 'issuer'],
  acme: ['dir', 'email', 'trusted_roots', 'disable_http_challenge', 'disable_tlsalpn_challenge'],
} as const

/** Reads a Caddyfile as far as a chat behind it needs; throws CaddyfileError for what Caddy refuses. `file` is its name in messages. */
export function readCaddyfile(text: string, file: string): CaddyConfig {
  const lines = blocksOf(text, file)
  const [first] = lines
  const global = first && first.words.length === 0 ? (first.block ?? []) : []
  const sites = lines.slice(global === first?.block ? 1 : 0)
  for (const line of global) {
    const [name = ''] = line.words
    if (!isKnown('global', name))
      throw new CaddyfileError(`${file}:${line.number}: unrecognized global option: ${name}`)
    if (name === 'servers')
      subdirectives(line, 'servers', 'servers', file, (word) => `unrecognized servers option '${word}'`)
  }
  const option = (name: string) => global.find(({ words }) => words[0] === name)?.words[1]
  const httpPort = Number(option('http_port') ?? 80)
  const httpsPort = Number(option('https_port') ?? 443)
  return {
    httpPort,
    httpsPort,
    defaultName: option('default_sni') ?? '',
    sites: sites.map((line) => siteOf(line, file, { httpPort, httpsPort })),
  }
}

function siteOf(line: Line, file: string, ports: { readonly httpPort: number; readonly httpsPort: number }): Site {
  for (const { words, number } of line.block ?? [])
    if (!isKnown('site', words[0] ?? ''))
      throw new CaddyfileError(`${file}:${number}: unrecognized directive: ${words[0]}`)
  const [, given, host = '', port] =
    /^(?:(https?):\/\/)?(\[[^\]]*\]|[^:/]*)(?::(\d+))?$/.exec(line.words[0] ?? '') ?? []
  const scheme = given === 'http' || (given === undefined && Number(port) === ports.httpPort) ? 'http' : 'https'
  const directives = line.block ?? []
  const proxy = directives.find(({ words }) => words[0] === 'reverse_proxy')
  if (proxy) subdirectives(proxy, 'proxy', 'reverse_proxy', file, (word) => `unrecognized subdirective ${word}`)
  const [, upstream = '', upstreamPort = '80'] = /^(.*?)(?::(\d+))?$/.exec(proxy?.words[1] ?? '') ?? []
  return {
    scheme,
    host: host.toLowerCase(),
    port: Number(port ?? (scheme === 'http' ? ports.httpPort : ports.httpsPort)),
    source: sourceOf(
      directives.find(({ words }) => words[0] === 'tls'),
      file,
    ),
    headers: pairs(directives.filter(({ words }) => words[0] === 'header')),
    headersUp: pairs((proxy?.block ?? []).filter(({ words }) => words[0] === 'header_up')),
    ...(proxy && { upstream: { host: upstream, port: Number(upstreamPort) } }),
  }
}

function sourceOf(line: Line | undefined, file: string): Source {
  if (line) subdirectives(line, 'tls', 'tls', file, (word) => `unknown subdirective: ${word}`)
  for (const { words, number } of line?.block ?? []) {
    const wrong = words[0] === 'protocols' ? words.slice(1).find((one) => !/^tls1\.[23]$/.test(one)) : undefined
    if (wrong !== undefined)
      throw parsing('tls', file, number, `Wrong protocol name or protocol not supported: '${wrong}'`)
  }
  const [, one, two] = line?.words ?? []
  if (one === 'internal') return { kind: 'internal' }
  if (one !== undefined && two !== undefined) return { kind: 'files', chain: one, key: two }
  const issuer = line?.block?.find(({ words }) => words[0] === 'issuer')
  const kind = issuer?.words[1] ?? 'acme'
  if (kind === 'internal') return { kind }
  if (kind !== 'acme')
    throw parsing(
      'tls',
      file,
      issuer?.number ?? 0,
      `getting module named 'tls.issuance.${kind}': module not registered: tls.issuance.${kind}`,
    )
  if (issuer) subdirectives(issuer, 'acme', 'tls', file, (word) => `unrecognized ACME issuer property: ${word}`)
  const property = (name: string) => issuer?.block?.find(({ words }) => words[0] === name)?.words[1]
  const root = property('trusted_roots')
  return { kind, directory: property('dir') ?? letsEncrypt, ...(root !== undefined && { root }) }
}

function subdirectives(
  line: Line,
  place: keyof typeof known,
  name: string,
  file: string,
  words: (word: string) => string,
) {
  for (const one of line.block ?? [])
    if (!isKnown(place, one.words[0] ?? '')) throw parsing(name, file, one.number, words(one.words[0] ?? ''))
}

function parsing(name: string, file: string, line: number, message: string): CaddyfileError {
  return new CaddyfileError(
    `parsing caddyfile tokens for '${name}': ${file}:${line} - Error during parsing: ${message}`,
  )
}

function isKnown(place: keyof typeof known, name: string): boolean {
  return (known[place] as readonly string[]).includes(name)
}

function pairs(lines: readonly Line[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map(({ words }) => [words[1] ?? '', words[2] ?? '']))
}

/** The lines with the blocks that they open. */
function blocksOf(text: string, file: string): readonly Line[] {
  const lines = text.split('\n').map((line) => line.replace(/(^|\s)#.*$/, '').trim())
  let at = 0
  const inside = (depth: number): readonly Line[] => {
    const found: Line[] = []
    for (; at < lines.length; ) {
      const number = at + 1
      const words = (lines[at++] ?? '').match(/"[^"]*"|\S+/g)?.map((word) => word.replace(/^"(.*)"$/, '$1')) ?? []
      if (words.length === 0) continue
      if (words[0] === '}') {
        if (depth === 0) throw new CaddyfileError(`${file}:${number}: unexpected '}' because no matching opening brace`)
        return found
      }
      const opens = words.at(-1) === '{'
      found.push({ words: opens ? words.slice(0, -1) : words, number, block: opens ? inside(depth + 1) : undefined })
    }
    if (depth > 0) throw new CaddyfileError(`${file}:${lines.length}: unexpected EOF, expected a closing '}'`)
    return found
  }
  const found = inside(0)
  if (found.length === 0) throw new CaddyfileError('EOF')
  return found
}
