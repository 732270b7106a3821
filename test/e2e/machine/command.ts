import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'

export interface CommandOptions {
  /** Seconds until it is ended; a minute when nothing is said. */
  readonly timeout?: number
  readonly input?: string
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
}

export interface Outcome {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program of this machine and gives back how it ended. Rejects when it is not there or takes too long. */
export function outcomeOf(program: string, args: readonly string[], options: CommandOptions = {}): Promise<Outcome> {
  const { timeout = 60, input, ...rest } = options
  return new Promise((resolve, reject) => {
    const limits = { timeout: timeout * 1000, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 * 1024 } as const
    const child = execFile(program, args, { ...rest, ...limits }, (error, stdout, stderr) => {
      if (error === null) return resolve({ code: 0, stdout, stderr })
      if (typeof error.code === 'number') return resolve({ code: error.code, stdout, stderr })
      const why = error.killed ? `took more than ${timeout} s` : error.message
      reject(new Error(`${program} ${args.join(' ')}: ${why}\n${stdout}${stderr}`))
    })
    child.stdin?.on('error', () => undefined)
    child.stdin?.end(input)
  })
}

/** The standard output of a program of this machine. Rejects with what it said when it fails. */
export async function command(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { code, stdout, stderr } = await outcomeOf(program, args, options)
  if (code === 0) return stdout
  throw new Error(`${program} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`)
}

/** Writes what a program of this machine prints into a file, however much it is. Rejects when it fails. */
export async function saved(program: string, args: readonly string[], file: string): Promise<void> {
  const out = openSync(file, 'w')
  try {
    const [code] = (await once(spawn(program, args, { stdio: ['ignore', out, 'inherit'] }), 'close')) as [number | null]
    if (code !== 0) throw new Error(`${program} ${args.join(' ')}: exit code ${code}`)
  } finally {
    closeSync(out)
  }
}

/** A shell that waits for lines. */
export interface Hand {
  /** Has a line done, without waiting for it; what it prints is lost. */
  tell(line: string): void
  /** Lets the lines be done, and ends it. */
  end(): Promise<void>
}

export function handOf(program: string, args: readonly string[]): Hand {
  const shell = spawn(program, args, { stdio: ['pipe', 'ignore', 'ignore'] })
  const ended = once(shell, 'close')
  shell.stdin.on('error', () => undefined)
  return {
    tell: (line) => shell.stdin.write(`${line}\n`),
    end: async () => {
      shell.stdin.end()
      await ended
    },
  }
}

/** Looks again and again until something is found. Rejects after `seconds`, with what it was waited for. */
export async function until<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const end = Date.now() + seconds * 1000
  for (;;) {
    const found = await look()
    if (found !== undefined) return found
    if (Date.now() > end) throw new Error(`waited ${seconds} s for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
