import type { ExecRequest, ExecResult, ProgramContext } from './program.ts'

const asked = (cmd: readonly string[]): URL | undefined => {
  const word = cmd
    .slice(1)
    .find((candidate) => /^https?:\/\//.test(candidate) || /^[\w.-]+(?::\d+)?(?:\/|$)/.test(candidate))
  if (word === undefined) return undefined
  return URL.parse(/^https?:/.test(word) ? word : `http://${word}`) ?? undefined
}

/** Asks for a page as the container would reach it; undefined when nothing listens there. */
const page = async (context: ProgramContext, url: URL): Promise<{ status: number; body: string } | undefined> => {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const real = context.resolve(url.hostname.replace(/^\[|\]$/g, ''), port)
  if (real === undefined) return undefined
  try {
    const answer = await fetch(`http://127.0.0.1:${real}${url.pathname}${url.search}`, {
      redirect: 'manual',
      headers: { 'user-agent': 'sandbox' },
    })
    return { status: answer.status, body: await answer.text() }
  } catch {
    // What listens there gave no answer: to the tool that is a refused connection.
    return undefined
  }
}

/** `wget`, as far as health checks use it: `-q`, `-O-`, `-O /dev/null`, `--spider`, `-T n`. */
export const wget = async (context: ProgramContext, { cmd }: ExecRequest): Promise<ExecResult> => {
  const url = asked(cmd)
  if (url === undefined) return { code: 1, stderr: 'wget: missing URL\n' }
  const found = await page(context, url)
  if (found === undefined) return { code: 1, stderr: `wget: can't connect to remote host: Connection refused\n` }
  if (found.status >= 400) return { code: 1, stderr: `wget: server returned error: HTTP/1.1 ${found.status}\n` }
  const words = cmd.join(' ')
  return { code: 0, stdout: /-\w*O ?-|--output-document=-/.test(words) ? found.body : '' }
}

/** `curl`, as far as health checks use it: `-f`, `-s`, `-S`, `-o /dev/null`, `-w '%{http_code}'`. */
export const curl = async (context: ProgramContext, { cmd }: ExecRequest): Promise<ExecResult> => {
  const url = asked(cmd.filter((word, at) => !/^-[oXHmdw]$/.test(cmd[at - 1] ?? '') && word !== ''))
  if (url === undefined) return { code: 2, stderr: 'curl: no URL specified!\n' }
  const found = await page(context, url)
  if (found === undefined) {
    return { code: 7, stderr: `curl: (7) Failed to connect to ${url.host}: Connection refused\n` }
  }
  if (found.status >= 400 && cmd.some((word) => word === '--fail' || /^-\w*f/.test(word))) {
    return { code: 22, stderr: `curl: (22) The requested URL returned error: ${found.status}\n` }
  }
  const quiet = cmd.includes('/dev/null')
  const code = cmd.some((word) => word.includes('%{http_code}')) ? String(found.status) : ''
  return { code: 0, stdout: `${quiet ? '' : found.body}${code}` }
}

/** `nc -z host port`: whether something listens there. */
export const netcat = (context: ProgramContext, { cmd }: ExecRequest): ExecResult => {
  const [host = '', port = ''] = cmd
    .slice(1)
    .filter((word) => !word.startsWith('-'))
    .slice(-2)
  return { code: context.resolve(host, Number(port)) === undefined ? 1 : 0 }
}
