import { isMapping } from '../core/plain.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { Fault } from './argument-sentences.ts'

const sentences = whenNeeded<typeof import('./argument-sentences.ts')>('./argument-sentences.ts', import.meta.url)

type Path = readonly (string | number)[]

/**
 * Finds numbers that YAML made out of something that was meant as text: `mode: 644` is decimal and would mean mode 1204,
 * `umask: 0022` is the number 18. `writtenAt` gives the text as it stands in the file, where the value comes from there.
 */
export function findTraps(
  given: unknown,
  taken: unknown,
  path: Path,
  writtenAt: (path: Path) => string | undefined,
): readonly Fault[] {
  if (typeof given === 'number' && typeof taken === 'string') return trap(given, taken, path, writtenAt(path))
  if (Array.isArray(given) && Array.isArray(taken)) {
    return given.flatMap((one, index) => findTraps(one, taken[index], [...path, index], writtenAt))
  }
  if (isMapping(given) && isMapping(taken)) {
    return Object.keys(given).flatMap((key) => findTraps(given[key], taken[key], [...path, key], writtenAt))
  }
  return []
}

function trap(given: number, taken: string, path: Path, written: string | undefined): readonly Fault[] {
  if (taken !== String(given) && taken === `0${given.toString(8)}`) return modeTrap(given, taken, path, written)
  if (written === undefined || written === String(given) || !/^[-+\d.]/.test(written)) return []
  return [
    {
      code: 'number-for-text',
      path,
      message: `${sentences().label(path)}: ${written} is read as the number ${given}`,
      mend: `write "${written}" in quotes`,
    },
  ]
}

function modeTrap(given: number, taken: string, path: Path, written: string | undefined): readonly Fault[] {
  const octal = written === undefined ? !looksDecimal(given) : /^0/.test(written)
  if (octal) return []
  const meant = /^[0-7]{3,4}$/.test(String(given))
    ? `"${String(given).padStart(4, '0')}"`
    : 'it as octal text, such as "0644"'
  return [
    {
      code: 'mode-is-decimal',
      path,
      message: `${sentences().label(path)}: ${given} is a decimal number here and would mean the mode ${taken}`,
      mend: `write ${meant}`,
    },
  ]
}

/** A number that no octal notation gave: it reads like a mode and would set odd bits as a number. */
function looksDecimal(given: number): boolean {
  return given > 0o777 && given < 1000 && /^[0-7]{3}$/.test(String(given))
}
