import { timingSafeEqual } from 'node:crypto'
import { createServer, type Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import ssh2, { type Connection, type ServerChannel, type Session } from 'ssh2'
import { join, socketOf } from './channel.ts'
import type { KeyPair } from './keys.ts'
import type { Running } from './process.ts'
import type { Faults } from './spec.ts'

/** What the SSH server needs from the machine behind it. */
export interface SshOptions {
  readonly hostKey: KeyPair
  /** Presented instead of `hostKey` while the fault `newHostKey` is set. */
  readonly otherHostKey: () => KeyPair
  readonly clientKey: KeyPair
  readonly faults: Faults
  readonly mayLogIn: (user: string) => boolean
  readonly run: (command: string, user: string) => Running | undefined
  /** Opens a stream to a port of the machine's loopback; undefined when nothing listens there. */
  readonly dial: (host: string, port: number) => Promise<Duplex | undefined>
  /** Takes a stream to a socket file; false when nobody listens there or the user may not. */
  readonly dialSocket: (path: string, user: string) => ((stream: Duplex) => void) | undefined
}

export interface SshDouble {
  readonly port: number
  /** Counts the commands since the start. */
  readonly commands: () => number
  /** Breaks all links, as a power cut does. */
  cut(): void
  stop(): Promise<void>
}

/** Starts an SSH server on a free port of the loopback; it knows one client key, commands, and forwarding. */
export async function startSsh(options: SshOptions): Promise<SshDouble> {
  const sockets = new Set<Socket>()
  let commands = 0
  const serve = (key: KeyPair) =>
    new ssh2.Server({ hostKeys: [key.key], ident: 'OpenSSH_9.2p1 Debian-2+deb12u3' }, (connection) => {
      connection.on('error', () => {})
      greet(connection, options, {
        count: () => {
          commands += 1
          return commands
        },
        cut,
      })
    })
  const usual = serve(options.hostKey)
  let other: ReturnType<typeof serve> | undefined
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    countBytes(socket, options.faults)
    if (options.faults.newHostKey) other ??= serve(options.otherHostKey())
    const server = options.faults.newHostKey ? other : usual
    // The types lack this method of the server; its manual has it.
    ;(server as unknown as { injectSocket(socket: Socket): void }).injectSocket(socket)
  })
  await new Promise<void>((resolve, reject) => {
    listener.once('error', reject)
    listener.listen(0, '127.0.0.1', resolve)
  })
  const address = listener.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    commands: () => commands,
    cut,
    stop: () =>
      new Promise((resolve) => {
        listener.close(() => resolve())
        cut()
      }),
  }
}

function greet(connection: Connection, options: SshOptions, link: { count(): number; cut(): void }): void {
  let user = ''
  const allowed = ssh2.utils.parseKey(options.clientKey.publicKey)
  connection.on('authentication', (context) => {
    const known = !options.faults.refuseLogin && options.mayLogIn(context.username) && !(allowed instanceof Error)
    if (!known || context.method !== 'publickey' || !sameBytes(context.key.data, allowed.getPublicSSH())) {
      context.reject(['publickey'])
      return
    }
    // The library leaves checking the signature to us; without one the client only asks whether the key would do.
    if (
      context.signature &&
      allowed.verify(context.blob ?? Buffer.alloc(0), context.signature, context.hashAlgo) !== true
    ) {
      context.reject(['publickey'])
      return
    }
    user = context.username
    context.accept()
  })
  connection.on('ready', () => {
    connection.on('session', (accept) => serveSession(accept(), user, options, link))
    connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
      void options.dial(destIP, destPort).then((target) => {
        if (target === undefined) reject()
        else join(accept(), target)
      }, reject)
    })
    connection.on('openssh.streamlocal', (accept, reject, { socketPath }) => {
      const take = options.dialSocket(socketPath, user)
      if (take === undefined) reject()
      else take(socketOf(accept()))
    })
  })
}

function serveSession(
  session: Session,
  user: string,
  options: SshOptions,
  link: { count(): number; cut(): void },
): void {
  const { faults } = options
  let running: Running | undefined
  session.on('signal', (accept, _reject, { name }) => {
    running?.kill(name.startsWith('SIG') ? name : `SIG${name}`)
    if (typeof accept === 'function') accept()
  })
  session.on('exec', (accept, _reject, { command }) => {
    const number = link.count()
    if (faults.cutAtCommand === number) {
      link.cut()
      return
    }
    const channel = accept()
    let gone = false
    channel.on('error', () => {})
    channel.on('close', () => {
      gone = true
    })
    setTimeout(() => {
      if (gone) return
      running = faults.noShell ? undefined : options.run(command, user)
      if (running === undefined) {
        channel.stderr.write(`bash: line 1: ${command.split(' ')[0]}: command not found\n`)
        channel.exit(127)
        channel.end()
      } else if (faults.cutAfterCommand === number) {
        channel.pipe(running.stdin)
        running.stdout.resume()
        running.stderr.resume()
        void running.ended.then(link.cut)
      } else carry(channel, running)
    }, faults.slow ?? 0)
  })
}

/** Moves the streams of a command through its channel and says how it ended. */
function carry(channel: ServerChannel, running: Running): void {
  channel.pipe(running.stdin)
  running.stdout.pipe(channel, { end: false })
  running.stderr.pipe(channel.stderr, { end: false })
  const both = Promise.all([drained(running.stdout), drained(running.stderr)])
  channel.on('close', () => {
    running.stdin.end()
    running.stdout.resume()
    running.stderr.resume()
  })
  void Promise.all([running.ended, both]).then(([{ code, signal }]) => {
    if (channel.destroyed) return
    if (signal !== null) channel.exit(signal.replace(/^SIG/, ''))
    else channel.exit(code ?? 0)
    channel.end()
  })
}

function drained(stream: NodeJS.ReadableStream): Promise<void> {
  return new Promise((resolve) => {
    stream.on('end', resolve)
    stream.on('close', resolve)
  })
}

function countBytes(socket: Socket, faults: Faults): void {
  const look = () => {
    const limit = faults.cutAfterBytes
    if (limit !== undefined && socket.bytesRead + socket.bytesWritten >= limit) socket.destroy()
  }
  socket.on('data', look)
  const write = socket.write.bind(socket) as (...args: unknown[]) => boolean
  socket.write = ((...args: unknown[]) => {
    const done = write(...args)
    look()
    return done
  }) as typeof socket.write
}

function sameBytes(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}
