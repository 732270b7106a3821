import { readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import { largestFile, namesIn, seen } from './load/files.ts'
import { readYaml } from './load/yaml.ts'
import { root } from './root.ts'
import type { Vault } from './secrets/vault.ts'

/**
 * Meets what is encrypted in files that a run may only find when variables are known (`vars_files` and includes with a
 * template in their name): variables beside the playbook and the inventory, and those of roles. Reading those is too late
 * for keys to be found or asked for.
 */
export function foresee(playbookFolder: string, inventoryFolder: string, vault: Pick<Vault, 'foresee'>): void {
  const roles = [path.join(playbookFolder, 'roles'), path.join(root, 'roles')].flatMap((folder) =>
    namesIn(folder).flatMap((role) => ['vars', 'defaults', 'tasks'].map((part) => path.join(folder, role, part))),
  )
  const folders = [playbookFolder, inventoryFolder].flatMap((one) => [
    one,
    path.join(one, 'vars'),
    path.join(one, 'tasks'),
  ])
  for (const file of new Set([...folders, ...roles].flatMap(yamlFiles))) {
    if (isEncrypted(file)) readYaml(file, root, { decrypt: vault.foresee })
  }
}

function yamlFiles(folder: string): readonly string[] {
  return namesIn(folder)
    .filter((name) => /\.ya?ml$/.test(name) && !name.startsWith('.'))
    .map((name) => path.join(folder, name))
    .filter((file) => seen(file) === 'file')
}

function isEncrypted(file: string): boolean {
  try {
    if (statSync(file).size > largestFile) return false
    return /!age\b|!vault\b|^\$ANSIBLE_VAULT;/.test(readFileSync(file, 'utf8'))
  } catch {
    return false
  }
}
