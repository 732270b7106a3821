import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import { LoadError, problem, StoppedError } from '../core/diagnostic.ts'
import { Secret } from '../core/secret.ts'

/**
 * Asks for a secret on the terminal without showing what is typed.
 * @throws LoadError `no-terminal` when there is nobody to ask.
 */
export async function askSecret(question: string, label: string): Promise<Secret> {
  return new Secret(await ask(question, true), label)
}

/**
 * A new secret: typed twice without being shown, or all of standard input without the line break at its end.
 * @throws LoadError `value-empty`, `prompt-not-confirmed`.
 */
export async function readSecret(question: string, label: string): Promise<Secret> {
  const value = process.stdin.isTTY ? await ask(question, true) : await allOf(process.stdin)
  if (value === '') throw new LoadError(problem('value-empty', `no value was given for ${label}`))
  if (process.stdin.isTTY && (await ask(`${question} (again)`, true)) !== value) {
    throw new LoadError(problem('prompt-not-confirmed', `the two answers for ${label} differ`))
  }
  return new Secret(value, label)
}

async function allOf(input: NodeJS.ReadableStream): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of input) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '')
}

/** Is there a terminal, so that a question can be answered? */
export function isSomeoneThere(): boolean {
  return process.stdin.isTTY === true
}

/**
 * Asks for a value; `hidden` ones are not shown while they are typed.
 * @throws LoadError `no-terminal`, `no-answer`; StoppedError at Ctrl-C.
 */
export async function ask(question: string, hidden: boolean): Promise<string> {
  if (!isSomeoneThere()) {
    throw new LoadError(
      problem('no-terminal', `"${question}" cannot be asked: this is not a terminal`, {
        mend: 'give the value as a variable of the inventory or with -e @FILE',
      }),
    )
  }
  process.stderr.write(`${question}: `)
  const output = hidden ? new Writable({ write: (_chunk, _encoding, done) => done() }) : process.stderr
  const lines = createInterface({ input: process.stdin, output, terminal: true })
  try {
    return await new Promise<string>((resolve, reject) => {
      lines.once('line', resolve)
      lines.once('SIGINT', () =>
        reject(new StoppedError(problem('stopped', 'stopped at a question; nothing was done'))),
      )
      lines.once('close', () => reject(new LoadError(problem('no-answer', `"${question}" was left without an answer`))))
    })
  } finally {
    lines.close()
    if (hidden) process.stderr.write('\n')
  }
}
