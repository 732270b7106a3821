import { didYouMean } from './core/closest.ts'
import { type Diagnostic, problem } from './core/diagnostic.ts'
import type { Playbook, Step } from './core/playbook.ts'

/** Words that stand for many tags. */
const special = ['all', 'tagged', 'untagged', 'always', 'never']

/**
 * Tags of the command line that nothing in the playbook has: with a misspelt `--tags` nothing would run, with a misspelt
 * `--skip-tags` what should be left out would. Tasks that are included during the run may have any tag, so with them it is a warning.
 */
export function unknownTags(
  playbook: Playbook,
  wanted: { readonly tags: readonly string[]; readonly skipTags: readonly string[] },
): readonly Diagnostic[] {
  const known = new Set<string>()
  const dynamic = playbook.plays.map((play) => {
    for (const tag of play.keywords.tags) known.add(tag)
    return collect([...play.steps, ...play.handlers], known)
  })
  const severity = dynamic.includes(true) ? 'warning' : 'error'
  const nothing = severity === 'warning' ? 'nothing that is known before the run' : 'nothing'
  return (['tags', 'skipTags'] as const).flatMap((key) =>
    [...new Set(wanted[key])]
      .filter((tag) => !known.has(tag) && !special.includes(tag))
      .map((tag) => {
        const flag = key === 'tags' ? '--tags' : '--skip-tags'
        const mend =
          known.size === 0 ? `leave out ${flag}: this playbook has no tags` : didYouMean(tag, [...known].sort(), 'tags')
        return { ...problem('unknown-tag', `${flag}: ${nothing} has the tag "${tag}"`, { mend }), severity }
      }),
  )
}

/** Adds the tags of some steps; true when there is an include among them, whose tasks are not known yet. */
function collect(steps: readonly Step[], known: Set<string>): boolean {
  return steps
    .map((step) => {
      for (const tag of step.keywords.tags) known.add(tag)
      return step.kind === 'block'
        ? collect([...step.steps, ...step.rescue, ...step.always], known)
        : step.kind === 'include'
    })
    .includes(true)
}
