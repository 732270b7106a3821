import { execFile } from 'node:child_process'
import { LoadError, problem } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'

/** Milliseconds that a command which prints a key may take: a person may have to touch a device or unlock a keyring. */
const patience = 120_000

/**
 * What a command prints on standard output, as a secret, without the line break at its end. `words` are a program and its
 * arguments. @throws LoadError `key-command-failed`; what the command printed is not shown.
 */
export function printedBy(words: readonly [string, ...string[]], source: string, label: string): Promise<Secret> {
  const [program, ...rest] = words
  return new Promise((resolve, reject) => {
    const child = execFile(program, rest, { timeout: patience, maxBuffer: 1 << 20 }, (error, stdout) => {
      const text = stdout.replace(/\r?\n$/, '')
      if (!error && text !== '') return resolve(new Secret(text, label))
      const why = error ? reasonOf(error) : 'printed nothing'
      reject(
        new LoadError(
          problem('key-command-failed', `the command of ${source} ${why}`, { mend: 'try it in a terminal' }),
        ),
      )
    })
    child.stdin?.end()
  })
}

function reasonOf(error: Error & { code?: number | string | null | undefined; killed?: boolean | undefined }): string {
  if (error.killed) return `did not end within ${patience / 1000} seconds`
  if (typeof error.code === 'number') return `ended with exit code ${error.code}`
  return `could not be started (${error.code ?? 'unknown reason'})`
}
