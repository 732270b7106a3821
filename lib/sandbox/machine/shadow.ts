import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What `/etc/shadow` says of an account. */
export interface Shadow {
  readonly password: string
  /** Days since the epoch. */
  readonly changed: string
  readonly minimum: string
  readonly maximum: string
  /** Days since the epoch; empty for never. */
  readonly expires: string
}

const FRESH: Shadow = { password: '!', changed: '19700', minimum: '0', maximum: '99999', expires: '' }

/** The entry of an account; a locked one without a password when there is none. */
export function shadowOf(root: string, name: string): Shadow {
  return entries(root).get(name) ?? FRESH
}

/** Writes the entry of an account, or takes it away. Nothing is written when nothing changes. */
export function saveShadow(root: string, name: string, shadow: Shadow | undefined): void {
  const all = entries(root)
  const before = JSON.stringify([...all])
  if (shadow === undefined) all.delete(name)
  else all.set(name, shadow)
  if (JSON.stringify([...all]) === before) return
  writeFileSync(join(root, 'etc/shadow'), [...all].map(([one, entry]) => `${shadowLine(one, entry)}\n`).join(''))
}

export function shadowLine(name: string, { password, changed, minimum, maximum, expires }: Shadow): string {
  return `${name}:${password}:${changed}:${minimum}:${maximum}:7::${expires}:`
}

function entries(root: string): Map<string, Shadow> {
  const file = join(root, 'etc/shadow')
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : []
  return new Map(
    lines
      .filter((line) => line !== '')
      .map((line) => {
        const [name = '', password = '', changed = '', minimum = '', maximum = '', , , expires = ''] = line.split(':')
        return [name, { password, changed, minimum, maximum, expires }]
      }),
  )
}
