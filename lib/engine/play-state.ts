import type { Emit } from '../core/event.ts'
import type { Become } from '../core/host.ts'
import type { Addition, Layer } from '../core/inventory.ts'
import type { Finished, Left } from '../core/left.ts'
import type { RunOptions } from '../core/options.ts'
import type { Value } from '../core/plain.ts'
import type { Keywords, Play, Task } from '../core/playbook.ts'
import type { Slots } from '../core/slots.ts'
import type { Scope } from '../load/scope.ts'
import type { Templar } from '../load/template.ts'
import type { HostState } from './host-state.ts'
import type { LaterTask } from './later-plays.ts'
import type { Lockstep } from './lockstep.ts'
import type { Outcome } from './outcome.ts'
import type { Services } from './services.ts'

/** What the hosts of one batch of a play share while they run. */
export interface PlayState {
  readonly play: Play
  /** The name of the play, which no other play of the run has. */
  readonly playName: string
  /** What earlier runs left to do, and what a resumed one finished. */
  readonly leftBehind: Left | undefined
  readonly finished: Finished | undefined
  /** Waits until all that was emitted so far is on the disk of this machine; nothing is changed before. */
  readonly durable: (() => Promise<void>) | undefined
  readonly options: RunOptions
  readonly services: Services
  readonly templar: Templar
  readonly emit: Emit
  /** Aborted at once: channels are closed. */
  readonly signal: AbortSignal
  /** Aborted when the run shall stop: nothing new is begun, what is under way is finished. */
  readonly stopping: AbortSignal
  readonly slots: Slots
  readonly lockstep: Lockstep
  readonly batch: readonly HostState[]
  /** Hosts of the batch that are through with the play, whatever the reason. */
  readonly left: Set<HostState>
  /** Set when the play must end for everybody (`any_errors_fatal`, `max_fail_percentage`, `meta: end_play`). */
  ending: string | undefined
  readonly once: Map<Task, Outcome>
  /** The hosts that come to a task which one of them does for all. */
  readonly takers: Map<Task, Set<HostState>>
  /** No host begins a task before the others have come to it, as what happens to one can end the play for all. */
  readonly together: boolean
  /** The variables of a host for a task; `own` are layers of its keywords, `item` wins over everything but extra vars. */
  scopeOf(host: HostState, own: readonly Layer[], item?: { readonly [key: string]: Value }): Scope
  become(scope: Scope, keywords: Keywords): Become | undefined
  /** The tasks that a host comes to in the plays behind this one, as far as that is known. */
  later(host: HostState): Iterable<LaterTask>
  /** Another host of the inventory, for `delegate_to`; unknown names are made up as Ansible does. */
  hostNamed(name: string): HostState
  /** Adds to the inventory of the run; false when nothing of it is new. */
  grow(addition: Addition): boolean
  hostFailed(host: HostState, task: Task | undefined): void
}
