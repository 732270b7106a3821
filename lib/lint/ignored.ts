import type { Diagnostic } from '../core/diagnostic.ts'

/**
 * Whether the line that a finding is about says that it is known: `# lint: ignore CODE`, several codes with commas. `lineOf` gives
 * a line of a file by its shown name, undefined for one that cannot be read.
 */
export function isIgnored(
  { code, at }: Diagnostic,
  lineOf: (file: string, line: number) => string | undefined,
): boolean {
  if (!at) return false
  const codes = /#\s*lint:\s*ignore\s+([\w-]+(?:\s*,\s*[\w-]+)*)/.exec(lineOf(at.file, at.line) ?? '')?.[1]
  return codes?.split(/\s*,\s*/).includes(code) ?? false
}
