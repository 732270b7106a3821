import { createHash } from 'node:crypto'
import type { AnyAuthMethod, ParsedKey } from 'ssh2'
import { reveal } from '../core/secret.ts'
import type { Attempt } from './identities.ts'
import type { Offers } from './offers.ts'
import type { Hop } from './route.ts'
import { BaseAgent, createAgent, parseKeys } from './ssh-library.ts'
import { seconds } from './trouble.ts'

/** How long an agent may take to say what it holds. */
const agentPatience = 5_000

/** A proof in the form the library wants it; what the server asks interactively is noted and answered with the password. */
export function methodOf(hop: Hop, attempt: Attempt<ParsedKey>, offer: Offers<ParsedKey>): AnyAuthMethod {
  const username = hop.user
  const password = reveal(hop.password ?? '')
  if (attempt.method === 'none') return { type: 'none', username }
  if (attempt.method === 'password') return { type: 'password', username, password }
  if (attempt.method === 'publickey') {
    if (attempt.via === 'key') return { type: 'publickey', username, key: attempt.key }
    return { type: 'agent', username, agent: new SomeKeys(hop.agent ?? '', attempt.keys) }
  }
  return {
    type: 'keyboard-interactive',
    username,
    prompt(_name, _instructions, _lang, prompts, finish) {
      for (const one of prompts) offer.asked(one.prompt)
      finish(prompts.map((one) => (one.echo ? '' : password)))
    },
  }
}

/** An agent of which only some keys are offered: each one refused counts against us (MaxAuthTries). */
class SomeKeys extends BaseAgent<Buffer> {
  readonly #agent: InstanceType<typeof BaseAgent>
  readonly #keys: readonly Buffer[]

  constructor(path: string, keys: readonly Buffer[]) {
    super()
    this.#agent = createAgent(path)
    this.#keys = keys
  }

  override getIdentities(done: (error: Error | undefined, keys?: Buffer[]) => void): void {
    done(undefined, [...this.#keys])
  }

  override sign(...args: unknown[]): void {
    this.#agent.sign(...(args as Parameters<InstanceType<typeof BaseAgent>['sign']>))
  }
}

/** What the agent holds; an agent that does not answer is as good as none, with a note. */
export function keysOfAgent(path: string | undefined): Promise<{ keys: Buffer[]; notes: string[] }> {
  if (path === undefined) return Promise.resolve({ keys: [], notes: [] })
  return new Promise((resolve) => {
    const silent = (why: string) => resolve({ keys: [], notes: [`the agent at ${path} is of no use: ${why}`] })
    const timer = setTimeout(() => silent(`no answer within ${seconds(agentPatience)}`), agentPatience)
    createAgent(path).getIdentities((error, keys = []) => {
      clearTimeout(timer)
      if (error) return silent(error.message)
      const parsed = keys.map((key) => parseKeys(key as Buffer))
      resolve({ keys: parsed.flatMap((key) => (key instanceof Error ? [] : [key.getPublicSSH()])), notes: [] })
    })
  })
}

/** Keys that were read, by a hash of what they were read from: opening an encrypted one takes a while, and many hosts share one. */
const read = new Map<string, ParsedKey | Error>()

/** Reads a private or public key in any form the library knows. */
export function parseKey(text: string, passphrase?: string): ParsedKey | Error {
  const name = createHash('sha256')
    .update(JSON.stringify([text, passphrase ?? null]))
    .digest('base64')
  const known = read.get(name)
  if (known) return known
  const parsed = parseKeys(text, passphrase)
  const key = Array.isArray(parsed) ? (parsed[0] ?? new Error('no key inside')) : parsed
  read.set(name, key)
  return key
}
