import { spawn } from 'node:child_process'
import net, { type AddressInfo, type Socket } from 'node:net'
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2'

const { Server, utils } = ssh2

/** A key pair for a test: the private key in OpenSSH's form, the public one as a line and as bytes. */
export interface TestKey {
  readonly private: string
  readonly line: string
  readonly blob: Buffer
}

/** Makes a key pair; ed25519 unless told otherwise. A passphrase encrypts the private key, with few rounds. */
export function testKey(type: 'ed25519' | 'ecdsa' | 'rsa' = 'ed25519', passphrase?: string): TestKey {
  const bits = type === 'ecdsa' ? 256 : 2048
  const options = { bits, ...(passphrase !== undefined && { passphrase, cipher: 'aes256-ctr', rounds: 2 }) }
  const pair = utils.generateKeyPairSync(type as 'rsa', options as never)
  return { private: pair.private, line: pair.public, blob: Buffer.from(pair.public.split(' ')[1] ?? '', 'base64') }
}

export interface FakeServerOptions {
  readonly hostKeys: readonly string[]
  /** Who may log in. */
  readonly user?: string
  readonly keys?: readonly Buffer[]
  readonly password?: string
  /** Answers to keyboard-interactive questions that let in. */
  readonly answers?: readonly string[]
  /** Questions asked; by default one that hides what is typed. */
  readonly questions?: readonly { readonly prompt: string; readonly echo: boolean }[]
  /** Let anybody in. */
  readonly open?: boolean
  /** Sessions at a time, as MaxSessions. */
  readonly maxSessions?: number
  /** Program that stands for the login shell. */
  readonly shell?: string
  readonly env?: NodeJS.ProcessEnv
  /** Refuses streams to sockets, ports, or commands. */
  readonly refuse?: 'sockets' | 'ports' | 'commands'
  /** Connections closed before the greeting, as a mapped port does while sshd starts. */
  readonly closeFirst?: number
}

/** An SSH server in this process that runs commands with the local shell. */
export interface FakeServer {
  readonly port: number
  /** Sessions open at the same time, at most. */
  readonly busiest: number
  /** Sessions refused because too many were open. */
  readonly refused: number
  readonly connections: number
  /** Sessions opened so far. */
  readonly sessions: number
  /** Breaks every TCP connection, as a cable pulled out and put back. */
  cut(): void
  close(): Promise<void>
}

/** Starts the server on a free port of the loopback interface. */
export async function fakeServer(options: FakeServerOptions): Promise<FakeServer> {
  const sockets = new Set<Socket>()
  const ends = new Set<() => void>()
  let open = 0
  let busiest = 0
  let refused = 0
  let connections = 0
  let sessions = 0
  let closeFirst = options.closeFirst ?? 0

  const server = new Server({ hostKeys: [...options.hostKeys] }, (client: Connection) => {
    client.on('error', () => undefined)
    client.on('authentication', (context) => authenticate(context, options))
    client.on('ready', () => {
      client.on('session', (accept, reject) => {
        if (open >= (options.maxSessions ?? 10)) {
          refused++
          return reject()
        }
        open++
        sessions++
        busiest = Math.max(busiest, open)
        const session = accept()
        session.once('close', () => open--)
        session.on('exec', (acceptExec, rejectExec, { command }) => {
          if (options.refuse === 'commands') return rejectExec()
          run(acceptExec(), command, options, ends)
        })
        session.on('signal', (acceptSignal) => acceptSignal?.())
      })
      // Without a listener the library answers "administratively prohibited", as sshd does.
      if (options.refuse !== 'ports') {
        client.on('tcpip', (accept, reject, { destIP, destPort }) =>
          bridge(net.connect(destPort, destIP), accept, reject),
        )
      }
      if (options.refuse !== 'sockets') {
        client.on('openssh.streamlocal', (accept, reject, { socketPath }) =>
          bridge(net.connect(socketPath), accept as () => ServerChannel, reject),
        )
      }
    })
  })

  const front = net.createServer({ allowHalfOpen: true }, (socket) => {
    connections++
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    if (closeFirst > 0) {
      closeFirst--
      socket.destroy()
      return
    }
    socket.setNoDelay(true)
    server.injectSocket(socket)
  })
  await new Promise<void>((resolve) => front.listen(0, '127.0.0.1', resolve))
  return {
    port: (front.address() as AddressInfo).port,
    get busiest() {
      return busiest
    },
    get refused() {
      return refused
    },
    get connections() {
      return connections
    },
    get sessions() {
      return sessions
    },
    cut() {
      for (const socket of sockets) socket.resetAndDestroy()
    },
    async close() {
      for (const end of ends) end()
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => front.close(resolve))
    },
  }
}

function authenticate(context: AuthContext, options: FakeServerOptions): void {
  const methods = [
    ...(options.keys ? ['publickey' as const] : []),
    ...(options.password === undefined ? [] : ['password' as const]),
    ...(options.answers ? ['keyboard-interactive' as const] : []),
  ]
  const decide = (yes: boolean) => {
    if (yes) context.accept()
    else context.reject(methods.length > 0 ? methods : ['publickey'])
  }
  if (options.open) decide(true)
  else if (context.username !== (options.user ?? 'ops')) decide(false)
  else if (context.method === 'password') decide(context.password === options.password)
  else if (context.method === 'publickey') {
    const { key, signature, blob, hashAlgo } = context
    const known = options.keys?.some((one) => one.equals(key.data)) ?? false
    const parsed = utils.parseKey(`${key.algo} ${key.data.toString('base64')}`)
    const proven =
      signature === undefined || (!(parsed instanceof Error) && parsed.verify(blob ?? '', signature, hashAlgo))
    decide(known && proven)
  } else if (context.method === 'keyboard-interactive' && options.answers) {
    const wanted = JSON.stringify(options.answers)
    const questions = options.questions ?? [{ prompt: 'Password: ', echo: false }]
    context.prompt([...questions], (given) => decide(JSON.stringify(given) === wanted))
  } else decide(false)
}

function run(channel: ServerChannel, command: string, options: FakeServerOptions, ends: Set<() => void>): void {
  const child = spawn(options.shell ?? '/bin/sh', ['-c', command], {
    detached: true,
    env: options.env ?? process.env,
  })
  const end = () => {
    try {
      process.kill(-(child.pid ?? 0), 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
  ends.add(end)
  channel.pipe(child.stdin)
  child.stdin.on('error', () => channel.resume())
  channel.on('error', () => undefined)
  channel.on('close', () => child.stdin.end())
  child.stdout.pipe(channel, { end: false })
  child.stderr.pipe(channel.stderr, { end: false })
  child.once('exit', (code, signal) => {
    if (signal === null) channel.exit(code ?? 0)
    else channel.exit(signal.slice(3))
  })
  child.once('close', () => {
    ends.delete(end)
    channel.end()
  })
}

function bridge(socket: Socket, accept: () => ServerChannel, reject: () => void): void {
  socket.once('error', reject)
  socket.once('connect', () => {
    socket.off('error', reject)
    socket.on('error', () => undefined)
    const channel = accept()
    channel.on('error', () => undefined)
    socket.once('close', () => channel.end())
    socket.pipe(channel).pipe(socket)
  })
}
