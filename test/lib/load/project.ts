import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import type { Diagnostic } from '../../../lib/core/diagnostic.ts'

/** A folder with the given files (path: content), and the way to take it away again. */
export interface Project {
  readonly root: string
  write(files: Readonly<Record<string, string | Buffer>>): void
  remove(): void
}

export function createProject(files: Readonly<Record<string, string | Buffer>> = {}): Project {
  const root = mkdtempSync(path.join(tmpdir(), 'load-test-'))
  const write = (more: Readonly<Record<string, string | Buffer>>): void => {
    for (const [name, content] of Object.entries(more)) {
      const file = path.join(root, name)
      mkdirSync(path.dirname(file), { recursive: true })
      writeFileSync(file, content)
    }
  }
  write(files)
  return { root, write, remove: () => rmSync(root, { recursive: true, force: true }) }
}

/** A finding as one line, as a report has it. */
export function line({ at, severity, code, message }: Diagnostic): string {
  const place = at ? `${at.file}:${at.line}:${at.col}: ` : ''
  return `${place}${severity === 'warning' ? 'warning: ' : ''}${code}: ${message}`
}

export function lines(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(line)
}
