import { closeSync, constants, openSync, readFileSync, readSync, statSync } from 'node:fs'
import path from 'node:path'
import { largestFile, namesIn, seen } from './load/files.ts'
import { isEncryptedWhole } from './load/source.ts'
import { readYaml } from './load/yaml.ts'
import { root } from './root.ts'
import type { Vault } from './secrets/vault.ts'

/**
 * Meets what is encrypted in files that a run may only find when variables are known (`vars_files` and includes with a
 * template in their name, the lookup `file`): variables beside the playbook and the inventory, those of roles, and files that
 * are encrypted as a whole. When those are read it is too late for keys to be found or asked for.
 */
export function foresee(playbookFolder: string, inventoryFolder: string, vault: Pick<Vault, 'foresee'>): void {
  const roles = [path.join(playbookFolder, 'roles'), path.join(root, 'roles')].flatMap((folder) =>
    namesIn(folder).map((role) => path.join(folder, role)),
  )
  const ofRoles = roles.flatMap((role) => ['vars', 'defaults', 'tasks'].map((part) => path.join(role, part)))
  const folders = [playbookFolder, inventoryFolder].flatMap((one) => [
    one,
    path.join(one, 'vars'),
    path.join(one, 'tasks'),
  ])
  for (const file of new Set([...folders, ...ofRoles].flatMap(yamlFiles))) {
    if (isEncrypted(file)) readYaml(file, root, { decrypt: vault.foresee })
  }
  for (const folder of [playbookFolder, ...[playbookFolder, ...roles].map((one) => path.join(one, 'files'))]) {
    for (const file of namesIn(folder).map((name) => path.join(folder, name))) {
      const text = isHeaded(file) ? readFileSync(file, 'utf8') : ''
      if (isEncryptedWhole(text)) vault.foresee('vault', text, { file, line: 1, col: 1 }, path.basename(file))
    }
  }
}

/** Whether a file that may be large begins with the mark of ansible-vault. */
function isHeaded(file: string): boolean {
  if (seen(file) !== 'file') return false
  try {
    const handle = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      const start = Buffer.alloc(20)
      readSync(handle, start, 0, start.length, 0)
      return isEncryptedWhole(start.toString('latin1'))
    } finally {
      closeSync(handle)
    }
  } catch {
    return false
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
