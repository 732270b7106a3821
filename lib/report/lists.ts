/** What the lists need to know of a play; the engine has already applied `--limit` to hosts and tags to tasks. */
export interface ListedPlay {
  /** Its name; plays without one go by their host pattern. */
  readonly name: string
  /** The host pattern as written. */
  readonly pattern: string
  readonly tags: readonly string[]
  readonly hosts: readonly string[]
  readonly tasks: readonly ListedTask[]
}

export interface ListedTask {
  /** Its name, of the module where it has none. */
  readonly name: string
  readonly role?: string | undefined
  /** Its own and inherited tags. */
  readonly tags: readonly string[]
}

/** Which lists were asked for; several may be. */
export interface Lists {
  readonly hosts: boolean
  readonly tasks: boolean
  readonly tags: boolean
}

/** Text for `--list-hosts`, `--list-tasks` and `--list-tags`, in the layout of `ansible-playbook`, which scripts read. */
export function listText(playbook: string, plays: readonly ListedPlay[], lists: Lists): string {
  const parts = plays.map((play, index) => {
    const head = `\n  play #${index + 1} (${play.pattern}): ${play.name}\tTAGS: [${play.tags.join(',')}]`
    return [head, ...(lists.hosts ? hostLines(play) : []), ...taskLines(play, lists)].join('\n')
  })
  return `\nplaybook: ${playbook}\n${parts.join('\n')}\n`
}

function hostLines({ pattern, hosts }: ListedPlay): readonly string[] {
  const words = pattern.split(',').map((word) => `'${word.trim()}'`)
  return [`    pattern: [${words.join(', ')}]`, `    hosts (${hosts.length}):`, ...hosts.map((host) => `      ${host}`)]
}

function taskLines(play: ListedPlay, { tasks, tags }: Lists): readonly string[] {
  const all = (own: readonly string[]): string => [...new Set([...play.tags, ...own])].sort().join(', ')
  return [
    ...(tasks ? ['    tasks:'] : []),
    ...(tasks ? play.tasks.map((task) => `      ${titleOf(task)}\tTAGS: [${all(task.tags)}]`) : []),
    ...(tags ? [`      TASK TAGS: [${all(play.tasks.flatMap((task) => task.tags))}]`] : []),
    ...(tasks || tags ? [''] : []),
  ]
}

function titleOf({ name, role }: ListedTask): string {
  return role === undefined ? name : `${role} : ${name}`
}
