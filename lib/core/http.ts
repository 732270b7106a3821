import type { Readable } from 'node:stream'
import type { Content } from './connection.ts'
import { problem, TaskError } from './diagnostic.ts'
import type { Text } from './secret.ts'

/** A request that a task makes with the eyes of its host; TLS ends in this program. */
export interface HttpRequest {
  /** Without user and password. */
  readonly url: string
  readonly method: string
  /** Names in lower case. */
  readonly headers: { readonly [name: string]: Text }
  readonly body?: Content | undefined
  /** Milliseconds without a byte until it is given up. */
  readonly timeout: number
  /** Which redirects are followed: none, those of GET and HEAD (`safe`), those of POST too (`urllib2`), or all. */
  readonly redirects: 'none' | 'safe' | 'urllib2' | 'all'
  /** Headers that are not sent to where a redirect leads. */
  readonly unredirected?: readonly string[]
  readonly login?: { readonly user: Text; readonly password: Text; readonly atOnce: boolean } | undefined
  readonly tls: {
    /** False: whoever answers is believed to be the one that was asked. */
    readonly verify: boolean
    /** PEM certificates to trust besides the usual. */
    readonly ca?: Text | undefined
    readonly certificate?: Text | undefined
    readonly key?: Text | undefined
  }
  /** Socket file on the host, instead of the address in the URL. */
  readonly socket?: string | undefined
  /** URL of an HTTP proxy, as seen from the host. */
  readonly proxy?: Text | undefined
  /** Undo the `content-encoding` of the answer. */
  readonly decompress: boolean
}

export interface HttpReply {
  readonly status: number
  readonly reason: string
  /** Where the redirects led. */
  readonly url: string
  readonly redirected: boolean
  /** Names in lower case; what came several times is joined with a comma and a blank, but cookies stay a list. */
  readonly headers: { readonly [name: string]: string }
  readonly cookies: readonly string[]
  readonly body: Readable
}

/** A reply with its body read. */
export interface HttpAnswer extends Omit<HttpReply, 'body'> {
  readonly bytes: Buffer
  /** Seconds that it took. */
  readonly elapsed: number
}

/** The most of a body that is held in memory, in bytes. */
const most = 32 * 1024 * 1024

/** Reads the whole body of a reply. Throws TaskError `answer-too-large`. */
export async function bytesOf({ body, url }: Pick<HttpReply, 'body' | 'url'>): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size <= most) continue
    throw new TaskError(
      problem('answer-too-large', `${url} answers with more than ${most / 1024 / 1024} MB`, {
        mend: 'bring large files with get_url, which writes them straight to the host',
      }),
    )
  }
  return Buffer.concat(chunks)
}
