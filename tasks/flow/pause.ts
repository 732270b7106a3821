import { type Finding, problem, run, s, task } from '../../lib/task.ts'

export default task({
  summary: 'Some time has passed.',
  args: s.args({
    seconds: s.number('How many seconds to wait.').optional(),
    minutes: s.number('How many minutes to wait.').optional(),
    prompt: s.string('What to show meanwhile; there is nobody to answer it.').optional(),
    echo: s.boolean('Accepted for other playbooks.').default(true),
  }),
  examples: ['pause: { seconds: 10 }', 'pause: { minutes: 2, prompt: Waiting for the name servers to agree }'],
  returns: { delta: 'How many seconds were waited.' },
  skipInCheckMode: true,

  validate: ({ seconds, minutes, prompt }): readonly Finding[] => {
    if (seconds !== undefined && minutes !== undefined)
      return [{ path: ['minutes'], diagnostic: problem('wrong-argument', 'pause takes seconds or minutes, not both') }]
    if (seconds !== undefined || minutes !== undefined) return []
    return [
      {
        path: prompt === undefined ? [] : ['prompt'],
        diagnostic: problem('pause-without-end', 'pause would wait for a person, and a run may have none', {
          mend: 'give seconds or minutes; ask for values with vars_prompt, before the run begins',
        }),
      },
    ]
  },
  probe: () => ({ ask: [], read: () => undefined }),
  diff: ({ seconds, minutes }) => [run(`wait ${secondsOf(seconds, minutes)} s`, secondsOf(seconds, minutes))],
  apply: async ({ data: seconds }, io, { prompt }) => {
    io.progress(prompt ?? `waiting ${seconds} s`)
    await io.pause(seconds * 1000)
    return { changed: false, values: { delta: seconds, stdout: `Paused for ${seconds} seconds`, rc: 0 } }
  },
})

function secondsOf(seconds: number | undefined, minutes: number | undefined): number {
  return seconds ?? (minutes ?? 0) * 60
}
