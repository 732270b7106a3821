import { spawn } from 'node:child_process'
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join as joinPath } from 'node:path'
import type { Content, Output } from '../../lib/core/connection.ts'
import { problem, TaskError } from '../../lib/core/diagnostic.ts'
import type { Io } from '../../lib/core/module.ts'
import type { Answer, Query } from '../../lib/core/query.ts'
import { flatten, type Script } from '../../lib/core/script.ts'
import { reveal } from '../../lib/core/secret.ts'
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
  return {
    folder,
    ask: (queries) => Promise.all(queries.map((query) => answerOf(query, exec))),
    io: { ...fake, calls: fake.calls, sh, put },
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}

async function answerOf(query: Query, exec: (script: Script) => Promise<Output>): Promise<Answer> {
  if (query.on !== 'shell') throw new Error(`the local shell cannot ask ${query.on}`)
  const { code, stdout, stderr } = await exec(query.script)
  return { ok: code === 0, code, text: stdout.toString(), errors: stderr.toString() }
}

function runScript(
  shell: readonly string[],
  script: Script | undefined,
  cwd: string,
  env: { readonly [key: string]: string },
): Promise<Output> {
  return new Promise((resolve, reject) => {
    const [command = '/bin/sh', ...args] = shell
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
    child.stdin.end(script === undefined ? '' : `( ${flatten(script)}\n) </dev/null\n`)
  })
}

async function bytesOf(content: Content): Promise<Buffer> {
  if (Buffer.isBuffer(content)) return content
  if (typeof content !== 'function') return Buffer.from(reveal(content))
  const chunks: Buffer[] = []
  for await (const chunk of content()) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks)
}
