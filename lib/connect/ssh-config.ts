import { anyMatches } from './pattern.ts'

/** A line of ~/.ssh/config (ssh_config(5)), with the lines of each file it includes. */
export interface ConfigLine {
  /** In lower case. */
  readonly keyword: string
  readonly args: readonly string[]
  readonly file: string
  readonly line: number
  readonly included?: readonly (readonly ConfigLine[])[]
}

/** What the configuration says about a host; only what matters for reaching it. Paths are still with `~` and tokens. */
export interface SshSettings {
  hostName?: string
  port?: number
  user?: string
  identityFiles: string[]
  identitiesOnly?: boolean
  identityAgent?: string
  proxyJump?: string
  proxyCommand?: string
  strictHostKeyChecking?: string
  hostKeyAlias?: string
  userKnownHostsFiles?: readonly string[]
  globalKnownHostsFiles?: readonly string[]
  /** Seconds. */
  serverAliveInterval?: number
  /** Seconds. */
  connectTimeout?: number
  /** Lines that could not be honoured, for the operator. */
  notes: string[]
}

/**
 * Reads the text of a configuration file. `include` gives the lines of each file that an `Include` names, in order;
 * without it they are left out.
 */
export function parseSshConfig(
  text: string,
  file: string,
  include: (pattern: string) => readonly (readonly ConfigLine[])[] = () => [],
): ConfigLine[] {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const [, keyword, rest] = /^\s*([A-Za-z]\w*)(?:\s*=\s*|\s+)(.*)$/.exec(raw) ?? []
    if (keyword === undefined || rest === undefined) return []
    const args = words(rest)
    const line = { keyword: keyword.toLowerCase(), args, file, line: index + 1 }
    // The command of these is the rest of the line as it stands, quotes included.
    if (line.keyword === 'proxycommand') return [{ ...line, args: [rest.trim()] }]
    return [line.keyword === 'include' ? { ...line, included: args.flatMap(include) } : line]
  })
}

/** Words, with double quotes around what has spaces; `#` begins a comment. */
function words(text: string): string[] {
  const found: string[] = []
  for (const [, quoted, plain] of text.matchAll(/"([^"]*)"|([^\s"]+)/g)) {
    if (plain?.startsWith('#')) break
    found.push(quoted ?? plain ?? '')
  }
  return found
}

/** Who asks: `alias` is the name as given, `user` the account asked for, if any, `local` the account that runs us. */
export interface Asker {
  readonly alias: string
  readonly user?: string | undefined
  readonly local: string
}

/** What holds for a host: the first value wins, as in OpenSSH; identity files add up. */
export function sshSettings(lines: readonly ConfigLine[], asker: Asker): SshSettings {
  const settings: SshSettings = { identityFiles: [], notes: [] }
  apply(lines, asker, settings, true)
  return settings
}

function apply(lines: readonly ConfigLine[], asker: Asker, settings: SshSettings, outer: boolean): void {
  let active = outer
  for (const line of lines) {
    if (line.keyword === 'host') active = outer && anyMatches(line.args, asker.alias)
    else if (line.keyword === 'match') active = outer && matches(line, asker, settings)
    else if (line.included !== undefined) for (const file of line.included) apply(file, asker, settings, active)
    else if (active) set(line, settings)
  }
}

function matches(line: ConfigLine, { alias, user, local }: Asker, settings: SshSettings): boolean {
  const args = line.args.flatMap((arg) => arg.split(/(?<=^!?(?:host|originalhost|user|localuser))=/i))
  while (args.length > 0) {
    const word = args.shift()?.toLowerCase() ?? ''
    const wanted = !word.startsWith('!')
    const kind = wanted ? word : word.slice(1)
    if (kind === 'all') continue
    if (kind === 'final' || kind === 'canonical') return false
    const subject: { readonly [kind: string]: string } = {
      host: settings.hostName?.replaceAll('%h', alias) ?? alias,
      originalhost: alias,
      user: user ?? settings.user ?? local,
      localuser: local,
    }
    const value = subject[kind]
    if (value === undefined) {
      settings.notes.push(`${line.file}:${line.line}: \`Match ${kind}\` is not supported; the block is left out`)
      return false
    }
    if (anyMatches((args.shift() ?? '').split(','), value) !== wanted) return false
  }
  return true
}

type Setter = (args: readonly string[], settings: SshSettings) => void

/** A setter that keeps a value already there. */
const first =
  <K extends keyof SshSettings>(key: K, read: (args: readonly string[]) => SshSettings[K] | undefined): Setter =>
  (args, settings) => {
    const value = settings[key] === undefined ? read(args) : undefined
    if (value !== undefined) settings[key] = value
  }
const text = ([word]: readonly string[]) => word
const number = ([word = '']: readonly string[]) => (/^\d+$/.test(word) ? Number(word) : undefined)

const setters: { readonly [keyword: string]: Setter } = {
  hostname: first('hostName', text),
  port: first('port', number),
  user: first('user', text),
  identityfile: ([path], { identityFiles }) => {
    if (path !== undefined && !identityFiles.includes(path)) identityFiles.push(path)
  },
  identitiesonly: first('identitiesOnly', ([word]) => word?.toLowerCase() === 'yes'),
  identityagent: first('identityAgent', text),
  proxyjump: first('proxyJump', text),
  proxycommand: first('proxyCommand', text),
  stricthostkeychecking: first('strictHostKeyChecking', ([word]) => word?.toLowerCase()),
  hostkeyalias: first('hostKeyAlias', text),
  userknownhostsfile: first('userKnownHostsFiles', (args) => args),
  globalknownhostsfile: first('globalKnownHostsFiles', (args) => args),
  serveraliveinterval: first('serverAliveInterval', number),
  connecttimeout: first('connectTimeout', number),
}

function set(line: ConfigLine, settings: SshSettings): void {
  setters[line.keyword]?.(line.args, settings)
}
