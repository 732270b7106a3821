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
