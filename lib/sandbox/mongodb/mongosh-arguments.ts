import { type MongoUrl, readMongoUrl } from '../programs/mongo-url.ts'

/** What a mongosh command line asks for. */
export interface MongoshCall {
  readonly target: MongoUrl
  readonly evals: readonly string[]
  readonly files: readonly string[]
  /** Without a banner before the prompt. */
  readonly quiet: boolean
  readonly json: boolean
  /** `--nodb`: no connection at all. */
  readonly offline: boolean
  readonly version: boolean
}

const withValue: Readonly<Record<string, string>> = {
  '--eval': 'eval',
  '--file': 'file',
  '-f': 'file',
  '--host': 'host',
  '--port': 'port',
  '-u': 'user',
  '--username': 'user',
  '-p': 'password',
  '--password': 'password',
  '--authenticationDatabase': 'authSource',
  '--authenticationMechanism': 'ignored',
  '--tlsCAFile': 'ignored',
  '--tlsCertificateKeyFile': 'ignored',
  '--apiVersion': 'ignored',
}

const targetOf = (word: string | undefined, options: ReadonlyMap<string, string>): MongoUrl => {
  const host = options.get('host') ?? '127.0.0.1'
  const port = options.get('port') ?? '27017'
  const named =
    word === undefined
      ? `mongodb://${host}:${port}/test`
      : word.startsWith('mongodb://')
        ? word
        : /[:/.]/.test(word)
          ? `mongodb://${word}`
          : `mongodb://${host}:${port}/${word}`
  const url = readMongoUrl(named)
  if (url === undefined) throw new Error(`MongoParseError: Invalid connection string "${named}"`)
  const user = options.get('user') ?? url.user
  const password = options.get('password') ?? url.password
  return {
    ...url,
    authSource: options.get('authSource') ?? (user === undefined || url.user !== undefined ? url.authSource : 'admin'),
    ...(user === undefined ? {} : { user }),
    ...(password === undefined ? {} : { password }),
  }
}

/** Reads the words after `mongosh`. Throws an Error with the shell's words when an option is not known. */
export const readArguments = (words: readonly string[]): MongoshCall => {
  const options = new Map<string, string>()
  const evals: string[] = []
  const files: string[] = []
  const plain: string[] = []
  const flags = new Set<string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const [name = '', inline] = word.startsWith('--') ? word.split(/=(.*)/s) : [word]
    const kind = withValue[name]
    if (kind !== undefined) {
      const value = inline ?? words[++at] ?? ''
      if (kind === 'eval') evals.push(value)
      else if (kind === 'file') files.push(value)
      else options.set(kind, value)
    } else if (word.startsWith('-') && word !== '-') {
      if (
        !/^--(?:quiet|norc|nodb|json|shell|tls|tlsAllowInvalidCertificates|version|verbose|help|retryWrites)$/.test(
          name,
        )
      ) {
        throw new Error(`Error parsing command line: unrecognized option: ${name}`)
      }
      flags.add(name)
    } else plain.push(word)
  }
  const scripts = plain.filter(
    (word, at) => /\.m?js$|^\/dev\/stdin$/.test(word) && (at > 0 || /\.m?js$|^\/dev/.test(word)),
  )
  const target = plain.find((word) => !scripts.includes(word))
  return {
    target: targetOf(target, options),
    evals,
    files: [...files, ...scripts],
    quiet: flags.has('--quiet'),
    json: flags.has('--json'),
    offline: flags.has('--nodb'),
    version: flags.has('--version'),
  }
}
