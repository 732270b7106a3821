import type { Position, Value } from './plain.ts'

/** Variables written in one place; `values` are as written, templates unrendered. */
export interface Layer {
  /** For people: `inventory/prod/group_vars/all.yml`, `play vars`, `-e`. */
  readonly name: string
  readonly values: { readonly [key: string]: Value }
  /** Where the value of a variable was written. */
  positionOf?(key: string): Position | undefined
  /** The values are taken as they are: what looks like a template in them is none (facts, registered results, loop items). */
  readonly literal?: boolean
  /**
   * Among the layers of a task, where it stands if not with `vars:`: below the inventory (defaults of the task's role), above
   * set_fact (parameters of roles and includes), or above everything (`role_path`).
   */
  readonly rank?: 'default' | 'param' | 'special'
}

export interface Group {
  readonly name: string
  readonly children: readonly string[]
  /** Hosts that are written in this very group, in order. */
  readonly hosts: readonly string[]
  /** Layers of this group, lowest first: inline vars, then `group_vars` files. */
  readonly layers: readonly Layer[]
  /** Distance from `all`; deeper groups win. */
  readonly depth: number
  /** `ansible_group_priority`, default 1; decides among groups of the same depth. */
  readonly priority: number
}

export interface InventoryHost {
  readonly name: string
  /** All groups it is in, directly or through children, without `all`, sorted by name. */
  readonly groups: readonly string[]
  /** Everything the inventory says of the host, lowest precedence first: all, groups by depth, the host itself. */
  readonly layers: readonly Layer[]
  readonly at?: Position
}

export interface Inventory {
  /** The name it was asked by, for messages: `prod`. */
  readonly name: string
  /** The words it was asked by, one for each `--inventory`, as they were typed. */
  readonly asked: readonly string[]
  /** Folder beside which `group_vars`, secrets and records of this inventory live. */
  readonly folder: string
  readonly hosts: ReadonlyMap<string, InventoryHost>
  /** Includes `all` and `ungrouped`. */
  readonly groups: ReadonlyMap<string, Group>
  /**
   * The inventory with what a task adds in the middle of a run; undefined when nothing of it is new. Variables that are
   * written for a new group or host count too. Throws LoadError for a name that cannot be one, or a wrong file.
   */
  grown?(addition: Addition): Inventory | undefined
}

/** A host, or a group, that a task adds to the inventory of the run. */
export type Addition =
  | {
      readonly kind: 'host'
      readonly name: string
      readonly groups: readonly string[]
      readonly vars: { readonly [key: string]: Value }
    }
  /** The host of the task becomes a member of the group. */
  | { readonly kind: 'group'; readonly name: string; readonly parents: readonly string[]; readonly host: string }
