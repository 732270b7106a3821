import type { Secret } from './secret.ts'
import type { Unknown } from './unknown.ts'

/** JSON, and nothing but: a Secret is not assignable to it, at any depth. */
export type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** What a variable or an argument can hold: JSON with secrets and not-yet-known values anywhere inside. */
export type Value =
  | string
  | number
  | boolean
  | null
  | Secret
  | Unknown
  | readonly Value[]
  | { readonly [key: string]: Value }

/** A place in a file that a person wrote; line and column count from 1. */
export interface Position {
  readonly file: string
  readonly line: number
  readonly col: number
}

/** Tells a mapping from the other kinds of value (lists, secrets and other class instances are not mappings). */
export function isMapping(value: unknown): value is { readonly [key: string]: Value } {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
