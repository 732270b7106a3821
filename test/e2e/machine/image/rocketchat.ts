import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProgramContext } from '../../../../lib/sandbox/docker/program.ts'
import { chatServers } from '../../../../lib/sandbox/programs/chat-servers.ts'
import type { MongoUrl } from '../../../../lib/sandbox/programs/mongo-url.ts'
import { type MongoAnswer, rocketChatProgram } from '../../../../lib/sandbox/programs/rocketchat.ts'
import { endOnSignals, surroundings } from './container.ts'
import { ask } from './line.ts'
import type { Question, Reply } from './questions.ts'

/**
 * The image's `main.js`: the Rocket.Chat double as a process of its own, which looks for the primary over the network, listens on
 * PORT and keeps nothing beside the database.
 */
const KEEP_MS = 100

const folder = mkdtempSync(join(tmpdir(), 'rocketchat-'))
mkdirSync(join(folder, 'rocketchat'))
let source: MongoUrl | undefined

const mongo = async (_context: ProgramContext, url: MongoUrl): Promise<MongoAnswer> => {
  const name = nameOf(url)
  try {
    const { answer, data } = await ask<Reply>(url, { on: url, name } satisfies Question)
    if (answer.state !== 'primary') return answer
    if (data !== undefined) writeFileSync(fileOf(url), data)
    source = url
    return { ...answer, folder }
  } catch {
    return { state: 'unreachable' }
  }
}

const { context } = await surroundings({
  argv: ['node', 'main.js'],
  image: `rocket.chat:${process.env.RC_VERSION}`,
})
const program = await rocketChatProgram({ chats: chatServers(), mongo }).start(context)
const port = Number(process.env.PORT ?? 3000)
endOnSignals(program, keep)
while (program.ports[port] === undefined) await wait(50)
net
  .createServer((socket) => {
    const inside = net.connect(program.ports[port] ?? 0, '127.0.0.1')
    socket.pipe(inside).pipe(socket)
    socket.on('error', () => inside.destroy()).on('close', () => inside.destroy())
    inside.on('error', () => socket.destroy()).on('close', () => socket.destroy())
  })
  .listen(port, '0.0.0.0')

let kept = ''
for (;;) {
  await keep()
  await wait(KEEP_MS)
}

/** Hands what the double has written to the database's server, if it is news. */
async function keep(): Promise<void> {
  if (source === undefined) return
  const data = existsSync(fileOf(source)) ? readFileSync(fileOf(source), 'utf8') : kept
  if (data === kept) return
  const question: Question = { on: source, name: nameOf(source), data }
  const reply = await ask<Reply>(source, question).catch(() => undefined)
  if (reply?.answer.state === 'primary') kept = data
}

function nameOf(url: MongoUrl): string {
  return `${encodeURIComponent(url.database)}.json`
}

function fileOf(url: MongoUrl): string {
  return join(folder, 'rocketchat', nameOf(url))
}
