import { Worker } from 'node:worker_threads'
import type { ExecResult } from '../docker/program.ts'

/** The real loopback port behind an address as the container sees it, or nothing. */
export type Reach = (host: string, port: number) => number | undefined

/**
 * Comes before the script: `fetch` asks the container's network where an address really is, and goes nowhere else. It is
 * made of `node:http`, since loading the real one takes longer than the check itself.
 */
const PRELUDE = `
{
  const { parentPort } = require('node:worker_threads')
  const { request } = require('node:http')
  globalThis.fetch = async (target, { method = 'GET', headers = {}, body, signal } = {}) => {
    const url = new URL(target)
    const answer = new Promise((resolve) => parentPort.once('message', resolve))
    parentPort.postMessage({ host: url.hostname, port: Number(url.port || (url.protocol === 'https:' ? 443 : 80)) })
    const port = await answer
    parentPort.unref()
    const refused = (cause) => new TypeError('fetch failed', { cause })
    if (port === undefined) throw refused(new Error('connect ECONNREFUSED ' + url.host))
    return new Promise((resolve, reject) => {
      const asked = request({ port, method, headers, signal, path: url.pathname + url.search }, (response) => {
        const chunks = []
        const text = new Promise((done, broken) => {
          response.on('data', (chunk) => chunks.push(chunk))
          response.on('end', () => done(Buffer.concat(chunks).toString()))
          response.on('error', broken)
        })
        resolve({
          ok: response.statusCode >= 200 && response.statusCode < 300,
          status: response.statusCode,
          headers: new Map(Object.entries(response.headers)),
          text: () => text,
          json: async () => JSON.parse(await text),
        })
      })
      asked.on('error', (error) => reject(refused(error)))
      asked.end(body)
    })
  }
}
`

/**
 * Runs the text of `node -e` in a thread of its own: a health check that looks at its server with `fetch`. Ends it after
 * `patience` milliseconds with exit code 1.
 */
export async function nodeEval(
  text: string,
  env: Readonly<Record<string, string>>,
  reach: Reach,
  patience: number,
): Promise<ExecResult> {
  const worker = new Worker(`${PRELUDE}\n${text}`, {
    eval: true,
    env: { ...env },
    stdout: true,
    stderr: true,
    execArgv: [],
  })
  const output = { stdout: '', stderr: '' }
  worker.stdout.on('data', (chunk: Buffer) => (output.stdout += chunk.toString()))
  worker.stderr.on('data', (chunk: Buffer) => (output.stderr += chunk.toString()))
  worker.on('message', ({ host, port }: { host: string; port: number }) => worker.postMessage(reach(host, port)))
  worker.on('error', (error) => (output.stderr += `${error instanceof Error ? error.stack : error}\n`))
  let late = false
  const timer = setTimeout(() => {
    late = true
    void worker.terminate()
  }, patience)
  const code = await new Promise<number>((resolve) => worker.on('exit', resolve))
  clearTimeout(timer)
  return { code: late ? 1 : code, ...output }
}
