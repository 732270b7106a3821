import { type Diagnostic, problem } from '../core/diagnostic.ts'
import type { Layer } from '../core/inventory.ts'
import { isMapping, type Value } from '../core/plain.ts'
import { positionOf } from '../load/places.ts'
import { found } from './finding.ts'

/** How variables used to be called in Ansible, and what they are called. */
const renamed: { readonly [old: string]: string } = {
  ansible_ssh_host: 'ansible_host',
  ansible_ssh_port: 'ansible_port',
  ansible_ssh_user: 'ansible_user',
  ansible_ssh_pass: 'ansible_password',
  ansible_sudo: 'ansible_become',
  ansible_sudo_user: 'ansible_become_user',
  ansible_sudo_pass: 'ansible_become_password',
  ansible_sudo_password: 'ansible_become_password',
  ansible_su: 'ansible_become',
  ansible_su_user: 'ansible_become_user',
  ansible_su_pass: 'ansible_become_password',
  ansible_become_pass: 'ansible_become_password',
}

/** Names that are out of date. */
export function deprecatedNames(layer: Layer): readonly Diagnostic[] {
  return Object.keys(layer.values).flatMap((name) => {
    const better = Object.hasOwn(renamed, name) ? renamed[name] : undefined
    if (better === undefined) return []
    const message = `${name} is an old name`
    return [found(problem('name-deprecated', message, { mend: `call it ${better}` }), layer.positionOf?.(name))]
  })
}

/** What decides whether a value that lies open is a secret: by the name of the variable, and by the value. */
export interface SecretWords {
  readonly looksSecret: (name: string) => boolean
  readonly isOpenly: (value: string) => boolean
}

/** Texts that look like secrets and are not encrypted. */
export function openSecrets(layer: Layer, words: SecretWords): readonly Diagnostic[] {
  const out: Diagnostic[] = []
  const visit = (value: Value, path: readonly (string | number)[], name: string): void => {
    if (typeof value === 'string' && words.looksSecret(name) && words.isOpenly(value)) {
      const at = positionOf(layer.values, path) ?? layer.positionOf?.(String(path[0]))
      const where = `${at?.file ?? 'FILE'} ${String(path[0])}`
      const message = `${path.join('.')} lies open, and its name says that it is a secret`
      const diagnostic = problem('secret-plain', message, { mend: `npx zx scripts/vault.ts encrypt ${where}` })
      out.push(found(diagnostic, at))
    } else if (Array.isArray(value)) for (const [index, one] of value.entries()) visit(one, [...path, index], name)
    else if (isMapping(value)) for (const [key, one] of Object.entries(value)) visit(one, [...path, key], key)
  }
  for (const [name, value] of Object.entries(layer.values)) visit(value, [name], name)
  return out
}

/** Variables that are written and that `isUsed` knows no use of. */
export function unusedVariables(layers: readonly Layer[], isUsed: (name: string) => boolean): readonly Diagnostic[] {
  const seen = new Set<string>()
  return layers.flatMap((layer) =>
    Object.keys(layer.values).flatMap((name) => {
      const at = layer.positionOf?.(name)
      if (at === undefined || seen.has(name) || name.startsWith('ansible_') || isUsed(name)) return []
      seen.add(name)
      const message = `nothing uses the variable ${name}`
      return [found(problem('variable-unused', message, { mend: 'use it, correct its name, or take it out' }), at)]
    }),
  )
}
