/** As the Engine API has them: `3000/tcp` to where it is published. */
export type PortBindings = {
  readonly [port: string]: readonly { readonly HostIp: string; readonly HostPort: string }[]
}

/**
 * `8080:80`, `127.0.0.1:8080:80/udp`, `[::1]:80:80`, `9000-9010:9000-9010`, or `80` for a free port. Without an address a port is
 * published on `defaultIp`. Throws RangeError for anything else.
 */
export function parsePorts(specs: readonly string[], defaultIp: string): PortBindings {
  const bindings: { [port: string]: { HostIp: string; HostPort: string }[] } = {}
  for (const spec of specs) {
    const found = /^(?:(?:(\[[0-9a-fA-F:.]+\]|[0-9.]+):)?(\d+(?:-\d+)?)?:)?(\d+(?:-\d+)?)(?:\/(tcp|udp|sctp))?$/.exec(
      spec,
    )
    if (found === null)
      throw new RangeError(
        `"${spec}" publishes no port; write "HOST_PORT:CONTAINER_PORT", with an address in front if need be: "127.0.0.1:3000:3000"`,
      )
    const [, ip, hostPorts, ports = '', protocol = 'tcp'] = found
    const inside = range(ports)
    const outside = hostPorts === undefined ? inside.map(() => '') : range(hostPorts)
    if (inside.length !== outside.length) throw new RangeError(`"${spec}" has ranges of different lengths`)
    inside.forEach((port, index) => {
      const key = `${port}/${protocol}`
      bindings[key] ??= []
      bindings[key].push({ HostIp: ip?.replace(/^\[|\]$/g, '') ?? defaultIp, HostPort: outside[index] ?? '' })
    })
  }
  return bindings
}

/** One text per published port, sorted, for comparing and showing; no address means every address. */
export function portList(bindings: PortBindings | null | undefined): readonly string[] {
  return Object.entries(bindings ?? {})
    .flatMap(([port, hosts]) =>
      (hosts ?? []).map(({ HostIp, HostPort }) => `${HostIp || '0.0.0.0'}:${HostPort || '0'}:${port}`),
    )
    .sort()
}

function range(text: string): readonly string[] {
  const [first = 0, last = first] = text.split('-').map(Number)
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => String(first + index))
}
