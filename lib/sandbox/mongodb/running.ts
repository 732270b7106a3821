import type { MongoServer } from './server.ts'

const servers = new Map<string, MongoServer>()

/** Makes a server known under the real folder of its data, for those who connect to it. */
export const announce = (folder: string, server: MongoServer): void => {
  servers.set(folder, server)
}

export const withdraw = (folder: string): void => {
  servers.delete(folder)
}

/** The server that listens on the data of this folder. */
export const serverOn = (folder: string): MongoServer | undefined => servers.get(folder)
