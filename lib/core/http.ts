import type { Readable } from 'node:stream'
import type { Content } from './connection.ts'
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
