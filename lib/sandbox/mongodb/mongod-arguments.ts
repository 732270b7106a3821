/** What a `mongod` command line says, as far as the double acts upon it. */
export interface MongodCall {
  readonly port: number
  readonly dbPath: string
  readonly replicaSet: string | undefined
  readonly keyFile: string | undefined
  readonly auth: boolean
  /** Whether other containers can reach it. */
  readonly bindAll: boolean
  readonly version: boolean
}

const valued = new Set([
  '--port',
  '--dbpath',
  '--replSet',
  '--keyFile',
  '--bind_ip',
  '--wiredTigerCacheSizeGB',
  '--oplogSize',
  '--logpath',
  '--setParameter',
  '--profile',
  '--slowms',
  '--tlsMode',
  '--tlsCertificateKeyFile',
  '--tlsCAFile',
  '--storageEngine',
  '--timeZoneInfo',
  '--config',
  '-f',
  '--maxConns',
  '--verbosity',
])

const bare = new Set([
  '--auth',
  '--noauth',
  '--bind_ip_all',
  '--ipv6',
  '--quiet',
  '-v',
  '--version',
  '--directoryperdb',
  '--noscripting',
  '--journal',
  '--logappend',
])

/** Reads the words after `mongod`. Throws an Error with mongod's words on an option it does not have. */
export const readMongodArguments = (words: readonly string[]): MongodCall => {
  const values = new Map<string, string>()
  const flags = new Set<string>()
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? ''
    const [name = '', inline] = word.split(/=(.*)/s)
    if (valued.has(name)) {
      const value = inline ?? words[++at]
      if (value === undefined)
        throw new Error(`Error parsing command line: the required argument for option '${name}' is missing`)
      values.set(name, value)
    } else if (bare.has(name)) flags.add(name)
    else throw new Error(`Error parsing command line: unrecognised option '${word}'`)
  }
  const bind = values.get('--bind_ip') ?? ''
  return {
    port: Number(values.get('--port') ?? 27_017),
    dbPath: values.get('--dbpath') ?? '/data/db',
    replicaSet: values.get('--replSet'),
    keyFile: values.get('--keyFile'),
    auth: flags.has('--auth') || values.has('--keyFile'),
    // The images listen on all addresses when nothing is said.
    bindAll:
      bind === '' ||
      /0\.0\.0\.0|\*|::/.test(bind) ||
      bind.split(',').some((host) => !/^(?:localhost|127\.)/.test(host)),
    version: flags.has('--version'),
  }
}
