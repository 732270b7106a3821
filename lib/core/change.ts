import type { Plain } from './plain.ts'

/** One difference between what is and what shall be. */
export interface Change<Data = unknown> {
  /** `run` is an action without a state of its own (a command): it is not proven settled afterwards. */
  readonly action: 'create' | 'update' | 'delete' | 'run'
  /** What is changed, in words of its kind: a path, `setting Site_Url`, `container mongodb`. */
  readonly target: string
  /** For `--diff`; text with line breaks is shown as a line diff. */
  readonly before?: Plain
  readonly after?: Plain
  /** For apply only; never shown. */
  readonly data: Data
}

export function create<Data>(target: string, after: Plain, data: Data): Change<Data> {
  return { action: 'create', target, after, data }
}

export function update<Data>(target: string, before: Plain, after: Plain, data: Data): Change<Data> {
  return { action: 'update', target, before, after, data }
}

export function remove<Data>(target: string, before: Plain, data: Data): Change<Data> {
  return { action: 'delete', target, before, data }
}

export function run<Data>(target: string, data: Data): Change<Data> {
  return { action: 'run', target, data }
}
