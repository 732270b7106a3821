import type { Content, Output, Pieces } from '../../lib/core/connection.ts'
import { problem, TaskError } from '../../lib/core/diagnostic.ts'
import type { Io } from '../../lib/core/module.ts'
import type { Answer } from '../../lib/core/query.ts'

/** One thing that a module did to the world, as it may be shown. */
export type Call =
  | { readonly sh: string }
  | {
      readonly put: string
      readonly content: string
      readonly mode: number
      readonly owner?: string
      readonly group?: string
    }
  | { readonly docker: string; readonly body?: unknown }
  | { readonly exec: readonly string[] }
  | { readonly api: string; readonly body?: unknown }
  | { readonly store: string }
  | { readonly pause: number }
  | { readonly http: string }
  | { readonly keep: string }
  | { readonly reconnect: true }

export interface FakeIo extends Io {
  readonly calls: Call[]
}

export interface Replies {
  /** What a script prints, or its whole output; without one it succeeds in silence. */
  sh?(
    script: string,
  ): string | { readonly code?: number; readonly stdout?: string; readonly stderr?: string } | undefined
  /** Answers of the Docker Engine by `METHOD /path`; what is not there is answered with 404. */
  docker?(request: string, body: unknown): Partial<Answer> | undefined
  api?(request: string, body: unknown): Partial<Answer> | undefined
  /** What a command inside a container prints; without one it succeeds in silence. */
  exec?(
    container: string,
    command: readonly string[],
  ): { readonly code?: number; readonly stdout?: string; readonly stderr?: string } | undefined
  /** What an observer sees; without one it sees nothing. */
  observe?(name: string, input: { readonly [key: string]: unknown }): Partial<Answer> | undefined
  reconnect?(): Promise<void>
}

/** A recording Io without a world: everything done is in `calls`, answers come from `replies`. Waiting takes no time. */
export function fakeIo(replies: Replies = {}): FakeIo {
  const calls: Call[] = []
  const secrets = new Map<string, import('../../lib/core/secret.ts').Secret>()
  return {
    calls,
    signal: new AbortController().signal,
    async sh(script, { expect = [0] } = {}) {
      const text = script.toString()
      calls.push({ sh: text })
      const reply = replies.sh?.(text) ?? ''
      const { code = 0, stdout = '', stderr = '' } = typeof reply === 'string' ? { stdout: reply } : reply
      if (!expect.includes(code))
        throw new TaskError(problem('command-failed', `exit code ${code}`, { detail: stderr }))
      return output(code, stdout, stderr)
    },
    async put(path, content, { mode, owner, group }) {
      calls.push({
        put: path,
        content: await shownContent(content),
        mode,
        ...(owner !== undefined && { owner }),
        ...(group !== undefined && { group }),
      })
    },
    docker: {
      async request(method, path, { body, upload, onProgress } = {}) {
        const request = `${method} ${path}`
        calls.push({
          docker: request,
          ...(body !== undefined && { body }),
          ...(upload !== undefined && { body: await shownContent(upload) }),
        })
        const reply = answer(
          replies.docker?.(request, body) ?? { ok: false, code: 404, text: '{"message":"not found"}' },
        )
        if (onProgress) for (const line of reply.text.split('\n')) if (line !== '') onProgress(line)
        return reply
      },
      async exec(container, command) {
        calls.push({ exec: [container, ...command] })
        const { code = 0, stdout = '', stderr = '' } = replies.exec?.(container, command) ?? {}
        return output(code, stdout, stderr)
      },
    },
    api: {
      async request(method, path, body) {
        const request = `${method} ${path}`
        calls.push({ api: request, ...(body !== undefined && { body }) })
        return answer(replies.api?.(request, body) ?? { ok: true, code: 200, json: { success: true } })
      },
      renew: () => undefined,
      proves: async () => true,
    },
    store: {
      get: async (name) => secrets.get(name),
      set: async (name, value) => {
        calls.push({ store: name })
        secrets.set(name, value)
      },
      delete: async (name) => void secrets.delete(name),
    },
    // Not random at all, so that tests can say what comes out.
    random: (bytes) => new Uint8Array(bytes).fill(7),
    http: async ({ method, url }) => {
      calls.push({ http: `${method} ${url}` })
      throw new TaskError(problem('http-failed', 'the fake has no network'))
    },
    keep: async (path) => {
      calls.push({ keep: path })
      return { size: 0, sha1: '', sha256: '', md5: '' }
    },
    now: () => 0,
    dial: async () => Promise.reject(new TaskError(problem('no-dial', 'the fake has nothing to dial'))),
    observe: async (name, input) =>
      answer(replies.observe?.(name, input) ?? { ok: false, code: 1, errors: 'the fake has nothing to look at' }),
    until: untilFast,
    pause: async (ms) => void calls.push({ pause: ms }),
    reconnect: async () => {
      calls.push({ reconnect: true })
      await replies.reconnect?.()
    },
    progress: () => undefined,
  }
}

/** Looks at most 20 times without waiting in between. */
export const untilFast: Io['until'] = async (what, look) => {
  let last = 'nothing yet'
  for (let round = 0; round < 20; round++) {
    const found = await look((state) => {
      last = state
    })
    if (found !== undefined) return found
  }
  throw new TaskError(problem('deadline-passed', `waited for ${what}; last seen: ${last}`))
}

/** An answer with what the test does not care about filled in. */
export function answer(partial: Partial<Answer> | string): Answer {
  if (typeof partial === 'string') return { ok: true, code: 0, text: partial, errors: '' }
  const json = partial.json ?? parsed(partial.text)
  return { ok: true, code: 200, text: '', errors: '', ...partial, ...(json !== undefined && { json }) }
}

function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '')
  } catch {
    return undefined
  }
}

function output(code: number, stdout: string, stderr: string): Output {
  return { code, stdout: Buffer.from(stdout), stderr: Buffer.from(stderr) }
}

async function shownContent(content: Content | Pieces): Promise<string> {
  if (typeof content !== 'function') return content.toString()
  const chunks: Buffer[] = []
  for await (const chunk of content()) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString()
}
