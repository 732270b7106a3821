import type { Play, Playbook, Task } from './core/playbook.ts'
import { noKeywords } from './load/keywords.ts'
import type { Registry } from './load/registry.ts'

/**
 * Puts Ansible's implicit first task, "Gathering Facts", before each play that does not say `gather_facts: false`; its
 * question travels in the first round trip with all others.
 */
export function withFacts(playbook: Playbook, registry: Registry): Playbook {
  return {
    ...playbook,
    plays: playbook.plays.map((play) =>
      gathers(play) ? { ...play, steps: [task(play, registry), ...play.steps] } : play,
    ),
  }
}

function gathers({ gatherFacts }: Play): boolean {
  return gatherFacts === undefined || gatherFacts.value !== false
}

function task(play: Play, registry: Registry): Task {
  const module = registry.get('setup')
  if (!module) throw new TypeError('there is no task module setup')
  const { become, becomeUser, becomeMethod, environment } = play.keywords
  return {
    kind: 'task',
    name: 'Gathering Facts',
    moduleName: 'setup',
    module,
    args: {},
    positionOf: () => play.at,
    keywords: {
      ...noKeywords,
      tags: ['always'],
      environment,
      ...(become && { become }),
      ...(becomeUser && { becomeUser }),
      ...(becomeMethod && { becomeMethod }),
    },
    at: play.at,
    searchPath: [],
  }
}
