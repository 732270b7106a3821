import { hash } from 'node:crypto'

/** A line of a record taken apart. */
export interface Link {
  /** Its number, from 1. */
  readonly n: number
  /** Hash over the chain of the line before and the line itself. */
  readonly chain: string
  /** What it says. */
  readonly body: string
}

/** Gives what happened the number and the hash that tie it to the line before; without line break at the end. */
export function link(entry: object, n: number, before: string): { readonly line: string; readonly chain: string } {
  const body = JSON.stringify({ n, ...entry })
  const chain = hashOf(before, body)
  return { line: `${body.slice(0, -1)},"chain":"${chain}"}`, chain }
}

/** Undefined for what is no line of a record. */
export function unlink(line: string): Link | undefined {
  const [, head, chain] = /^(\{"n":\d+.*),"chain":"([0-9a-f]{64})"\}$/.exec(line) ?? []
  const n = /^\{"n":(\d+)[,}]/.exec(line)?.[1]
  if (head === undefined || chain === undefined || n === undefined) return undefined
  return { n: Number(n), chain, body: `${head}}` }
}

/** True when the line says what was written, right after the line whose chain is `before`. */
export function follows({ chain, body }: Link, before: string): boolean {
  return hashOf(before, body) === chain
}

function hashOf(before: string, body: string): string {
  return hash('sha256', `${before}\n${body}`)
}
