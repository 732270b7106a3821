import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { posix } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { curl, netcat, wget } from './plain-network.ts'
import type { ExecRequest, ExecResult, ProgramContext } from './program.ts'

type Command = (context: ProgramContext, request: ExecRequest) => ExecResult | Promise<ExecResult>

const said = (text: string): ExecResult => ({ code: 0, stdout: text })
const failed = (code: number, text: string): ExecResult => ({ code, stderr: `${text}\n` })

const operands = ({ cmd }: ExecRequest): readonly string[] => cmd.slice(1).filter((word) => !word.startsWith('-'))
const options = ({ cmd }: ExecRequest): string =>
  cmd
    .slice(1)
    .filter((word) => word.startsWith('-'))
    .join('')

const realOf = (context: ProgramContext, request: ExecRequest, path: string): string =>
  context.path(posix.resolve(request.workingDir, path))

const isThere = (path: string) => statSync(path, { throwIfNoEntry: false })

/** Does something with each named file; the first one that is missing ends it with the tool's words. */
const onFiles =
  (work: (real: string, path: string) => string | undefined): Command =>
  (context, request) => {
    const name = request.cmd[0] ?? ''
    const written: string[] = []
    for (const path of operands(request)) {
      const real = realOf(context, request, path)
      if (isThere(real) === undefined) return failed(1, `${name}: ${path}: No such file or directory`)
      written.push(work(real, path) ?? '')
    }
    return said(written.join(''))
  }

const cat: Command = async (context, request) => {
  if (operands(request).length === 0) return { code: 0, stdout: await request.stdin() }
  return onFiles((real) => readFileSync(real, 'utf8'))(context, request)
}

const test: Command = (context, request) => {
  const words = request.cmd.slice(1).filter((word, at, all) => !(word === ']' && at === all.length - 1))
  const negated = words[0] === '!'
  const [one = '', two, three] = negated ? words.slice(1) : words
  const stats = two === undefined ? undefined : isThere(realOf(context, request, two))
  const unary: Readonly<Record<string, boolean>> = {
    '-n': two !== '',
    '-z': two === '' || two === undefined,
    '-e': stats !== undefined,
    '-f': stats?.isFile() ?? false,
    '-d': stats?.isDirectory() ?? false,
    '-s': (stats?.size ?? 0) > 0,
    '-r': stats !== undefined,
    '-x': stats !== undefined,
  }
  const binary = (operator: string, left: string, right: string): boolean | undefined =>
    ({
      '=': left === right,
      '==': left === right,
      '!=': left !== right,
      '-eq': Number(left) === Number(right),
      '-ne': Number(left) !== Number(right),
      '-gt': Number(left) > Number(right),
      '-ge': Number(left) >= Number(right),
      '-lt': Number(left) < Number(right),
      '-le': Number(left) <= Number(right),
    })[operator]
  const found =
    two === undefined
      ? one !== '' && !(one in unary)
        ? true
        : one === '-z'
      : three === undefined
        ? unary[one]
        : binary(two, one, three)
  if (found === undefined) return failed(2, `sh: ${words.join(' ')}: unexpected operator`)
  return { code: found === negated ? 1 : 0 }
}

const grep: Command = async (context, request) => {
  const flags = options(request)
  const [wanted = '', ...files] = operands(request)
  const text = files.length === 0 ? (await request.stdin()).toString('utf8') : undefined
  const missing = files.find((path) => isThere(realOf(context, request, path)) === undefined)
  if (missing !== undefined) return failed(2, `grep: ${missing}: No such file or directory`)
  const whole = text ?? files.map((path) => readFileSync(realOf(context, request, path), 'utf8')).join('')
  const escaped = flags.includes('F') ? wanted.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : wanted
  const form = new RegExp(flags.includes('x') ? `^(?:${escaped})$` : escaped, flags.includes('i') ? 'i' : '')
  const lines = whole.split('\n').filter((line, at, all) => !(line === '' && at === all.length - 1))
  const hits = lines.filter((line) => form.test(line) !== flags.includes('v'))
  const shown = flags.includes('c') ? `${hits.length}\n` : hits.map((line) => `${line}\n`).join('')
  return { code: hits.length > 0 ? 0 : 1, stdout: flags.includes('q') ? '' : shown }
}

const firstLines =
  (fromEnd: boolean): Command =>
  async (context, request) => {
    const count = Number(/-n?\s*(\d+)/.exec(request.cmd.slice(1).join(' '))?.[1] ?? 10)
    const file = request.cmd.slice(1).find((word) => !word.startsWith('-') && !/^\d+$/.test(word))
    const text =
      file === undefined
        ? (await request.stdin()).toString('utf8')
        : readFileSync(realOf(context, request, file), 'utf8')
    const lines = text.replace(/\n$/, '').split('\n')
    return said(`${(fromEnd ? lines.slice(-count) : lines.slice(0, count)).join('\n')}\n`)
  }

const escapes: Readonly<Record<string, string>> = { '\\n': '\n', '\\t': '\t', '\\\\': '\\' }

const printf: Command = (_, { cmd }) => {
  const args = cmd.slice(2)
  const form = (cmd[1] ?? '').replace(/\\[nt\\]/g, (found) => escapes[found] ?? found)
  let next = 0
  return said(form.replace(/%[sd%]/g, (found) => (found === '%%' ? '%' : (args[next++] ?? ''))))
}

/** The file tools do what they say in the container's folders; ownership is not imitated. */
const commands: Readonly<Record<string, Command>> = {
  true: () => ({ code: 0 }),
  ':': () => ({ code: 0 }),
  false: () => ({ code: 1 }),
  echo: (_, { cmd }) => said(cmd[1] === '-n' ? cmd.slice(2).join(' ') : `${cmd.slice(1).join(' ')}\n`),
  printf,
  cat,
  test,
  '[': test,
  grep,
  head: firstLines(false),
  tail: firstLines(true),
  sleep: async (context, { cmd }) => {
    // A long sleep does not keep a double alive that has been closed.
    await wait(Number.parseFloat(cmd[1] ?? '0') * 1000 * context.pace, undefined, { ref: false })
    return { code: 0 }
  },
  pwd: (_, { workingDir }) => said(`${workingDir}\n`),
  env: (_, { env }) =>
    said(
      Object.entries(env)
        .map(([name, value]) => `${name}=${value}\n`)
        .join(''),
    ),
  printenv: (_, { cmd, env }) => {
    const found = env[cmd[1] ?? '']
    return found === undefined ? { code: 1 } : said(`${found}\n`)
  },
  hostname: (context) => said(`${context.container.Config.Hostname}\n`),
  uname: (_, request) => said(options(request).includes('m') ? 'x86_64\n' : 'Linux\n'),
  whoami: (_, { user }) => said(`${user.split(':')[0] || 'root'}\n`),
  id: (_, request) => {
    const [user = '0', group = user] = (request.user || '0').split(':')
    return said(
      options(request) === '-u' ? `${user}\n` : options(request) === '-g' ? `${group}\n` : `uid=${user} gid=${group}\n`,
    )
  },
  ls: (context, request) =>
    onFiles((real, path) => (isThere(real)?.isDirectory() ? `${readdirSync(real).sort().join('\n')}\n` : `${path}\n`))(
      context,
      operands(request).length > 0 ? request : { ...request, cmd: ['ls', request.workingDir] },
    ),
  mkdir: (context, request) => {
    for (const path of operands(request)) mkdirSync(realOf(context, request, path), { recursive: true })
    return { code: 0 }
  },
  touch: (context, request) => {
    for (const path of operands(request)) writeFileSync(realOf(context, request, path), '', { flag: 'a' })
    return { code: 0 }
  },
  rm: (context, request) => {
    for (const path of operands(request)) rmSync(realOf(context, request, path), { recursive: true, force: true })
    return { code: 0 }
  },
  chown: () => ({ code: 0 }),
  chmod: (context, request) => {
    const [mode = '', ...files] = operands(request)
    if (!/^[0-7]{3,4}$/.test(mode)) return { code: 0 }
    for (const path of files) chmodSync(realOf(context, request, path), Number.parseInt(mode, 8) | 0o400)
    return { code: 0 }
  },
  which: (_, { cmd }) => (commands[cmd[1] ?? ''] === undefined ? { code: 1 } : said(`/usr/bin/${cmd[1]}\n`)),
  wget,
  curl,
  nc: netcat,
}

/** A small set of Unix commands that every image is taken to have. `undefined` for any other. */
export const plainCommand = async (context: ProgramContext, request: ExecRequest): Promise<ExecResult | undefined> => {
  const name = request.cmd[0]?.split('/').at(-1) ?? ''
  if (name === '' || !Object.hasOwn(commands, name)) return undefined
  return commands[name]?.(context, request)
}
