import { hostsOf } from './engine/play-hosts.ts'
import type { Run } from './engine/run.ts'
import { isSelected, tasksIn } from './engine/selection.ts'
import { Variables } from './engine/variables.ts'
import { type ListedPlay, type Lists, listText } from './report/lists.ts'

/** The text of `--list-hosts`, `--list-tasks` and `--list-tags` for a run that is ready to begin. */
export function listed(run: Run, lists: Lists): string {
  const variables = new Variables(run, new Map())
  const plays = run.playbook.plays.map((play): ListedPlay => {
    const tasks = [...tasksIn(play.steps, { rescue: true })].filter((task) =>
      isSelected(task.keywords.tags, run.options),
    )
    const pattern = play.hosts.value
    return {
      name: play.name,
      pattern: Array.isArray(pattern) ? pattern.join(',') : String(pattern),
      tags: play.keywords.tags,
      hosts: hostsOf(run, play, variables),
      tasks: tasks.map((task) => ({ name: task.name ?? task.moduleName, role: task.role, tags: task.keywords.tags })),
    }
  })
  return listText(run.playbook.file, plays, lists)
}
