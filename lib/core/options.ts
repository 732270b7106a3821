import type { Layer } from './inventory.ts'

/** What the command line asks of a run. */
export interface RunOptions {
  readonly check: boolean
  readonly diff: boolean
  readonly tags: readonly string[]
  readonly skipTags: readonly string[]
  readonly limit: string | undefined
  /** Hosts worked on at the same time. */
  readonly forks: number
  /** `-e`, later ones win. */
  readonly extraVars: readonly Layer[]
  readonly startAtTask: string | undefined
  readonly forceHandlers: boolean
  /** 0 to 3. */
  readonly verbosity: number
  /** What `-u`, `--private-key` and the asked passwords say: `ansible_*` variables below everything else. */
  readonly connection: Layer
  /** `-b`: become another account where no variable and no keyword says otherwise. */
  readonly become: boolean
}
