import { ToolError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import type { InventoryHost, Layer } from '../core/inventory.ts'
import type { Value } from '../core/plain.ts'
import type { Keywords, Play, VarsFileLater, Written } from '../core/playbook.ts'
import { Secret, type Text } from '../core/secret.ts'
import { Unknown } from '../core/unknown.ts'
import { createScope, lazyMapping, type Scope } from '../load/scope.ts'
import type { HostState } from './host-state.ts'
import type { Run } from './run.ts'

/**
 * The variables of every host, with Ansible's precedence, lowest first: role defaults, inventory (all, groups, host),
 * gathered facts, play vars, prompts, vars_files and role vars, block and task vars, registered and set facts, parameters
 * of roles and includes, loop variables, extra vars; Ansible's special variables cannot be overridden.
 */
export class Variables {
  readonly #run: Run
  readonly #hosts: ReadonlyMap<string, HostState>
  readonly #scopes = new WeakMap<
    HostState,
    Map<readonly Layer[], { readonly version: number; readonly play: Play; readonly scope: Scope }>
  >()
  readonly #groups: Value
  readonly #open: () => boolean
  readonly #ahead: boolean
  readonly #chosen = new Map<Play, readonly string[]>()
  readonly #files = new Map<VarsFileLater, Map<string, Layer | undefined>>()
  readonly #waiting = new Set<Play>()
  #outside: Scope | undefined

  /**
   * `open` is for looking ahead, before the run: it says that tasks may add groups and hosts, so that those which do not exist
   * are not known instead. What other hosts may learn is not known then either.
   */
  constructor(run: Run, hosts: ReadonlyMap<string, HostState>, open?: () => boolean) {
    this.#run = run
    this.#ahead = open !== undefined
    this.#open = open ?? (() => false)
    this.#hosts = hosts
    this.#groups = lazyMapping(
      () => [...run.inventory.groups.keys()],
      (name) => membersOf(run, name) ?? (this.#open() ? new Unknown('a task adds to the inventory') : undefined),
    )
  }

  /** The variables that exist before any host is chosen: extra vars alone. */
  outside(): Scope {
    this.#outside ??= createScope(this.#run.templar, [...this.#run.options.extraVars])
    return this.#outside
  }

  /** Notes the hosts of a play, also those that are out already and those of later batches. */
  choose(play: Play, names: readonly string[]): void {
    this.#chosen.set(play, names)
  }

  /** Has a file of `vars_files` been left out because its name could not be known? What it holds may be missing. */
  lacksFiles(play: Play): boolean {
    return this.#waiting.has(play)
  }

  scopeOf(
    host: HostState,
    play: Play,
    batch: readonly HostState[],
    own: readonly Layer[],
    item?: { readonly [key: string]: Value },
  ): Scope {
    if (item && Object.keys(item).length > 0) return this.#build(host, play, batch, own, item)
    const known = this.#scopes.get(host) ?? new Map()
    this.#scopes.set(host, known)
    const cached = known.get(own)
    if (cached && cached.version === host.version && cached.play === play) return cached.scope
    const scope = this.#build(host, play, batch, own, {})
    known.set(own, { version: host.version, play, scope })
    return scope
  }

  #build(
    host: HostState,
    play: Play,
    batch: readonly HostState[],
    own: readonly Layer[],
    item: { readonly [key: string]: Value },
  ): Scope {
    const { options, prompted, templar } = this.#run
    const of = (rank: Layer['rank']) => own.filter((layer) => layer.rank === rank)
    const special: Layer = { name: 'special variables', values: this.#special(host, play, batch), literal: true }
    const underFiles: readonly Layer[] = [
      options.connection,
      ...play.defaults,
      ...of('default'),
      ...host.inventoryHost.layers,
      { name: 'names of the host', values: namesOf(host.inventoryHost), literal: true },
      { name: 'gathered facts', values: host.facts, literal: true },
      ...play.vars,
      ...(play.prompts.length > 0 ? [{ name: 'vars_prompt', values: prompted, literal: true }] : []),
    ]
    const included: Layer = { name: 'include_vars', values: host.included }
    const learnt: Layer = { name: 'set_fact and register', values: host.set, literal: true }
    const scope: Scope = createScope(templar, [
      ...underFiles,
      ...this.#varsFiles(play, [...underFiles, included, learnt, ...options.extraVars, special]),
      ...play.roleVars,
      ...of(undefined),
      included,
      learnt,
      ...of('param'),
      { name: 'loop of an include', values: host.around, literal: true },
      { name: 'loop', values: item, literal: true },
      ...options.extraVars,
      special,
      { name: 'all variables', values: { vars: lazyVariables(() => scope) }, literal: true },
      ...of('special'),
    ])
    return scope
  }

  /**
   * The `vars_files` of a play as a host has them; a name that is a template is rendered without any of these files. While
   * a variable in it has no value, as before facts are gathered, Ansible goes without the file, and so do we.
   */
  #varsFiles(play: Play, around: readonly Layer[]): readonly Layer[] {
    if (play.varsFiles.every((file) => !('names' in file))) return play.varsFiles as readonly Layer[]
    const { templar } = this.#run
    const scope = createScope(templar, around)
    return play.varsFiles.flatMap((file) => {
      if (!('names' in file)) return [file]
      const names = namesNow(file, (one) => templar.renderDeep(one.value, scope, () => one.at))
      if (names === undefined) {
        this.#waiting.add(play)
        return []
      }
      const key = JSON.stringify(names)
      const read = this.#files.get(file) ?? new Map<string, Layer | undefined>()
      this.#files.set(file, read)
      if (!read.has(key)) read.set(key, file.load(names.map(String)))
      const layer = read.get(key)
      return layer ? [layer] : []
    })
  }

  #special(host: HostState, play: Play, batch: readonly HostState[]): { readonly [key: string]: Value } {
    const all = this.#chosen.get(play) ?? batch.map(({ name }) => name)
    const alive = (names: readonly string[]) => names.filter((name) => this.#hosts.get(name)?.out === undefined)
    const now = alive(batch.map(({ name }) => name))
    return {
      ...this.#everywhere(play, host),
      hostvars: lazyMapping(
        () => [...this.#run.inventory.hosts.keys()],
        (name) => this.#otherHost(name, play),
      ),
      ansible_play_hosts: alive(all),
      ansible_play_batch: now,
      ansible_play_hosts_all: all,
      play_hosts: now,
      ansible_play_name: play.name,
      secrets: host.secrets,
    }
  }

  /** Special variables that are not about the play at hand. */
  #everywhere(play: Play, host: HostState | undefined): { readonly [key: string]: Value } {
    const { inventory, options } = this.#run
    return {
      inventory_dir: inventory.folder,
      ansible_inventory_sources: inventory.asked,
      playbook_dir: play.folder,
      ansible_search_path: [play.folder],
      groups: this.#groups,
      ...(host && { ansible_facts: factsOf(host) }),
      ...(options.limit !== undefined && { ansible_limit: options.limit }),
      ansible_check_mode: options.check,
      ansible_diff_mode: options.diff,
      ansible_forks: options.forks,
      ansible_verbosity: options.verbosity,
      ansible_run_tags: options.tags.length === 0 ? ['all'] : options.tags,
      ansible_skip_tags: options.skipTags,
      ansible_version: { full: '2.14.0', major: 2, minor: 14, revision: 0, string: '2.14.0' },
    }
  }

  /**
   * An entry of `hostvars`: what the inventory says of the host and what it has learnt, without the variables of any play.
   * Before the run, what it might learn is not known.
   */
  #otherHost(name: string, play: Play): Value | undefined {
    const known = this.#hosts.get(name)
    const entry = known?.inventoryHost ?? this.#run.inventory.hosts.get(name)
    if (!entry) return this.#open() ? new Unknown('a task adds to the inventory') : undefined
    const { options, templar } = this.#run
    const scope = createScope(templar, [
      ...entry.layers,
      { name: 'names of the host', values: namesOf(entry), literal: true },
      ...(known ? [{ name: 'gathered facts', values: known.facts, literal: true }] : []),
      ...(known ? [{ name: 'include_vars', values: known.included }] : []),
      ...(known ? [{ name: 'set_fact and register', values: known.set, literal: true }] : []),
      ...options.extraVars,
      { name: 'special variables', values: this.#everywhere(play, known), literal: true },
    ])
    return lazyMapping(
      () => scope.names(),
      (variable) => scope.get(variable) ?? (this.#ahead ? new Unknown(`${name} has run`) : undefined),
    )
  }

  /** Whether and how a task becomes another account: keyword, then the host's variables, then the command line. */
  become(scope: Scope, keywords: Keywords): Become | undefined {
    const { templar } = this.#run
    const word = (written: { value: Value; at: { file: string; line: number; col: number } } | undefined) =>
      written === undefined ? undefined : templar.renderDeep(written.value, scope, () => written.at)
    const asked = scope.get('ansible_become') ?? word(keywords.become) ?? this.#run.options.become
    if (asked !== true && asked !== 'yes' && asked !== 'true') return undefined
    const user = scope.get('ansible_become_user') ?? word(keywords.becomeUser) ?? 'root'
    const password = scope.get('ansible_become_password') ?? scope.get('ansible_become_pass')
    const text: Text | undefined =
      password instanceof Secret
        ? password
        : typeof password === 'string'
          ? new Secret(password, 'ansible_become_password')
          : undefined
    return { user: String(user), ...(text && { password: text }) }
  }
}

/** The mapping `vars`: all variables by their names. */
function lazyVariables(scope: () => Scope): Value {
  return lazyMapping(
    () => scope().names(),
    (name) => scope().get(name),
  )
}

/** Special variables that Ansible lets a play override. */
function namesOf({ name, groups }: InventoryHost): { readonly [key: string]: Value } {
  return {
    inventory_hostname: name,
    inventory_hostname_short: name.split('.')[0] ?? name,
    group_names: groups,
  }
}

/** The names of a file of variables; undefined while they cannot be known. */
function namesNow(file: VarsFileLater, render: (one: Written) => Value): readonly Value[] | undefined {
  try {
    const names = file.names.map(render)
    return names.some((name) => name instanceof Unknown) ? undefined : names
  } catch (error) {
    if (error instanceof ToolError && error.code === 'undefined-variable') return undefined
    throw error
  }
}

/** `ansible_facts.distribution` for the gathered `ansible_distribution`. */
function factsOf(host: HostState): { readonly [key: string]: Value } {
  return Object.fromEntries(Object.entries(host.facts).map(([name, value]) => [name.replace(/^ansible_/, ''), value]))
}

function membersOf(run: Pick<Run, 'inventory'>, name: string): Value | undefined {
  const group = run.inventory.groups.get(name)
  if (!group) return undefined
  const all = new Set<string>(group.hosts)
  const open = [...group.children]
  const seen = new Set<string>()
  for (let child = open.shift(); child !== undefined; child = open.shift()) {
    if (seen.has(child)) continue
    seen.add(child)
    const inner = run.inventory.groups.get(child)
    for (const host of inner?.hosts ?? []) all.add(host)
    open.push(...(inner?.children ?? []))
  }
  return [...all]
}
