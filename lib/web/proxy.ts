import { type Context, masked, type Text } from '../task.ts'

/** The proxy for an address, by the usual variables in the environment of the task; undefined when it is asked straight. */
export function proxyFor(url: URL, { environment }: Pick<Context, 'environment'>): Text | undefined {
  const named = (name: string): Text | undefined => environment?.(name) ?? environment?.(name.toUpperCase())
  const proxy = named(url.protocol === 'https:' ? 'https_proxy' : 'http_proxy') ?? named('all_proxy')
  if (proxy === undefined || proxy === '') return undefined
  return isExempt(url, masked(named('no_proxy') ?? '')) ? undefined : withScheme(proxy)
}

/** `no_proxy` names hosts and the domains that end in them; `*` names all. */
function isExempt({ hostname, port }: URL, exempt: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '')
  return exempt
    .split(',')
    .map((one) => one.trim().replace(/^\./, ''))
    .filter((one) => one !== '')
    .some((one) => one === '*' || one === host || one === `${host}:${port}` || host.endsWith(`.${one}`))
}

function withScheme(proxy: Text): Text {
  return typeof proxy === 'string' && !proxy.includes('://') ? `http://${proxy}` : proxy
}
