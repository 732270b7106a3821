import { mkdtempSync, rmSync } from 'node:fs'
import net from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ssh2, { type ParsedKey } from 'ssh2'

const { AgentProtocol, utils } = ssh2

/** An SSH agent in this process. */
export interface FakeAgent {
  readonly path: string
  /** Signatures made so far. */
  readonly signed: number
  close(): Promise<void>
}

/** Starts an agent that holds these keys. */
export async function fakeAgent(
  keys: readonly { readonly private: string; readonly passphrase?: string }[],
): Promise<FakeAgent> {
  const folder = mkdtempSync(join(tmpdir(), 'connect-agent-'))
  const path = join(folder, 'agent.sock')
  const held = keys.map((key) => utils.parseKey(key.private, key.passphrase) as ParsedKey)
  let signed = 0
  const server = net.createServer((socket) => {
    const agent = new AgentProtocol(false)
    socket.on('error', () => undefined)
    agent.on('identities', (request) => agent.getIdentitiesReply(request, held))
    agent.on('sign', (request, publicKey, data, options) => {
      const key = held.find((one) => one.getPublicSSH().equals(publicKey.getPublicSSH()))
      if (key === undefined) return agent.failureReply(request)
      signed++
      agent.signReply(request, key.sign(data, options?.hash))
    })
    socket.pipe(agent).pipe(socket)
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  return {
    path,
    get signed() {
      return signed
    },
    async close() {
      await new Promise((resolve) => server.close(resolve))
      rmSync(folder, { recursive: true })
    },
  }
}
