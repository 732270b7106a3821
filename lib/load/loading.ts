import type { Diagnostic } from '../core/diagnostic.ts'
import { problem } from '../core/diagnostic.ts'
import type { Position, Value } from '../core/plain.ts'
import type { Written } from '../core/playbook.ts'
import { excerptOf, positionAt, problemAt, type Spot, spot } from './places.ts'
import type { Registry } from './registry.ts'
import type { CheckSyntax } from './syntax-checks.ts'
import { type Decrypt, type Read, readYaml } from './yaml.ts'

export interface LoadOptions {
  /** Absolute path of the project; files are shown relative to it, and its `roles/` are searched too. */
  readonly root: string
  readonly registry: Registry
  readonly decrypt?: Decrypt | undefined
  /** Checks the form of templates and conditions while loading; they are left unread without it. */
  readonly checkSyntax?: CheckSyntax | undefined
}

export type Mapping = { readonly [key: string]: Value }

/** What all parts of a playbook that is being read share: the options, the files read so far and the findings. */
export class Loading {
  readonly options: LoadOptions
  readonly diagnostics: Diagnostic[] = []
  readonly #files: Map<string, Read>
  readonly #said = new Set<string>()

  constructor(options: LoadOptions, files: Map<string, Read> = new Map()) {
    this.options = options
    this.#files = files
  }

  /** The same files and options with findings of its own, for what is read in the middle of a run. */
  again(): Loading {
    return new Loading(this.options, this.#files)
  }

  /** The content of a YAML file (absolute path), undefined when it is no YAML (then reported); read once. */
  read(file: string, what: string, at?: Position): Value | undefined {
    let read = this.#files.get(file)
    if (!read) {
      read = readYaml(file, this.options.root, { decrypt: this.options.decrypt, asked: { what, at } })
      this.#files.set(file, read)
    }
    for (const one of read.diagnostics) this.add(one)
    return read.value
  }

  /** Notes a finding; one that was noted already, as a file was reached in two ways, is left out. */
  add(diagnostic: Diagnostic): void {
    const { at, code, message } = diagnostic
    const key = `${at?.file}:${at?.line}:${at?.col} ${code} ${message}`
    if (this.#said.has(key)) return
    this.#said.add(key)
    this.diagnostics.push(diagnostic)
  }

  report(code: string, message: string, where: Spot | undefined, mend?: string | undefined, width?: number): void {
    this.add(problemAt(code, message, where, { mend, width }))
  }

  warn(code: string, message: string, where: Spot | undefined, mend?: string | undefined): void {
    this.add({ ...problemAt(code, message, where, { mend }), severity: 'warning' })
  }

  reportAt(code: string, message: string, at: Position | undefined, mend?: string | undefined): void {
    const detail = excerptOf(at)
    this.add(problem(code, message, { at, detail, mend }))
  }
}

/** A value of a mapping or list with its place. */
export function written(container: object, key: string | number): Written {
  return { value: (container as { [key: string | number]: Value })[key] ?? null, at: at(container, key) }
}

/** The place of a value, of its key with `ofKey`; the start of everything when it was not read from a file. */
export function at(container: object, key: string | number, ofKey = false): Position {
  const found = spot(container, key, ofKey)
  return found ? positionAt(found.source, found.offset) : { file: '', line: 1, col: 1 }
}

/** True when a text holds a template, so that its value is only known once variables are. */
export function isTemplate(value: unknown): value is string {
  return typeof value === 'string' && (value.includes('{{') || value.includes('{%') || value.includes('{#'))
}

/** True when a template stands anywhere inside. */
export function holdsTemplate(value: unknown): boolean {
  if (typeof value === 'string') return isTemplate(value)
  if (typeof value !== 'object' || value === null) return false
  return Array.isArray(value) ? value.some(holdsTemplate) : Object.values(value).some(holdsTemplate)
}
