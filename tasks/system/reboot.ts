import { everyCode } from '../../lib/posix/place.ts'
import { ConnectError, problem, raw, run, s, sh, TaskError, task } from '../../lib/task.ts'

export default task({
  summary: 'The host has been started anew and answers again.',
  args: s.args({
    msg: s.string('What accounts on the host are told.').default('Reboot initiated by Ansible'),
    reboot_timeout: s.int('Seconds until the host must answer again.').default(600),
    pre_reboot_delay: s.int('Seconds to wait before.').default(0),
    post_reboot_delay: s.int('Seconds to wait after it answers again.').default(0),
    test_command: s.string('Command that must succeed for the host to count as up.').default('whoami'),
    reboot_command: s.string('Command that restarts the host.').optional(),
    boot_time_command: s
      .string('Command whose output differs after a restart.')
      .default('cat /proc/sys/kernel/random/boot_id'),
    search_paths: s
      .list(s.string('A folder.'), 'More folders to find shutdown in.')
      .default(['/sbin', '/bin', '/usr/sbin', '/usr/bin', '/usr/local/sbin']),
    connect_timeout: s
      .int('Accepted for other playbooks; connection variables of the host say how long a try may take.')
      .optional(),
  }),
  examples: ['reboot:', 'reboot: { reboot_timeout: 900, msg: New kernel }'],
  returns: { rebooted: 'Was the host restarted?', elapsed: 'Seconds that it took.' },

  probe: () => ({ ask: [], read: () => undefined }),
  diff: () => [run('restart the host', undefined)],
  apply: async (_change, io, args) => {
    const bootId = async () => (await io.sh(raw(args.boot_time_command), { looks: true })).stdout.toString().trim()
    const before = await bootId()
    const started = io.now()
    await io.pause(args.pre_reboot_delay * 1000)
    const command =
      args.reboot_command === undefined
        ? sh`PATH=$PATH:${args.search_paths.join(':')} shutdown -r now ${args.msg}`
        : raw(args.reboot_command)
    // Left behind for two seconds, so that this command can still end in order.
    await io.sh(sh`nohup sh -c ${`sleep 2; ${command}`} >/dev/null 2>&1 </dev/null &`)
    io.progress('restarting')
    await io.pause(3000)
    let answered = false
    try {
      await io.until(
        'the host to be up again',
        async (seen) => {
          try {
            await io.reconnect()
            answered = true
            if ((await bootId()) === before) {
              seen('it has not gone down yet')
              return undefined
            }
            const { code } = await io.sh(raw(args.test_command), { expect: everyCode, looks: true })
            seen(`"${args.test_command}" ends with exit code ${code}`)
            return code === 0 ? true : undefined
          } catch (error) {
            if (!(error instanceof ConnectError)) throw error
            seen('no answer')
            return undefined
          }
        },
        { timeout: args.reboot_timeout * 1000, every: 2000 },
      )
    } catch (error) {
      if (!(error instanceof TaskError) || error.code !== 'deadline-passed') throw error
      const why = answered ? 'it was not restarted, or is not ready' : 'it does not answer'
      throw new TaskError(
        problem('host-not-back', `the host is not up again after ${args.reboot_timeout} s: ${why}`, {
          detail: error.message,
          mend: 'look at its console',
        }),
        { cause: error },
      )
    }
    await io.pause(args.post_reboot_delay * 1000)
    return { values: { rebooted: true, elapsed: Math.floor((io.now() - started) / 1000) } }
  },
})
