import type { Layer } from './inventory.ts'
import type { TaskModule } from './module.ts'
import type { Position, Value } from './plain.ts'

/** A keyword's value as written: possibly a template, rendered by the engine when it is needed, with the place it was written. */
export interface Written {
  readonly value: Value
  readonly at: Position
}

/**
 * Keywords of a task with those of its blocks and its play already pushed down: `when` and `tags` add up, the innermost
 * of the others wins. Absent means: never written.
 */
export interface Keywords {
  /** All must hold; outermost first. */
  readonly when: readonly Written[]
  readonly tags: readonly string[]
  /** Layers of `vars:`, outermost first. */
  readonly vars: readonly Layer[]
  readonly loop?: Loop
  readonly until?: readonly Written[]
  readonly retries?: Written
  readonly delay?: Written
  readonly register?: string
  readonly changedWhen?: readonly Written[]
  readonly failedWhen?: readonly Written[]
  readonly ignoreErrors?: Written
  readonly ignoreUnreachable?: Written
  readonly notify: readonly Written[]
  /** Handlers only: other names that trigger it. */
  readonly listen: readonly string[]
  readonly become?: Written
  readonly becomeUser?: Written
  readonly becomeMethod?: Written
  readonly delegateTo?: Written
  /** Facts become those of the host that the task is delegated to. */
  readonly delegateFacts?: Written
  readonly runOnce?: Written
  /** Outermost first; inner entries win. */
  readonly environment: readonly Written[]
  readonly noLog?: Written
  readonly checkMode?: Written
  readonly diff?: Written
  readonly throttle?: Written
  /** Seconds. */
  readonly timeout?: Written
  readonly anyErrorsFatal?: Written
  readonly remoteUser?: Written
}

export interface Loop {
  /** `loop` and `with_items` give lists; `with_dict` gives key/value pairs; the loader has turned other `with_*` into expressions. */
  readonly kind: 'loop' | 'items' | 'dict'
  readonly over: Written
  readonly loopVar: string
  readonly indexVar?: string
  readonly label?: Written
  readonly pause?: Written
  readonly extended: boolean
}

export interface Task {
  readonly kind: 'task'
  /** As written, possibly a template; without one the module's name stands for it. */
  readonly name: string | undefined
  readonly moduleName: string
  readonly module: TaskModule
  /** Arguments under their main names (aliases resolved), as written; free form stands under `module.args.freeForm`. */
  readonly args: { readonly [key: string]: Value }
  /** The place of an argument's value (`['settings', 'Site_Url']`), of its key with `key: true`. */
  positionOf(path: readonly (string | number)[], options?: { readonly key?: boolean }): Position
  readonly keywords: Keywords
  readonly at: Position
  /** Folders searched for `files/…` and `templates/…`: the role's, the task file's, the playbook's. */
  readonly searchPath: readonly string[]
  /** Name of the role it came from. */
  readonly role?: string
}

export interface Block {
  readonly kind: 'block'
  readonly name: string | undefined
  readonly at: Position
  readonly steps: readonly Step[]
  readonly rescue: readonly Step[]
  readonly always: readonly Step[]
  readonly keywords: Keywords
}

/** `include_tasks` and `include_role`: read when reached, as the file's name may be a template. */
export interface Include {
  readonly kind: 'include'
  readonly name: string | undefined
  readonly at: Position
  readonly file: Written
  /** It names a role: Ansible's recap does not count those, only what is in them. */
  readonly role: boolean
  readonly keywords: Keywords
  /** Reads the file (name already rendered); throws LoadError, also for recursion. */
  load(file: string): readonly Step[]
}

/** `meta: flush_handlers`, `end_host`, `end_play`, `clear_facts`, `noop`, `reset_connection`, `clear_host_errors`, `refresh_inventory`. */
export interface Meta {
  readonly kind: 'meta'
  readonly action: string
  readonly at: Position
  readonly keywords: Keywords
}

export type Step = Task | Block | Include | Meta

/** In which order the hosts of a play are taken. */
export type Order = 'inventory' | 'reverse_inventory' | 'sorted' | 'reverse_sorted' | 'shuffle'

export interface Play {
  readonly name: string
  readonly at: Position
  /** Host pattern, possibly a template over extra vars. */
  readonly hosts: Written
  /** Absolute folder of the file it is in, `playbook_dir`. */
  readonly folder: string
  /** Play variables, lowest first: role defaults are in `defaults`, then vars, vars_prompt, vars_files, role vars. */
  readonly defaults: readonly Layer[]
  readonly vars: readonly Layer[]
  readonly varsFiles: readonly VarsFile[]
  readonly roleVars: readonly Layer[]
  readonly prompts: readonly Prompt[]
  /** pre_tasks, roles, tasks, post_tasks with handler flushes in between, in order. */
  readonly steps: readonly Step[]
  readonly handlers: readonly Step[]
  readonly gatherFacts?: Written
  readonly serial: readonly Written[]
  readonly maxFailPercentage?: Written
  readonly anyErrorsFatal?: Written
  readonly forceHandlers?: Written
  readonly order?: Order
  readonly keywords: Keywords
}

/** A file of `vars_files`: read before the run, or, where its name is a template, once that name is known. */
export type VarsFile = Layer | VarsFileLater

export interface VarsFileLater {
  /** Names of which the first that exists counts. */
  readonly names: readonly Written[]
  /** Reads it; undefined when it is empty. Throws LoadError. */
  load(names: readonly string[]): Layer | undefined
}

export interface Prompt {
  readonly name: string
  readonly prompt: string
  readonly private: boolean
  readonly default?: Value
  readonly confirm: boolean
  readonly at: Position
}

export interface Playbook {
  readonly file: string
  readonly plays: readonly Play[]
}
