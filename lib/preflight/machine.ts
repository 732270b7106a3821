import { type Answer, problem, TaskError } from '../task.ts'
import { type Listener, readListeners } from './listeners.ts'

/** What a machine says of itself. */
export interface Machine {
  /** Seconds since 1970 by its own clock. */
  readonly clock: number
  readonly root: boolean
  readonly system: { readonly id: string; readonly version: string; readonly name: string }
  /** As the kernel calls it: `x86_64`, `aarch64`. */
  readonly architecture: string
  readonly systemd: boolean
  readonly processors: number
  /** Flags of the first processor. */
  readonly features: ReadonlySet<string>
  readonly memoryMiB: number
  readonly swapMiB: number
  /** Where Docker keeps, or would keep, its data. */
  readonly disk: { readonly path: string; readonly freeGiB: number }
  /** Packages that are installed of those that bring a Docker engine. */
  readonly engines: readonly string[]
  readonly listeners: readonly Listener[]
  /** Addresses to which the looked up name leads. */
  readonly addresses: readonly string[]
}

/** Reads what `machineScript` printed; throws TaskError `probe-failed` when that is not what a Linux machine says. */
export function readMachine(answer: Answer | undefined): Machine {
  const section = split(answer?.text ?? '')
  const [clock = ''] = section('clock')
  if (clock === '')
    throw new TaskError(problem('probe-failed', 'the host could not say what it is', { detail: answer?.errors ?? '' }))
  const os = new Map(
    [...section('os')].reverse().flatMap((line) => {
      const [, name = '', value = ''] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      return name === '' ? [] : [[name, value.replace(/^(["'])(.*)\1$/, '$2')] as const]
    }),
  )
  const kibibytes = (name: string) =>
    Number(/\d+/.exec(section('memory').find((line) => line.startsWith(name)) ?? '')?.[0] ?? 0)
  const [folder = '/', ...table] = section('disk')
  return {
    clock: Number(clock),
    root: section('user')[0] === '0',
    system: {
      id: os.get('ID') ?? '',
      version: os.get('VERSION_ID') ?? '',
      name: os.get('PRETTY_NAME') ?? os.get('NAME') ?? 'a system without a name',
    },
    architecture: section('machine')[0] ?? '',
    systemd: section('systemd')[0] === 'yes',
    processors: Number(section('processors')[0] ?? 0),
    features: new Set((section('features')[0] ?? '').replace(/^[^:]*:/, '').split(/\s+/)),
    memoryMiB: Math.floor(kibibytes('MemTotal') / 1024),
    swapMiB: Math.floor(kibibytes('SwapTotal') / 1024),
    disk: { path: folder, freeGiB: Number(table.at(-1)?.trim().split(/\s+/)[3] ?? 0) / 2 ** 20 },
    engines: section('engines').flatMap((line) => line.split(/[|:]/)[1] ?? []),
    listeners: readListeners(section('tcp'), section('processes')),
    addresses: section('name').flatMap((line) => /^[0-9a-fA-F.:]+/.exec(line)?.[0] ?? []),
  }
}

function split(text: string): (name: string) => readonly string[] {
  const found = new Map<string, string[]>()
  let current: string[] = []
  for (const line of text.split('\n')) {
    const name = /^==([a-z]+)$/.exec(line)?.[1]
    if (name === undefined) {
      if (line.trim() !== '') current.push(line)
    } else {
      current = []
      found.set(name, current)
    }
  }
  return (name) => found.get(name) ?? []
}
