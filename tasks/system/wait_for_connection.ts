import { ConnectError, run, s, sh, task } from '../../lib/task.ts'

export default task({
  summary: 'The host can be reached and runs commands.',
  args: s.args({
    timeout: s.int('Seconds until it is given up.').default(600),
    delay: s.int('Seconds to wait before the first try.').default(0),
    sleep: s.int('Seconds between tries.').default(1),
    connect_timeout: s
      .int('Accepted for other playbooks; connection variables of the host say how long a try may take.')
      .default(5),
  }),
  examples: ['wait_for_connection: { delay: 10, timeout: 300 }'],
  returns: { elapsed: 'Seconds that it took.' },
  skipInCheckMode: true,

  // Asking anything would need the very link that is waited for.
  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [run('wait until the host can be reached', undefined)],
  apply: async (_change, io, { timeout, delay, sleep }) => {
    const started = io.now()
    await io.pause(delay * 1000)
    await io.until(
      'the host to answer',
      async (seen) => {
        try {
          await io.reconnect()
          await io.sh(sh`:`, { looks: true })
          return true
        } catch (error) {
          if (!(error instanceof ConnectError)) throw error
          seen(error.message)
          return undefined
        }
      },
      { timeout: timeout * 1000, every: sleep * 1000 },
    )
    return { changed: false, values: { elapsed: Math.floor((io.now() - started) / 1000) } }
  },
})
