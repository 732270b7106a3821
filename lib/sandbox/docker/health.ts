import { setTimeout as wait } from 'node:timers/promises'
import type { Engine, Live } from './engine.ts'
import { runInContainer } from './exec-run.ts'
import type { ContainerRecord, HealthcheckConfig, HealthRecord } from './records.ts'

/** The engine's own choices where a health check is silent, in nanoseconds. */
const defaults = { Interval: 30e9, Timeout: 30e9, StartPeriod: 0, StartInterval: 5e9, Retries: 3 }

/** What a check does takes real time, also where time in the double goes faster: it gets this many milliseconds at least. */
const leastTimeout = 1000

/** As many results as the engine keeps, and as many characters of each. */
const keptResults = 5
const keptOutput = 4096

/** Exit code and text of a check that took too long. */
const tooLate = (seconds: number) => ({
  code: -1,
  output: `Health check exceeded timeout (${seconds < 1 ? `${seconds * 1000}ms` : `${seconds}s`})`,
})

const commandOf = (test: readonly string[]): readonly string[] | undefined => {
  const [kind, ...words] = test
  if (kind === 'CMD') return words
  return kind === 'CMD-SHELL' ? ['/bin/sh', '-c', words.join(' ')] : undefined
}

const probe = async (
  engine: Engine,
  container: ContainerRecord,
  live: Live,
  cmd: readonly string[],
): Promise<{ readonly code: number; readonly output: string }> => {
  const result = await runInContainer(engine, container, { cmd, stdin: async () => Buffer.alloc(0) })
  if (result === undefined || (result.code === 127 && live.program?.healthy !== undefined)) {
    if (live.program?.healthy !== undefined) return { code: (await live.program.healthy()) ? 0 : 1, output: '' }
    const output = `OCI runtime exec failed: exec failed: unable to start container process: exec: ${JSON.stringify(cmd[0])}: executable file not found in $PATH: unknown`
    return { code: -1, output }
  }
  return { code: result.code, output: `${result.stdout ?? ''}${result.stderr ?? ''}`.slice(0, keptOutput) }
}

const record = (
  engine: Engine,
  container: ContainerRecord,
  check: typeof defaults,
  age: number,
  result: object & { readonly code: number; readonly output: string },
  started: Date,
): void => {
  const health = container.State.Health
  if (health === undefined) return
  const entry = {
    Start: started.toISOString(),
    End: new Date().toISOString(),
    ExitCode: result.code,
    Output: result.output,
  }
  const good = result.code === 0
  const forgiven = !good && health.Status === 'starting' && age < (check.StartPeriod / 1e6) * engine.settings.pace
  const FailingStreak = good ? 0 : forgiven ? health.FailingStreak : health.FailingStreak + 1
  const Status: HealthRecord['Status'] = good ? 'healthy' : FailingStreak >= check.Retries ? 'unhealthy' : health.Status
  const changed = Status !== health.Status
  container.State.Health = { Status, FailingStreak, Log: [...health.Log, entry].slice(-keptResults) }
  if (!changed) return
  engine.save()
  engine.events.emit('container', `health_status: ${Status}`, container.Id, {
    ...container.Config.Labels,
    image: container.Config.Image,
    name: container.Name,
  })
}

const checkOf = (config: HealthcheckConfig): typeof defaults => ({
  Interval: config.Interval || defaults.Interval,
  Timeout: config.Timeout || defaults.Timeout,
  StartPeriod: config.StartPeriod || defaults.StartPeriod,
  StartInterval: config.StartInterval || defaults.StartInterval,
  Retries: config.Retries || defaults.Retries,
})

/**
 * Begins the health checks of a container that has just started; returns the way to end them. As with the real engine the first check
 * comes one interval after the start (sooner within the start period), failures in the start period do not count, and the container is
 * unhealthy after so many failures in a row.
 */
export const startHealth = (engine: Engine, container: ContainerRecord, live: Live): (() => void) => {
  const config = container.Config.Healthcheck
  const cmd = commandOf(config?.Test ?? [])
  if (config === undefined || cmd === undefined) {
    delete container.State.Health
    return () => {}
  }
  const check = checkOf(config)
  container.State.Health = { Status: 'starting', FailingStreak: 0, Log: [] }
  const over = new AbortController()
  const { pace } = engine.settings
  const scaled = (ns: number): number => Math.max(5, (ns / 1e6) * pace)
  const rounds = async (): Promise<void> => {
    for (;;) {
      const early =
        container.State.Health?.Status === 'starting' && Date.now() - live.startedAt < (check.StartPeriod / 1e6) * pace
      await wait(scaled(early ? Math.min(check.StartInterval, check.Interval) : check.Interval), undefined, {
        signal: over.signal,
      })
      if (container.State.Paused) continue
      const started = new Date()
      const age = started.getTime() - live.startedAt
      const timer = new AbortController()
      const result = await Promise.race([
        probe(engine, container, live, cmd).catch((problem: unknown) => ({ code: -1, output: String(problem) })),
        wait(Math.max(leastTimeout, scaled(check.Timeout)), tooLate(check.Timeout / 1e9), {
          signal: timer.signal,
        }).catch(() => tooLate(0)),
      ])
      timer.abort()
      if (over.signal.aborted) return
      record(engine, container, check, age, result, started)
    }
  }
  // The only way out besides `return` is the abort of the wait.
  rounds().catch(() => undefined)
  return () => over.abort()
}
