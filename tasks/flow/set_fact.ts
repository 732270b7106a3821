import { type Finding, problem, s, task, type Value } from '../../lib/task.ts'

export default task({
  summary: 'Variables of the host have these values from here on.',
  args: s.args(
    {
      cacheable: s
        .boolean('They are facts of the host too (ansible_facts); facts live as long as the run.')
        .default(false),
    },
    { open: true },
  ),
  examples: [
    `set_fact:
  site_url: "https://{{ server_name }}"
  workers: 2`,
  ],
  returns: { ansible_facts: 'The variables.' },
  provides: (args) => ({ facts: Object.keys(variablesOf(args)) }),
  validate: (args): readonly Finding[] =>
    Object.keys(variablesOf(args)).flatMap((name) =>
      /^[A-Za-z_]\w*$/.test(name)
        ? []
        : [
            {
              path: [name],
              diagnostic: problem('wrong-argument', `"${name}" cannot be the name of a variable`, {
                mend: 'use letters, digits and underscores, with a letter first',
              }),
            },
          ],
    ),
  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [],
  result: (args) => ({
    facts: variablesOf(args),
    alsoGathered: args.cacheable === true,
    values: { ansible_facts: variablesOf(args) },
  }),
})

function variablesOf({ cacheable: _, ...variables }: { readonly [key: string]: unknown }): {
  readonly [key: string]: Value
} {
  return variables as { readonly [key: string]: Value }
}
