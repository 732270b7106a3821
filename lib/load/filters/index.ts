import { combining } from './combinations.ts'
import { crypto } from './crypto.ts'
import type { FilterTable } from './definition.ts'
import { encoding } from './encoding.ts'
import { jsonQueries } from './json-query.ts'
import { jsonYaml } from './json-yaml.ts'
import { lists } from './lists.ts'
import { mappings } from './mappings.ts'
import { network } from './network.ts'
import { numbers } from './numbers.ts'
import { passwordHashes } from './password-hash.ts'
import { paths } from './paths.ts'
import { regex } from './regex.ts'
import { text } from './text.ts'
import { time } from './time.ts'
import { values } from './values.ts'

export { tests } from './tests.ts'

/** All filters by name. */
export const filters: FilterTable = {
  ...values,
  ...text,
  ...lists,
  ...combining,
  ...mappings,
  ...numbers,
  ...encoding,
  ...crypto,
  ...passwordHashes,
  ...paths,
  ...jsonYaml,
  ...jsonQueries,
  ...network,
  ...time,
  ...regex,
}

/** Filters of Ansible's that are not here, and what to do instead. */
export const absentFilters: Readonly<Record<string, string>> = {
  realpath: 'templates do not look at a disk: write the path in full',
  expandvars: "use lookup('env', …)",
  fileglob: "use lookup('fileglob', …)",
  vault: 'keep secrets in the vault file beside the inventory',
  unvault: 'keep secrets in the vault file beside the inventory',
}

const onDisk = 'templates do not look at a disk: ask the host with the task `stat` and test what it registered'

/** Tests of Ansible's that are not here, and what to do instead. */
export const absentTests: Readonly<Record<string, string>> = {
  file: onDisk,
  is_file: onDisk,
  directory: onDisk,
  is_dir: onDisk,
  exists: onDisk,
  link: onDisk,
  is_link: onDisk,
  link_exists: onDisk,
  mount: onDisk,
  is_mount: onDisk,
  same_file: onDisk,
  is_same_file: onDisk,
  abs: "use `path[0] == '/'`",
  vault_encrypted: 'values from the vault are secrets here, and need no test',
}
