import { chownSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type {
  ExecRequest,
  ExecResult,
  Peer,
  ProgramContext,
  RunningProgram,
} from '../../../../lib/sandbox/docker/program.ts'
import { writeWhole } from '../../../../lib/sandbox/docker/store.ts'
import { ownNames } from '../../../../lib/sandbox/mongodb/container.ts'
import { readData } from '../../../../lib/sandbox/mongodb/data.ts'
import { askMongo } from '../../../../lib/sandbox/programs/ask-mongo.ts'
import { mongodbProgram } from '../../../../lib/sandbox/programs/mongodb.ts'
import { endOnSignals, surroundings } from './container.ts'
import { answering } from './line.ts'
import type { Question } from './questions.ts'

/**
 * The image's entrypoint with a server behind it: drops root as the real one does, then runs the MongoDB double as a process that
 * listens on 27017 for the Rocket.Chat of this image's sister, and on a socket file for `mongosh`.
 */
const MONGODB = 999
const PORT = 27_017
const SOCKET = '/tmp/mongodb-27017.sock'
const DATA = '/data/db'

if (process.getuid?.() === 0) {
  mkdirSync(DATA, { recursive: true })
  for (const name of ['', ...readdirSync(DATA, { recursive: true, encoding: 'utf8' })]) {
    chownSync(join(DATA, name), MONGODB, MONGODB)
  }
  process.setgroups?.([MONGODB])
  process.setgid?.(MONGODB)
  process.setuid?.(MONGODB)
}

const argv = ['docker-entrypoint.sh', ...process.argv.slice(2)]
const { context: bare, learn } = await surroundings({ argv, image: `mongo:${process.env.MONGO_VERSION}` })
let program: RunningProgram | undefined
const self = {
  argv,
  path: (inContainer: string) => inContainer,
  port: (port: number) => program?.ports[port],
} as unknown as Peer
const context: ProgramContext = { ...bare, peer: (host) => (ownNames(bare).has(host) ? self : undefined) }
await learn(hostsIn(JSON.stringify(readData(DATA) ?? {})))
program = await mongodbProgram().start(context)
endOnSignals(program)

rmSync(SOCKET, { force: true })
answering(async (request: Omit<ExecRequest, 'stdin'> & { readonly stdin: string }): Promise<ExecResult> => {
  await learn(hostsIn([...request.cmd, request.stdin].join(' ')))
  const given = { ...request, stdin: async () => Buffer.from(request.stdin) }
  return (await program?.exec?.(given)) ?? { code: 127, stderr: `${request.cmd[0]}: not found\n` }
}).listen(SOCKET)

while (program.ports[PORT] === undefined) await wait(50)
answering(async ({ on, name, data }: Question) => {
  const answer = await askMongo(context, on)
  if (answer.state !== 'primary') return { answer }
  const file = join(answer.folder, 'rocketchat', name)
  mkdirSync(join(answer.folder, 'rocketchat'), { recursive: true, mode: 0o700 })
  if (data !== undefined) writeWhole(file, data)
  return { answer, data: data === undefined ? read(file) : undefined }
}).listen(PORT, '0.0.0.0')

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

/** Everything in a text that looks like a member of a replica set: host and port. */
function hostsIn(text: string): readonly string[] {
  return [...text.matchAll(/([\w.-]+):\d{2,5}\b/g)].map(([, host = '']) => host)
}
