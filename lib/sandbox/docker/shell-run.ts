import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { ExecResult } from './program.ts'
import { type Node, parseShell, type Redirection, type Word } from './shell-parse.ts'
import { ShellError } from './shell-words.ts'

/** What the small shell needs from around it. */
export interface ShellWorld {
  /** `$0`, `$1` … */
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly stdin: () => Promise<Buffer>
  /** The real path behind a path of the container. */
  readonly path: (inContainer: string) => string
  /** Runs a command that is not the shell's own; `undefined` means that there is none of that name. */
  readonly run: (
    cmd: readonly string[],
    env: Readonly<Record<string, string>>,
    stdin: () => Promise<Buffer>,
  ) => Promise<ExecResult | undefined>
}

interface Streams {
  readonly stdin: () => Promise<Buffer>
  readonly out: (piece: string | Buffer) => void
  readonly err: (piece: string | Buffer) => void
}

/** Thrown to leave the script; caught at its edge. */
class Exit extends Error {
  readonly code: number
  constructor(code: number) {
    super('exit')
    this.code = code
  }
}

/** More rounds than this mean that a loop never ends, since nothing in a rehearsal takes that many. */
const mostRounds = 10_000

const collect = () => {
  const pieces: Buffer[] = []
  return {
    add: (piece: string | Buffer): void => void pieces.push(Buffer.from(piece)),
    whole: (): Buffer => Buffer.concat(pieces),
  }
}

const assignment = /^([A-Za-z_]\w*)=$|^([A-Za-z_]\w*)=(.*)$/s

const session = (world: ShellWorld) => {
  let variables: Record<string, string> = { ...world.env }
  let last = 0

  const value = (name: string): string | undefined => {
    if (name === '?') return String(last)
    if (name === '#') return String(Math.max(0, world.args.length - 1))
    if (name === '@' || name === '*') return world.args.slice(1).join(' ')
    return /^\d$/.test(name) ? world.args[Number(name)] : variables[name]
  }

  const substitute = async (script: string, streams: Streams): Promise<string> => {
    const output = collect()
    await list(parseShell(script), { ...streams, out: output.add }, true)
    return output.whole().toString('utf8').replace(/\n+$/, '')
  }

  /** A word with everything filled in: several words when an unquoted value holds blanks, none when it is empty. */
  const expand = async (word: Word, streams: Streams): Promise<readonly string[]> => {
    const words: string[] = []
    let current: string | undefined
    for (const piece of word) {
      if (piece.kind === 'text') {
        current = (current ?? '') + piece.text
        continue
      }
      const found =
        piece.kind === 'command'
          ? await substitute(piece.script, streams)
          : value(piece.name) || (piece.otherwise ?? value(piece.name) ?? '')
      if (piece.quoted) {
        current = (current ?? '') + found
        continue
      }
      const parts = found.split(/\s+/)
      for (const [index, part] of parts.entries()) {
        if (index > 0 && current !== undefined) {
          words.push(current)
          current = undefined
        }
        if (part !== '') current = (current ?? '') + part
      }
    }
    if (current !== undefined) words.push(current)
    return words
  }

  const one = async (word: Word, streams: Streams): Promise<string> => (await expand(word, streams)).join(' ')

  const redirected = async (redirections: readonly Redirection[], outer: Streams): Promise<Streams> => {
    let streams = outer
    for (const found of redirections) {
      if (found.kind === 'join') {
        streams = found.from === 'stderr' ? { ...streams, err: streams.out } : { ...streams, out: streams.err }
        continue
      }
      const name = await one(found.to, outer)
      if (found.kind === 'input') {
        streams = {
          ...streams,
          stdin: async () => (name === '/dev/null' ? Buffer.alloc(0) : readFileSync(world.path(name))),
        }
        continue
      }
      const file = world.path(name)
      const nowhere = name === '/dev/null'
      if (!nowhere && !found.append) writeFileSync(file, '')
      const write = (piece: string | Buffer) => {
        if (!nowhere) appendFileSync(file, piece)
      }
      if (found.from !== 'stderr') streams = { ...streams, out: write }
      if (found.from !== 'stdout') streams = { ...streams, err: write }
    }
    return streams
  }

  const command = async (node: Node & { readonly kind: 'command' }, outer: Streams): Promise<number> => {
    const own: Record<string, string> = {}
    let rest = node.words
    for (const word of node.words) {
      const first = word[0]
      const match = first?.kind === 'text' && !first.quoted ? assignment.exec(first.text) : null
      if (match === null) break
      const name = match[1] ?? match[2] ?? ''
      const tail = await expand(word.slice(1), outer)
      own[name] = (match[3] ?? '') + tail.join(' ')
      rest = rest.slice(1)
    }
    const streams = await redirected(node.redirections, outer)
    const words: string[] = []
    for (const word of rest) words.push(...(await expand(word, outer)))
    if (words[0] === 'exec' && words.length > 1) throw new Exit(await call(words.slice(1), own, streams))
    if (words.length === 0) {
      variables = { ...variables, ...own }
      return 0
    }
    return call(words, own, streams)
  }

  const call = async (words: readonly string[], own: Record<string, string>, streams: Streams): Promise<number> => {
    const [name = '', ...args] = words
    switch (name) {
      case 'exit':
        throw new Exit(Number(args[0] ?? last))
      case 'set':
      case 'ulimit':
      case 'umask':
        return 0
      case 'export':
        for (const arg of args) {
          const equals = arg.indexOf('=')
          if (equals > 0) variables[arg.slice(0, equals)] = arg.slice(equals + 1)
        }
        return 0
      case '.':
      case 'source': {
        const file = args[0] ?? ''
        if (!existsSync(world.path(file))) {
          streams.err(`sh: 1: .: ${file}: not found\n`)
          throw new Exit(2)
        }
        return evaluate(parseShell(readFileSync(world.path(file), 'utf8')), streams)
      }
      case 'unset':
        for (const arg of args) delete variables[arg]
        return 0
      case 'command':
        return args[0] === '-v' ? call(['which', ...args.slice(1)], own, streams) : call(args, own, streams)
    }
    const result = await world.run(words, { ...variables, ...own }, streams.stdin)
    if (result === undefined) {
      streams.err(`sh: 1: ${name}: not found\n`)
      return 127
    }
    if (result.stdout !== undefined) streams.out(result.stdout)
    if (result.stderr !== undefined) streams.err(result.stderr)
    return result.code
  }

  const pipeline = async (parts: readonly Node[], streams: Streams): Promise<number> => {
    let input = streams.stdin
    for (const [index, part] of parts.entries()) {
      const isLast = index === parts.length - 1
      const output = collect()
      last = await list(part, { ...streams, stdin: input, ...(isLast ? {} : { out: output.add }) }, true)
      input = async () => output.whole()
    }
    return last
  }

  /** Runs a part in a shell of its own: variables and `exit` do not reach beyond it. */
  const list = async (node: Node, streams: Streams, subshell: boolean): Promise<number> => {
    if (!subshell) return evaluate(node, streams)
    const before = { ...variables }
    try {
      return await evaluate(node, streams)
    } catch (problem) {
      if (problem instanceof Exit) return problem.code
      throw problem
    } finally {
      variables = before
    }
  }

  const evaluate = async (node: Node, streams: Streams): Promise<number> => {
    switch (node.kind) {
      case 'command':
        last = await command(node, streams)
        return last
      case 'pipeline': {
        const code = await pipeline(node.parts, streams)
        last = node.negated ? (code === 0 ? 1 : 0) : code
        return last
      }
      case 'and':
      case 'or': {
        const code = await evaluate(node.left, streams)
        return (code === 0) === (node.kind === 'and') ? evaluate(node.right, streams) : code
      }
      case 'list': {
        if (node.subshell) return list({ ...node, subshell: false }, streams, true)
        let code = 0
        for (const item of node.items) code = await evaluate(item, streams)
        return code
      }
      case 'if': {
        if ((await evaluate(node.test, streams)) === 0) return evaluate(node.then, streams)
        return node.otherwise === undefined ? 0 : evaluate(node.otherwise, streams)
      }
      case 'loop': {
        let code = 0
        for (let round = 0; round < mostRounds; round++) {
          if (((await evaluate(node.test, streams)) === 0) === node.until) return code
          code = await evaluate(node.body, streams)
        }
        throw new ShellError('loop does not end')
      }
      default: {
        const odd: never = node
        throw new Error(String(odd))
      }
    }
  }

  return list
}

/**
 * Runs a script of `sh -c` with a small shell: words, quotes, variables, `$(…)`, pipes, `&&`, `||`, `;`, redirections, `if`, `while`
 * and `until`. Everything else is answered with the shell's syntax error and exit code 2.
 */
export const runShell = async (script: string, world: ShellWorld): Promise<ExecResult> => {
  const stdout = collect()
  const stderr = collect()
  let code: number
  try {
    const tree = parseShell(script)
    code = await session(world)(tree, { stdin: world.stdin, out: stdout.add, err: stderr.add }, true)
  } catch (problem) {
    code = 2
    const why =
      problem instanceof ShellError
        ? problem.message
        : `cannot open: ${problem instanceof Error ? problem.message : ''}`
    stderr.add(`sh: 1: ${why}\n`)
  }
  return { code, stdout: stdout.whole(), stderr: stderr.whole() }
}
