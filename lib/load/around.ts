import type { Layer } from '../core/inventory.ts'
import type { Value } from '../core/plain.ts'
import type { Keywords, Step } from '../core/playbook.ts'
import type { Loading, Mapping } from './loading.ts'

/** What roles bring to the play that uses them, collected while its steps are read. */
export interface Brought {
  readonly defaults: Layer[]
  readonly vars: Layer[]
  readonly handlers: Step[]
  /** Files of handlers that are in already. */
  readonly handlerFiles: Set<string>
  /** Roles that stand in the play already, with their settings. */
  readonly ran: Set<string>
}

/** What is around a list of steps. */
export interface Around {
  readonly loading: Loading
  readonly keywords: Keywords
  /** `module_defaults`, outermost first, by the last part of the module's name. */
  readonly defaults: ReadonlyMap<string, readonly Mapping[]>
  /** Absolute folder of the file the steps are in. */
  readonly folder: string
  /** Absolute folder of the playbook. */
  readonly playbookFolder: string
  readonly searchPath: readonly string[]
  /** Role the steps are of: its name and its absolute folder. */
  readonly role?: { readonly name: string; readonly folder: string } | undefined
  /** Files that led here (absolute), outermost first, to recognise loops. */
  readonly chain: readonly string[]
  readonly handlers: boolean
  readonly brought: Brought
  /** Reads a list of steps; handed on here so that includes need not know it. */
  readonly readSteps: (
    list: Value | undefined,
    container: object,
    key: string | number,
    around: Around,
  ) => readonly Step[]
}
