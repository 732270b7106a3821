import { createRequire } from 'node:module'

type Yaml = typeof import('./yaml.ts')

const load = createRequire(import.meta.url)

/** `readYaml` for those who often need none: what reads YAML is loaded with the first file. */
export const readYaml: Yaml['readYaml'] = (...given) => (load('./yaml.ts') as Yaml).readYaml(...given)
