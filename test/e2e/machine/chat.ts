import { request as plain } from 'node:http'
import { request as secured } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Machine } from './machine.ts'

export interface Credentials {
  readonly userId: string
  readonly token: string
}

/** Asks the API of the chat from inside its container, as Ametys would, and gives back the status and the answer. */
export async function askChat(
  machine: Machine,
  path: string,
  { as, body }: { readonly as?: Credentials; readonly body?: object } = {},
): Promise<{ readonly status: number; readonly json: { readonly [key: string]: unknown } }> {
  const headers = {
    'Content-Type': 'application/json',
    ...(as && { 'X-User-Id': as.userId, 'X-Auth-Token': as.token }),
  }
  const request = { method: body === undefined ? 'GET' : 'POST', headers, ...(body && { body: JSON.stringify(body) }) }
  const script = `const r = JSON.parse(require('fs').readFileSync(0, 'utf8'));
fetch(r.url, r.request).then(async (a) => console.log(JSON.stringify({ status: a.status, json: await a.json() })))`
  const input = JSON.stringify({ url: `http://127.0.0.1:3000${path}`, request })
  return JSON.parse(await machine.on(`docker exec -i rocketchat node -e '${script.replaceAll("'", '"')}'`, { input }))
}

export interface Got {
  readonly status: number
  readonly location: string | undefined
  readonly text: string
}

/**
 * Asks the proxy of the machine for a page of the chat `name`, from outside: over https, trusting nobody but `root` (PEM), or over
 * http without one. Rejects when the certificate is not believed.
 */
export async function askOutside(
  machine: Machine,
  name: string,
  path: string,
  { root, as }: { readonly root?: string; readonly as?: Credentials } = {},
): Promise<Got> {
  const host = /inet ([\d.]+)/.exec(await machine.on('ip -4 -o addr show eth0'))?.[1]
  const headers = { Host: name, ...(as && { 'X-User-Id': as.userId, 'X-Auth-Token': as.token }) }
  const about = { host, path, headers, agent: false, timeout: 10_000 }
  return new Promise((resolve, reject) => {
    const asked = root === undefined ? plain(about) : secured({ ...about, servername: name, ca: root })
    asked.once('error', reject).once('timeout', () => asked.destroy(new Error(`${host} does not answer`)))
    asked.once('response', (response) => {
      const { statusCode: status = 0, headers: told } = response
      text(response).then((body) => resolve({ status, location: told.location, text: body }), reject)
    })
    asked.end()
  })
}
