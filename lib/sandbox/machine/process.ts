import { spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'
import { COMMANDS } from './commands.ts'
import type { Host } from './host.ts'
import { readOnlyWords, virtualOutput } from './output.ts'
import { physical, searchPath } from './rewrite/paths.ts'
import { rewriteScript } from './rewrite/script.ts'
import { CALLING, connect, WAKING } from './switchboard.ts'

/** How a command ended. */
export interface End {
  readonly code: number | null
  readonly signal: string | null
}

/** A command line that runs on the machine. */
export interface Running {
  readonly stdin: Writable
  /** Paths in the output are the machine's. */
  readonly stdout: Readable
  readonly stderr: Readable
  /** The shell has ended and both outputs have been given out. */
  readonly ended: Promise<End>
  /** The account it runs as; the one it became by sudo, when it did. */
  readonly user: () => string
  /** Sends a signal (`SIGTERM`) to everything the command started. */
  kill(signal: string): void
  /** Ends what is left and lets go of the pipes. */
  dispose(): void
}

/** Gives `command` to the login shell of an account, as sshd does. */
export function runCommand(host: Host, calls: string, command: string, user: string): Running {
  const account = host.accounts.user(user)
  const home = physical(host.root, account?.home ?? '/')
  const text = rewriteScript(Buffer.from(command).toString('latin1'), host)
  const stdio = Array.from({ length: WAKING + 1 }, (_, fd) =>
    fd < 3 || fd === CALLING || fd === WAKING ? 'pipe' : 'ignore',
  )
  const child = spawn(host.tools.sh, ['-c', Buffer.from(text, 'latin1').toString()], {
    argv0: 'sh',
    cwd: existsSync(home) ? home : host.root,
    detached: true,
    env: environment(host, user, home),
    stdio: stdio as ('pipe' | 'ignore')[],
  })
  // All pipes asked for above are there; the types know five of them at most.
  const pipes = child.stdio as unknown as readonly (Readable & Writable)[]
  const [stdin, stdout, stderr] = pipes as unknown as readonly [Writable, Readable, Readable]
  const [calling, waking] = [pipes[CALLING], pipes[WAKING]] as [Readable, Writable]
  let became = user
  const disconnect = connect(calls, { calling, waking }, (call) => {
    if (call.user !== user && call.user !== '') became = call.user
    return COMMANDS[call.name]?.(call, host) ?? { code: 127, stderr: `${call.name}: not found\n` }
  })
  calling.on('close', disconnect)
  stdin.on('error', () => {})
  const out = stdout.pipe(outputOf(host))
  const err = (host.writing === 'read-only' ? stderr.pipe(readOnlyWords(host.folder)) : stderr).pipe(outputOf(host))
  const exited = new Promise<End>((resolve) => {
    child.on('exit', (code, signal) => resolve({ code, signal }))
    child.on('error', () => resolve({ code: 127, signal: null }))
  })
  const kill = (signal: string) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal as NodeJS.Signals)
    } catch {
      // Nothing of it runs any more.
    }
  }
  return {
    stdin,
    stdout: out,
    stderr: err,
    ended: Promise.all([exited, endOf(stdout), endOf(stderr)]).then(([end]) => end),
    kill,
    user: () => became,
    dispose: () => {
      kill('SIGKILL')
      disconnect()
      for (const stream of [stdin, stdout, stderr]) stream.destroy()
    },
  }
}

function environment(host: Host, user: string, home: string): NodeJS.ProcessEnv {
  return {
    PATH: searchPath(host, user),
    HOME: home,
    USER: user,
    LOGNAME: user,
    SHELL: '/bin/bash',
    LANG: 'C.UTF-8',
    TZ: timeZone(host),
    TMPDIR: join(host.root, 'tmp'),
    SSH_CONNECTION: '127.0.0.1 50022 127.0.0.1 22',
    SANDBOX_USER: user,
  }
}

/** The real tools would go by the clock of this machine. */
function timeZone(host: Host): string {
  const file = join(host.root, 'etc/timezone')
  return (existsSync(file) && readFileSync(file, 'utf8').trim()) || 'Etc/UTC'
}

function outputOf(host: Host) {
  return virtualOutput([
    { from: Buffer.from(host.root), to: '' },
    { from: Buffer.from(join(host.folder, 'programs')), to: '/usr/local/bin' },
    { from: Buffer.from(join(host.folder, 'read-only')), to: '' },
  ])
}

function endOf(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.on('close', resolve)
    stream.on('end', resolve)
  })
}
