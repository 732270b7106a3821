import { quote } from '../../core/script.ts'

/** A command of the machine that was started by a script and is answered here. */
export interface Call {
  readonly name: string
  readonly args: readonly string[]
  /** Where the script stands, as this machine names it. */
  readonly cwd: string
  /** The account it runs as. */
  readonly user: string
  /** The arguments byte by byte, as `latin1`. */
  readonly bytes: readonly string[]
  /** What it was given on its standard input; only for commands that read it. */
  readonly stdin?: Buffer
}

/** What a command does: it prints and ends, becomes a shell text, or has to read its standard input (or the open file `from`) first. */
export type Reply =
  | { readonly code: number; readonly stdout?: string; readonly stderr?: string }
  | { readonly shell: string; readonly encoding?: 'latin1' }
  | { readonly wants: 'stdin'; readonly from?: string }

/** The command worked and printed `stdout`. */
export function ok(stdout = ''): Reply {
  return { code: 0, stdout }
}

/** The command failed and said `stderr`; a line break is put behind it. */
export function fail(code: number, stderr = '', stdout = ''): Reply {
  return { code, stdout, stderr: stderr === '' || stderr.endsWith('\n') ? stderr : `${stderr}\n` }
}

/** The command makes room for another program; `words` are quoted. */
export function become(words: readonly string[], before = ''): Reply {
  return { shell: `${before}exec ${words.map(quote).join(' ')}\n` }
}

/** The shell text that carries a reply out. */
export function replyScript(reply: Reply): string {
  if ('shell' in reply) return reply.shell
  if ('wants' in reply) throw new RangeError('a wish for standard input is not a reply')
  const say = (text: string | undefined, to: string) => (text ? `printf %s ${quote(text)}${to}\n` : '')
  return `${say(reply.stdout, '')}${say(reply.stderr, ' >&2')}exit ${reply.code}\n`
}
