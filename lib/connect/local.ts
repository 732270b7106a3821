import net, { type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import { execa } from 'execa'
import type { Connection, Traffic } from '../core/connection.ts'
import { ConnectError, problem } from '../core/diagnostic.ts'
import { dialTrouble } from './dial-trouble.ts'
import { shellConnection } from './shell-connection.ts'
import type { Channel, Endpoint, Transport } from './transport.ts'

/**
 * This machine as a host: the same scripts, marks and sudo as over SSH, without a link. `user` is the account that runs
 * us; `shell` stands for its login shell and is /bin/sh unless a test says otherwise.
 */
export function connectLocal(options: { readonly user: string; readonly shell?: string }): Required<Connection> {
  const traffic: Traffic = { shell: 0, docker: 0, streams: 0, sent: 0, received: 0 }
  const transport: Transport = {
    label: 'this machine',
    user: options.user,
    traffic,
    lost: undefined,
    open: (command) => start(options.shell ?? '/bin/sh', command, traffic),
    stream: (endpoint) => dial(endpoint, traffic),
    close: async () => undefined,
  }
  return shellConnection(transport)
}

/** Own process group, so that stopping a command cannot reach us. */
async function start(shell: string, command: string, traffic: Traffic): Promise<Channel> {
  const child = execa(shell, ['-c', command], {
    stdin: 'pipe',
    stdout: 'pipe',
    stderr: 'pipe',
    buffer: false,
    reject: false,
    encoding: 'buffer',
    detached: true,
  })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', (cause) =>
      reject(
        new ConnectError(
          problem('no-shell', `${shell} could not be started on this machine`, { detail: cause.message }),
          { cause },
        ),
      ),
    )
  })
  const count = (chunk: Buffer) => {
    traffic.received += chunk.length
  }
  child.stdout.on('data', count)
  child.stderr.on('data', count)
  child.stdin.once('close', () => {
    traffic.sent += (child.stdin as Socket).bytesWritten
  })
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    closed: new Promise((resolve) => {
      child.once('close', (code, signal) => resolve({ code: code ?? undefined, signal: signal ?? undefined }))
    }),
    close() {
      child.stdin.destroy()
      child.stdout.destroy()
      child.stderr.destroy()
      child.unref()
    },
  }
}

function dial(endpoint: Endpoint, traffic: Traffic): Promise<Duplex> {
  return new Promise((resolve, reject) => {
    const socket = net.connect('socket' in endpoint ? { path: endpoint.socket } : endpoint)
    socket.once('error', (error) => reject(dialTrouble(endpoint, 'this machine', error)))
    socket.once('connect', () => {
      socket.setNoDelay(true)
      socket.removeAllListeners('error')
      socket.once('close', () => {
        traffic.sent += socket.bytesWritten
        traffic.received += socket.bytesRead
      })
      resolve(socket)
    })
  })
}
