import { createRequire } from 'node:module'

type Library = typeof import('ssh2')

// The package as a whole also brings its server and its agents for HTTP, and with them Node's modules for HTTP and TLS,
// which take as long to load as all the rest. Its version is pinned, so the files are where they are.
const load = createRequire(import.meta.url)

export const Client = load('ssh2/lib/client.js') as Library['Client']
export const { BaseAgent, createAgent } = load('ssh2/lib/agent.js') as Pick<Library, 'BaseAgent' | 'createAgent'>
export const parseKeys = (load('ssh2/lib/protocol/keyParser.js') as Pick<Library['utils'], 'parseKey'>).parseKey
