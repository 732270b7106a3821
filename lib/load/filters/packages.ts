import { createRequire } from 'node:module'

const load = createRequire(import.meta.url)

/** Filters cannot wait, and few playbooks need these packages, so each is loaded with the first filter that uses it. */
export const packages = {
  addresses: () => load('ipaddr.js') as typeof import('ipaddr.js'),
  jmespath: () => load('@jmespath-community/jmespath') as typeof import('@jmespath-community/jmespath'),
}
