import { readdirSync, readFileSync } from 'node:fs'
import type { Trace } from './search.ts'

/** What was seen of the processes that this one started, directly or by way of others. */
export interface Watch {
  /** Arguments and environments that were seen, each once; a process that was told `except` is left out. */
  traces(except: readonly (number | undefined)[]): readonly Trace[]
  /** Processes that were seen. */
  readonly count: number
  stop(): void
}

interface Seen {
  readonly pid: number
  readonly place: string
  readonly text: string
}

/** Looks at the process list every few milliseconds, as anybody on the machine could. */
export function watchProcesses(every = 3): Watch {
  const ours = new Map([[process.pid, 0]])
  const others = new Set<number>()
  const seen = new Map<string, Seen>()
  const look = () => {
    for (const name of readdirSync('/proc')) {
      const pid = Number(name)
      if (!Number.isInteger(pid) || pid === process.pid || others.has(pid)) continue
      try {
        if (!ours.has(pid)) {
          const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
          const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
          if (!ours.has(parent)) {
            others.add(pid)
            continue
          }
          ours.set(pid, parent)
        }
        // Between fork and exec a process still shows the arguments and the environment of the one that started it.
        if (argumentsOf(pid) === argumentsOf(ours.get(pid) ?? 0)) continue
        for (const part of ['cmdline', 'environ'] as const) {
          const text = readFileSync(`/proc/${pid}/${part}`, 'utf8').replaceAll('\0', '\n')
          if (text !== '') seen.set(`${pid} ${part} ${text}`, { pid, place: `${part} of process ${pid}`, text })
        }
      } catch {
        // It has ended meanwhile.
      }
    }
  }
  look()
  const timer = setInterval(look, every)
  return {
    get count() {
      return ours.size - 1
    },
    traces: (except) => [...seen.values()].filter(({ pid }) => !except.includes(pid)),
    stop: () => clearInterval(timer),
  }
}

function argumentsOf(pid: number): string {
  return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
}
