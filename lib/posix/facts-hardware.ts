import type { Value } from '../task.ts'
import type { Facts, Sections } from './facts.ts'

export function hardwareFacts(sections: Sections): Facts {
  return {
    ...memory(sections('memory')),
    ...processors(sections('cpu'), Number(sections('nproc')[0] ?? 0)),
    loadavg: load(sections('load')[0] ?? ''),
  }
}

function memory(lines: readonly string[]): Facts {
  const kilobytes = new Map(
    lines.map((line) => [
      line.slice(0, line.indexOf(':')),
      Number(/\d+/.exec(line.slice(line.indexOf(':')))?.[0] ?? 0),
    ]),
  )
  const mb = (name: string) => Math.floor((kilobytes.get(name) ?? 0) / 1024)
  const total = mb('MemTotal')
  const free = mb('MemFree')
  const cached = mb('Cached') + mb('Buffers')
  return {
    memtotal_mb: total,
    memfree_mb: free,
    swaptotal_mb: mb('SwapTotal'),
    swapfree_mb: mb('SwapFree'),
    memory_mb: {
      real: { total, free, used: total - free },
      nocache: { free: free + cached, used: total - free - cached },
      swap: {
        total: mb('SwapTotal'),
        free: mb('SwapFree'),
        used: mb('SwapTotal') - mb('SwapFree'),
        cached: mb('SwapCached'),
      },
    },
  }
}

function processors(lines: readonly string[], nproc: number): Facts {
  const list: string[] = []
  const sockets = new Set<string>()
  let cores = 0
  let siblings = 0
  for (const line of lines) {
    const [key = '', value = ''] = line.split(/\s*:\s*/, 2)
    if (key === 'processor' || key === 'vendor_id' || key === 'model name') list.push(value)
    if (key === 'physical id') sockets.add(value)
    if (key === 'cpu cores') cores = Number(value)
    if (key === 'siblings') siblings = Number(value)
  }
  const vcpus = lines.filter((line) => /^processor\s*:/.test(line)).length || nproc || 1
  const count = sockets.size || vcpus
  const perSocket = cores || 1
  return {
    processor: list,
    processor_count: count,
    processor_cores: perSocket,
    processor_threads_per_core: Math.max(1, Math.floor((siblings || perSocket) / perSocket)),
    processor_vcpus: vcpus,
    processor_nproc: nproc || vcpus,
  }
}

function load(line: string): Facts {
  const [one = '0', five = '0', fifteen = '0'] = line.split(' ')
  return { '1m': Number(one), '5m': Number(five), '15m': Number(fifteen) }
}

/** File systems of real devices and of servers, with their sizes in bytes. */
export function mountFacts(sections: Sections): readonly Value[] {
  const space = new Map(
    sections('space')
      .slice(1)
      .map((line) => {
        const [, total, , available, , ...path] = line.split(/\s+/)
        return [path.join(' '), { total: Number(total) * 1024, available: Number(available) * 1024 }] as const
      }),
  )
  return sections('mounts').flatMap((line) => {
    const [device = '', written = '', fstype = '', options = ''] = line.split(' ')
    const mount = written.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)))
    if (fstype === 'none' || !(device.startsWith('/') || device.includes(':'))) return []
    const sizes = space.get(mount)
    return [
      { mount, device, fstype, options, ...(sizes && { size_total: sizes.total, size_available: sizes.available }) },
    ]
  })
}
