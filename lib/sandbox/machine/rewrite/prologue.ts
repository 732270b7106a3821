import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { quote } from '../../../core/script.ts'

/** What writing does: it works, the disk is full, or the file system is mounted read-only. */
export type Writing = 'normal' | 'full' | 'read-only'

/** A shell text of the folder `shell`. */
export function shellText(name: 'mapping' | 'prologue' | 'guard' | 'call' | 'prints'): string {
  return readFileSync(join(import.meta.dirname, `../shell/${name}.sh`), 'utf8')
}

/** The start of a script: reads the functions of the machine in `folder`; no line break, so that line numbers stay right. */
export function prologue(folder: string): string {
  return `. ${quote(join(folder, 'prologue.sh'))}; `
}

/** The two texts that scripts and tools of the machine in `folder` read, by file name. */
export function sharedTexts(root: string, folder: string, calls: string): { readonly [file: string]: string } {
  const known = { root, folder, calls }
  const set = Object.entries(known).map(([name, value]) => `__sandbox_${name}=${quote(value)}\n`)
  const head = `${set.join('')}${shellText('mapping')}\n`
  return { 'prologue.sh': head + shellText('prologue'), 'guard.sh': head + shellText('guard') }
}
