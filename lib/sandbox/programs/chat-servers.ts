import type { RocketChatDouble } from '../rocketchat/server.ts'

/** The Rocket.Chat servers of one machine, past and present, for those who look on from outside. */
export interface ChatServers {
  add(server: RocketChatDouble): void
  remove(server: RocketChatDouble): void
  running(): readonly RocketChatDouble[]
  /** Accepted requests that changed a server, those of stopped servers included. */
  writes(): number
}

export function chatServers(): ChatServers {
  const running = new Set<RocketChatDouble>()
  let earlier = 0
  return {
    add: (server) => void running.add(server),
    remove: (server) => {
      if (running.delete(server)) earlier += server.writes
    },
    running: () => [...running],
    writes: () => [...running].reduce((sum, server) => sum + server.writes, earlier),
  }
}
