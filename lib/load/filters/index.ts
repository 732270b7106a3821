import { combining } from './combinations.ts'
import { crypto } from './crypto.ts'
import type { FilterTable } from './definition.ts'
import { encoding } from './encoding.ts'
import { jsonYaml } from './json-yaml.ts'
import { lists } from './lists.ts'
import { mappings } from './mappings.ts'
import { network } from './network.ts'
import { numbers } from './numbers.ts'
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
  ...paths,
  ...jsonYaml,
  ...network,
  ...time,
  ...regex,
}

/** Filters of Ansible's that are not here, and what to do instead. */
export const absentFilters: Readonly<Record<string, string>> = {
  password_hash:
    'Node.js has no crypt(3): hash the password once with `mkpasswd` or `openssl passwd -6` and keep the hash in the vault',
  json_query: 'use selectattr, map and dict2items',
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
