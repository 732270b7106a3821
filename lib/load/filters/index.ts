import { createRequire } from 'node:module'
import { entryOf, type FilterDefinition, type FilterTable, type TestDefinition, type TestTable } from './definition.ts'

const load = createRequire(import.meta.url)

/** The families of filters, those that most playbooks use first: each is loaded when a name is in none before it. */
const families: readonly (() => FilterTable)[] = [
  () => (load('./values.ts') as typeof import('./values.ts')).values,
  () => (load('./text.ts') as typeof import('./text.ts')).text,
  () => (load('./lists.ts') as typeof import('./lists.ts')).lists,
  () => (load('./numbers.ts') as typeof import('./numbers.ts')).numbers,
  () => (load('./mappings.ts') as typeof import('./mappings.ts')).mappings,
  () => (load('./json-yaml.ts') as typeof import('./json-yaml.ts')).jsonYaml,
  () => (load('./regex.ts') as typeof import('./regex.ts')).regex,
  () => (load('./paths.ts') as typeof import('./paths.ts')).paths,
  () => (load('./disk.ts') as typeof import('./disk.ts')).diskFilters,
  () => (load('./encoding.ts') as typeof import('./encoding.ts')).encoding,
  () => (load('./crypto.ts') as typeof import('./crypto.ts')).crypto,
  () => (load('./password-hash.ts') as typeof import('./password-hash.ts')).passwordHashes,
  () => (load('./time.ts') as typeof import('./time.ts')).time,
  () => (load('./combinations.ts') as typeof import('./combinations.ts')).combining,
  () => (load('./network.ts') as typeof import('./network.ts')).network,
  () => (load('./json-query.ts') as typeof import('./json-query.ts')).jsonQueries,
]

/** The filter of that name; undefined when there is none. */
export function filterNamed(name: string): FilterDefinition | undefined {
  for (const family of families) {
    const found = entryOf(family(), name)
    if (found) return found
  }
  return undefined
}

/** All filters, by family. */
export const filterFamilies = (): readonly FilterTable[] => families.map((family) => family())

const valueTests = (): TestTable => (load('./tests.ts') as typeof import('./tests.ts')).tests
const diskTests = (): TestTable => (load('./disk.ts') as typeof import('./disk.ts')).diskTests

/** All tests by name. */
export const allTests = (): TestTable => ({ ...valueTests(), ...diskTests() })

/** The test of that name; undefined when there is none. */
export function testNamed(name: string): TestDefinition | undefined {
  return entryOf(valueTests(), name) ?? entryOf(diskTests(), name)
}

/** Filters of Ansible's that are not here, and what to do instead. */
export const absentFilters: Readonly<Record<string, string>> = {
  vault: 'keep secrets in the vault file beside the inventory',
  unvault: 'keep secrets in the vault file beside the inventory',
}

/** Tests of Ansible's that are not here, and what to do instead. */
export const absentTests: Readonly<Record<string, string>> = {
  vault_encrypted: 'values from the vault are secrets here, and need no test',
}
