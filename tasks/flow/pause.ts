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
  returns: {
    delta: 'How many seconds were waited.',
    start: 'When it began, in UTC.',
    stop: 'When it ended, in UTC.',
    stdout: 'What was waited for, in words.',
    echo: 'As given.',
    user_input: 'Always empty: nobody is asked.',
  },
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
  apply: async ({ data: seconds }, io, { prompt, echo, minutes }) => {
    io.progress(prompt ?? `waiting ${seconds} s`)
    const started = io.now()
    await io.pause(seconds * 1000)
    const ended = io.now()
    const moment = (at: number) => `${new Date(at).toISOString().replace('T', ' ').replace('Z', '')}000`
    const paused = minutes === undefined ? `${seconds} seconds` : `${minutes} minutes`
    const delta = Math.floor((ended - started) / 1000)
    const values = { delta, start: moment(started), stop: moment(ended), echo, user_input: '', rc: 0, stderr: '' }
    return { changed: false, values: { ...values, stdout: `Paused for ${paused}` } }
  },
})

function secondsOf(seconds: number | undefined, minutes: number | undefined): number {
  return seconds ?? (minutes ?? 0) * 60
}
