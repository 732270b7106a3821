import { existsSync, readFileSync, statSync } from 'node:fs'
import { posix } from 'node:path'
import { quote } from '../../../core/script.ts'
import { become, type Call, fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'
import { OWN } from '../program.ts'
import { isDevice, physical, virtual } from '../rewrite/paths.ts'
import { rewriteFragment, rewriteScript } from '../rewrite/script.ts'

/** `sh` and `bash`: the script is rewritten, wherever it comes from, and given to the shell of this machine. */
const shell: Shim = (call, host) => {
  const program = call.name === 'bash' ? host.tools.bash : host.tools.sh
  if (program === undefined) return fail(127, `sh: 1: ${call.name}: not found`)
  const dialect = call.name === 'bash' ? 'bash' : 'sh'
  const { options, command, words } = readOptions(call.args)
  const rewrite = (text: Buffer) => rewriteScript(text.toString('latin1'), host, dialect)
  if (command) {
    const [text = '', ...rest] = words
    const script = Buffer.from(rewrite(Buffer.from(text)), 'latin1').toString('utf8')
    return become([program, ...options, '-c', script, ...(rest.length > 0 ? rest : [call.name])])
  }
  const [file, ...rest] = words
  const open = file !== undefined && isDevice(file) ? file : undefined
  const reads = file === undefined || options.includes('-s')
  if ((reads || open) && call.stdin === undefined) return { wants: 'stdin', ...(open && { from: open }) }
  const content = reads || open ? call.stdin : readScript(file, call, host)
  if (content === undefined) return fail(127, `${call.name}: 0: cannot open ${file}: No such file`)
  const copy = host.scratchFile(Buffer.from(rewrite(content ?? Buffer.alloc(0)), 'latin1'))
  if (reads) {
    const all = [program, ...options.filter((option) => option !== '-s'), '-s', ...words]
    return { shell: `exec ${all.map(quote).join(' ')} < ${quote(copy)}\n` }
  }
  if (open === undefined) return become([program, ...options, copy, ...rest])
  const fd = open === '/dev/stdin' ? '' : open.replace('/dev/fd/', '')
  return { shell: `exec ${[program, ...options, open, ...rest].map(quote).join(' ')} ${fd}< ${quote(copy)}\n` }
}

/** A program named by its path: one of the machine's commands as it is, a shell script rewritten, anything else refused. */
const sandboxRun: Shim = (call, host) => {
  const [word = '', ...rest] = call.args
  if (!word.includes('/')) return become([word, ...rest])
  const path = physical(host.root, posix.resolve(call.cwd, word))
  const name = virtual(host.root, path)
  if (!existsSync(path)) return fail(127, `sh: 1: ${name}: not found`)
  const { mode } = statSync(path)
  if ((mode & 0o111) === 0 || (mode & 0o170000) !== 0o100000) return fail(126, `sh: 1: ${name}: Permission denied`)
  const content = readFileSync(path)
  if (content.includes(OWN)) return become([path, ...rest])
  const first = /^#![ \t]*(\S+)(?:[ \t]+(\S+))?/.exec(content.subarray(0, 256).toString('latin1'))
  const interpreter = posix.basename((first?.[1]?.endsWith('/env') ? first[2] : first?.[1]) ?? 'sh')
  const binary = content.subarray(0, 512).includes(0)
  if (binary || !['sh', 'dash', 'bash'].includes(interpreter)) {
    return fail(126, `${name}: the sandbox only runs shell scripts that were put on the machine`)
  }
  const option = first?.[1]?.endsWith('/env') ? [] : first?.[2] ? [first[2]] : []
  return become([interpreter === 'dash' ? 'sh' : interpreter, ...option, path, ...rest])
}

/** A file to be read by `.`: the path of a rewritten copy, or of the file itself where there is none. */
const sandboxSource: Shim = (call, host) => {
  const path = physical(host.root, posix.resolve(call.cwd, call.args[0] ?? ''))
  if (!existsSync(path) || !statSync(path).isFile()) return ok(`${path}\n`)
  const text = rewriteFragment(readFileSync(path).toString('latin1'), host)
  return ok(`${host.scratchFile(Buffer.from(text, 'latin1'))}\n`)
}

/** Text that `eval` or `trap` will run: asked for by the shell itself, which goes on afterwards. */
const sandboxRewrite: Shim = (call, host) => {
  const text = rewriteFragment(call.bytes.join(' '), host)
  return { shell: `__sandbox_text=${quote(text)}\n`, encoding: 'latin1' }
}

const sandboxHome: Shim = (call, host) => {
  const user = host.accounts.user(call.args[0] ?? '')
  return ok(`${user ? physical(host.root, user.home) : `~${call.args[0]}`}\n`)
}

/** `env` in front of a command; paths and `PATH` lead below the root. */
const env: Shim = (call, host) => {
  const words: string[] = []
  let at = 0
  let cleared = false
  for (; at < call.args.length; at += 1) {
    const word = call.args[at] as string
    if (word === '-u' || word === '-C') words.push(word, call.args[++at] ?? '')
    else if (word === '-i' || word === '-') cleared = true
    else if (word.startsWith('-')) words.push(word)
    else if (word.startsWith('PATH=')) words.push(mapPath(word, host))
    else if (/^[A-Za-z_]\w*=/.test(word)) words.push(word)
    else break
  }
  const rest = call.args.slice(at)
  const path = words.some((word) => word.startsWith('PATH=')) ? '' : ' "PATH=$PATH"'
  const keep = cleared ? ` -i${path} "SANDBOX_USER=$SANDBOX_USER"` : ''
  const run = rest[0]?.includes('/') ? ['sandbox-run', ...rest] : rest
  if (run.length === 0) words.unshift(...OWN_VARIABLES.flatMap((name) => ['-u', name]))
  return { shell: `exec ${quote(host.tools.env)}${keep} ${[...words, ...run].map(quote).join(' ')}\n` }
}

/** What a script would not find on a real machine. */
const OWN_VARIABLES = ['SANDBOX_USER', 'TMPDIR', 'TZ']

function mapPath(word: string, host: Host): string {
  const folders = word.slice('PATH='.length).split(':')
  return `PATH=${folders.map((folder) => (folder.startsWith('/') ? searchFolder(host, folder) : folder)).join(':')}`
}

/** A folder of `PATH`; scripts in `/usr/local` are reached through their stand-ins. */
function searchFolder(host: Host, folder: string): string {
  return /^\/usr\/local\/s?bin\/?$/.test(folder) ? posix.join(host.folder, 'programs') : physical(host.root, folder)
}

const which: Shim = (call, host) => {
  const names = call.args.filter((word) => !word.startsWith('-'))
  const found = names.flatMap((name) => {
    const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']
    const path = folders.map((folder) => `${folder}/${name}`).find((one) => existsSync(host.root + one))
    return path === undefined ? [] : [path]
  })
  return {
    code: found.length === names.length && names.length > 0 ? 0 : 1,
    stdout: found.map((one) => `${one}\n`).join(''),
  }
}

function readOptions(args: readonly string[]): {
  options: readonly string[]
  command: boolean
  words: readonly string[]
} {
  const options: string[] = []
  let command = false
  let at = 0
  for (; at < args.length; at += 1) {
    const word = args[at] as string
    if (word === '--') {
      at += 1
      break
    }
    if (!/^[-+]./.test(word)) break
    const long = word.startsWith('--')
    const letters = long ? '' : word.slice(1)
    if (letters.includes('c') && word.startsWith('-')) command = true
    const rest = word[0] + letters.replaceAll(word.startsWith('-') ? 'c' : '', '')
    if (long) options.push(word)
    else if (rest.length > 1) options.push(rest)
    if (letters.endsWith('o')) options.push(args[++at] ?? '')
  }
  return { options, command, words: args.slice(at) }
}

function readScript(file: string, call: Call, host: Host): Buffer | undefined {
  const path = physical(host.root, posix.resolve(call.cwd, file))
  return existsSync(path) && statSync(path).isFile() ? readFileSync(path) : undefined
}

export const shellShims: Shims = {
  sh: shell,
  dash: shell,
  bash: shell,
  env,
  which,
  'sandbox-run': sandboxRun,
  'sandbox-source': sandboxSource,
  'sandbox-rewrite': sandboxRewrite,
  'sandbox-home': sandboxHome,
}
