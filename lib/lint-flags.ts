import { commonFlags, inventoryFlags } from './run-flags.ts'

/** Flags of `scripts/lint.ts`. */
export const lintFlags = {
  inventory: inventoryFlags.inventory,
  ...commonFlags,
}
