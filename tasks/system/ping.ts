import { problem, s, sh, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'The host answers and can run a shell.',
  args: s.args({ data: s.string('What to return; "crash" fails on purpose.').default('pong') }),
  examples: ['ping:', 'ping: { data: hello }'],
  returns: { ping: 'What was given as data.' },

  probe: () => ({ ask: [{ on: 'shell', script: sh`echo pong` }], read: ([answer]) => answer?.text.trim() === 'pong' }),
  diff: ({ data }, answered) => {
    if (data === 'crash') throw new TaskError(problem('failed-as-asked', 'boom'))
    if (!answered) throw new TaskError(problem('probe-failed', 'the host runs something, but no shell that can echo'))
    return []
  },
  result: ({ data }) => ({ values: { ping: data } }),
})
