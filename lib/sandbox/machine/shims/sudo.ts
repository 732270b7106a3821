import { quote } from '../../../core/script.ts'
import { fail, ok, type Reply } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { physical, searchPath } from '../rewrite/paths.ts'

interface Request {
  readonly user: string
  readonly prompt: string
  readonly never: boolean
  readonly stdin: boolean
  readonly keep: boolean
  readonly words: readonly string[]
  readonly assignments: readonly string[]
  readonly ask: 'run' | 'validate' | 'list' | 'forget' | 'shell'
}

/** `sudo`: everybody who may log in may become anybody; a password is asked for when the machine has one. */
const sudo: Shim = (call, host) => {
  const request = readRequest(call.args, call.user)
  if (typeof request === 'string') return fail(1, request)
  const target = host.accounts.user(request.user.replace(/^#/, ''))
  if (target === undefined) {
    const kind = request.user.startsWith('#') ? 'unknown uid' : 'unknown user'
    return fail(1, `sudo: ${kind} ${request.user}\nsudo: error initializing audit plugin sudoers_audit`)
  }
  const before = call.user === 'root' ? '' : askPassword(host, call.user, request)
  if (before === undefined) return fail(1, 'sudo: a password is required')
  if (request.ask === 'forget') return ok()
  if (request.ask === 'validate') return { shell: `${before}exit 0\n` }
  if (request.ask === 'list') {
    const rights = host.spec.sudoPassword === undefined ? 'NOPASSWD: ALL' : 'ALL'
    const text = `User ${call.user} may run the following commands on ${host.spec.hostname}:\n    (ALL : ALL) ${rights}\n`
    return { shell: `${before}printf %s ${quote(text)}\n` }
  }
  const words =
    request.ask === 'shell'
      ? ['sh', ...(request.words.length > 0 ? ['-c', request.words.join(' ')] : [])]
      : request.words
  if (words.length === 0) return fail(1, 'usage: sudo -h | -K | -k | -V')
  return { shell: before + runAs(host, call.user, target, words, request.assignments) }
}

/** The shell text that becomes `words` under another account. */
function runAs(
  host: Host,
  from: string,
  target: { readonly name: string; readonly home: string },
  words: readonly string[],
  assignments: readonly string[],
): string {
  const variables = {
    SANDBOX_USER: target.name,
    PATH: searchPath(host, 'root'),
    HOME: physical(host.root, target.home),
    USER: target.name,
    LOGNAME: target.name,
    SUDO_USER: from,
    SUDO_UID: String(host.accounts.user(from)?.uid ?? 0),
  }
  const set = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`)
  const given = assignments.map((one) => one.replace(/=(.*)$/s, (_, value: string) => `=${quote(value)}`))
  const [first = ''] = words
  const run = first.includes('/') ? ['sandbox-run', ...words] : words
  const found = `command -v ${quote(first)} >/dev/null 2>&1 || { printf 'sudo: %s: command not found\\n' ${quote(first)} >&2; exit 1; }\n`
  return `export ${[...set, ...given].join(' ')}\n${first.includes('/') ? '' : found}exec ${run.map(quote).join(' ')}\n`
}

/** The shell text that asks for the password, three times as sudo does; undefined when it may not ask. */
function askPassword(host: Host, user: string, request: Request): string | undefined {
  const password = host.spec.sudoPassword
  if (password === undefined) return ''
  if (request.never) return undefined
  if (!request.stdin) {
    return (
      "printf '%s\\n' 'sudo: a terminal is required to read the password; either use the -S option to read from standard input " +
      "or configure an askpass helper' 'sudo: a password is required' >&2\nexit 1\n"
    )
  }
  const prompt = request.prompt.replaceAll('%p', user).replaceAll('%u', request.user).replaceAll('%%', '%')
  return `tries=0
while :; do
  printf %s ${quote(prompt)} >&2
  IFS= read -r password || {
    [ $tries -gt 0 ] && printf '\\nsudo: %s incorrect password attempt%s\\n' $tries "$([ $tries = 1 ] || echo s)" >&2
    [ $tries -gt 0 ] || printf '\\nsudo: no password was provided\\nsudo: a password is required\\n' >&2
    exit 1
  }
  [ "$password" = ${quote(password)} ] && break
  tries=$((tries + 1))
  if [ $tries = 3 ]; then
    echo 'sudo: 3 incorrect password attempts' >&2
    exit 1
  fi
  echo 'Sorry, try again.' >&2
done
unset password tries
`
}

function readRequest(args: readonly string[], from: string): Request | string {
  let user = 'root'
  let prompt = `[sudo] password for ${from}: `
  let [never, stdin, keep] = [false, false, false]
  let ask: Request['ask'] = 'run'
  const assignments: string[] = []
  let at = 0
  for (; at < args.length; at += 1) {
    const word = args[at] as string
    if (word === '--') {
      at += 1
      break
    }
    if (/^[A-Za-z_]\w*=/.test(word)) {
      assignments.push(word)
      continue
    }
    if (!word.startsWith('-')) break
    const [long, value] = word.startsWith('--') ? word.slice(2).split('=', 2) : []
    if (long !== undefined) {
      if (long === 'user') user = value ?? args[++at] ?? ''
      else if (long === 'prompt') prompt = value ?? args[++at] ?? ''
      else if (long === 'non-interactive') never = true
      else if (long === 'stdin') stdin = true
      else if (long === 'preserve-env') keep = true
      else if (long !== 'set-home') return `sudo: unrecognized option '${word}'`
      continue
    }
    for (let letter = 1; letter < word.length; letter += 1) {
      const c = word[letter] as string
      if ('upghCRTD'.includes(c)) {
        const given = word.slice(letter + 1) || (args[++at] ?? '')
        if (c === 'u') user = given
        if (c === 'p') prompt = given
        break
      }
      if (c === 'n') never = true
      else if (c === 'S') stdin = true
      else if (c === 'E') keep = true
      else if (c === 'v') ask = 'validate'
      else if (c === 'l') ask = 'list'
      else if (c === 'k' || c === 'K') ask = 'forget'
      else if (c === 's' || c === 'i') ask = 'shell'
      else if (!'HbBAP'.includes(c)) return `sudo: invalid option -- '${c}'`
    }
  }
  const words = args.slice(at)
  if (ask === 'forget' && words.length > 0) ask = 'run'
  return { user, prompt, never, stdin, keep, ask, words, assignments }
}

/** `runuser`: root becomes somebody else. */
const runuser: Shim = (call, host): Reply => {
  if (call.user !== 'root') return fail(1, 'runuser: may not be used by non-root users')
  const at = call.args.indexOf('-u')
  const name = at === -1 ? call.args.find((word) => !word.startsWith('-')) : call.args[at + 1]
  const target = host.accounts.user(name ?? '')
  if (target === undefined)
    return fail(1, `runuser: user ${name} does not exist or the user entry does not contain all the required fields`)
  const rest = call.args.slice(at === -1 ? call.args.indexOf(target.name) + 1 : at + 2)
  const words = rest[0] === '--' ? rest.slice(1) : rest
  const command = words[0] === '-c' ? ['sh', '-c', words[1] ?? ''] : words
  return { shell: runAs(host, call.user, target, command.length > 0 ? command : ['sh'], []) }
}

export const sudoShims: Shims = { sudo, runuser }
