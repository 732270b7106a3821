import { isMapping, Secret, type Value } from '../task.ts'
import type { Container } from './inspect.ts'

/** What may be returned of a container: variables of its environment whose argument is a secret become secrets, outdated values too. */
export function visibleContainer(container: Container, env: { readonly [name: string]: unknown } | undefined): Value {
  const secret = new Set(Object.entries(env ?? {}).flatMap(([name, value]) => (value instanceof Secret ? [name] : [])))
  const shown = container.Config.Env?.map((one): Value => {
    const name = one.slice(0, one.indexOf('='))
    return secret.has(name) ? new Secret(one, `${name} of the container`) : one
  })
  const whole = container as unknown as { readonly [key: string]: Value }
  const config = isMapping(whole.Config) ? whole.Config : {}
  return { ...whole, Config: { ...config, ...(shown && { Env: shown }) } }
}
