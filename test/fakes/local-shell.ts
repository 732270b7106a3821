import { spawn } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import { type Duplex, Readable } from 'node:stream'
import { keep } from '../../lib/connect/keep.ts'
import type { Content, Output, Pieces } from '../../lib/core/connection.ts'
import { problem, TaskError } from '../../lib/core/diagnostic.ts'
import type { HttpRequest } from '../../lib/core/http.ts'
import type { Io } from '../../lib/core/module.ts'
import type { Answer, Query } from '../../lib/core/query.ts'
import { flatten, type Script } from '../../lib/core/script.ts'
import { reveal } from '../../lib/core/secret.ts'
import { answerOf as pageAnswer } from '../../lib/net/answer.ts'
import { exchange } from '../../lib/net/exchange.ts'
import type { Way } from '../../lib/net/open.ts'
import { observe } from '../../lib/observe/observe.ts'
import { type FakeIo, fakeIo, type Replies } from './io.ts'

export interface LocalShell {
  /** A folder of its own for the test; everything else of this machine must stay as it is. */
  readonly folder: string
  ask(queries: readonly Query[]): Promise<readonly Answer[]>
  /** Runs scripts and writes files for real, below the folder; records both. */
  readonly io: FakeIo
  remove(): Promise<void>
}

/** Runs probes and changes for real with a shell of this machine; the script travels on stdin, as over a connection. */
export async function localShell(
  options: {
    readonly shell?: readonly string[]
    readonly env?: { readonly [key: string]: string }
    readonly replies?: Replies
  } = {},
): Promise<LocalShell> {
  const shell = options.shell ?? ['/bin/sh']
  const folder = await mkdtemp(joinPath(tmpdir(), 'ametys-rocketchat-test-'))
  const exec = (script: Script) => runScript(shell, script, folder, options.env ?? {})
  const fake = fakeIo(options.replies)
  const sh: Io['sh'] = async (script, { expect = [0] } = {}) => {
    fake.calls.push({ sh: script.toString() })
    const output = await exec(script)
    if (expect.includes(output.code)) return output
    throw new TaskError(
      problem('command-failed', `exit code ${output.code}`, { detail: `${script}\n${output.stderr}${output.stdout}` }),
    )
  }
  const put: Io['put'] = async (path, content, put) => {
    fake.calls.push({ put: path, content: '', mode: put.mode })
    const draft = `${path}.draft`
    await writeFile(draft, await bytesOf(content), { mode: put.mode })
    const owner = `${put.owner ?? ''}${put.group === undefined ? '' : `:${put.group}`}`
    if (owner !== '') await runScript(['/bin/chown', owner, draft], undefined, folder, {})
    await runScript(['/bin/chmod', put.mode.toString(8), draft], undefined, folder, {})
    await rename(draft, path)
  }
  const way = { dial: dialHere, signal: fake.signal }
  const http: Io['http'] = async (request) => {
    fake.calls.push({ http: `${request.method} ${request.url}` })
    return exchange(request, way)
  }
  const keepHere: Io['keep'] = async (path, script) => {
    fake.calls.push({ keep: path })
    return keep(path, Readable.from([(await exec(script)).stdout]))
  }
  const answer = async (query: Query): Promise<Answer> => {
    if (query.on === 'http') return pageOf(query.request, way)
    if (query.on === 'controller')
      return observe(query.observe, { folder, ...query.input }, { signal: fake.signal, rehearsal: false })
    if (query.on === 'input')
      return answerOf(await runScript(shell, query.script, folder, options.env ?? {}, Readable.from(query.input())))
    if (query.on !== 'shell') throw new Error(`the local shell cannot ask ${query.on}`)
    return answerOf(await exec(query.script))
  }
  return {
    folder,
    ask: (queries) => Promise.all(queries.map(answer)),
    io: { ...fake, calls: fake.calls, sh, put, http, keep: keepHere },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

function dialHere(
  target: { readonly socket: string } | { readonly host: string; readonly port: number },
): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = connect('socket' in target ? { path: target.socket } : target)
    socket.once('connect', () => resolve(socket))
    socket.once('error', reject)
  })
}

async function pageOf(request: HttpRequest, way: Way): Promise<Answer> {
  try {
    const page = await pageAnswer(request, way)
    const ok = page.status >= 200 && page.status < 300
    return { ok, code: page.status, text: page.bytes.toString(), errors: '', json: page }
  } catch (error) {
    if (!(error instanceof TaskError)) throw error
    return { ok: false, code: -1, text: '', errors: error.message, json: error.diagnostics[0] }
  }
}

function answerOf({ code, stdout, stderr }: Output): Answer {
  return { ok: code === 0, code, text: stdout.toString(), errors: stderr.toString() }
}

function runScript(
  shell: readonly string[],
  script: Script | undefined,
  cwd: string,
  env: { readonly [key: string]: string },
  input?: Readable,
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const [command = '/bin/sh', ...flags] = shell
    // A shell may read more of its input than the script.
    const args = script !== undefined && input ? [...flags, '-c', flatten(script)] : flags
    const child = spawn(command, args, { cwd, env: { PATH: process.env.PATH, HOME: cwd, LC_ALL: 'C', ...env } })
    const out: Buffer[] = []
    const errors: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk))
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code: code ?? -1, stdout: Buffer.concat(out), stderr: Buffer.concat(errors) }),
    )
    child.stdin.on('error', () => undefined)
    if (input) {
      input.pipe(child.stdin)
      return
    }
    child.stdin.end(script === undefined ? '' : `( ${flatten(script)}\n) </dev/null\n`)
  })
}

async function bytesOf(content: Content | Pieces): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content
  if (typeof content !== 'function') return Buffer.from(reveal(content))
  const chunks: Buffer[] = []
  for await (const chunk of content()) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
