import { type Answer, plain } from './answers.ts'
import { isOn, type ServerState, textOf } from './server-state.ts'

const plainHeaders = 'Origin, X-Requested-With, Content-Type, Accept, X-User-Id, X-Auth-Token'
const allHeaders = `${plainHeaders}, x-visitor-token, Authorization`
const noStore = { 'Cache-Control': 'no-store' }

/** Headers that every answer of the API carries; in 7.x those about origins only while CORS is on. */
export function apiHeaders(state: ServerState, origin: string | undefined): Record<string, string> {
  if (state.rules.cors === 'every-request') {
    if (!isOn(state, 'API_Enable_CORS')) return noStore
    const allowed = textOf(state, 'API_CORS_Origin') === '*' ? '*' : (origin ?? '')
    return {
      ...noStore,
      ...(allowed !== '' && { 'Access-Control-Allow-Origin': allowed, 'Access-Control-Allow-Headers': allHeaders }),
    }
  }
  const listed = state.rules.cors === 'preflight' ? plainHeaders : allHeaders
  return { 'Access-Control-Allow-Origin': '*', 'Access-Control-Allow-Headers': listed, ...noStore }
}

/** The answer to OPTIONS on a route (rocketchat.md step 5 and 19.1). */
export function preflight(state: ServerState, origin: string | undefined, method: string | undefined): Answer {
  const open = { 'Access-Control-Allow-Origin': '*', ...noStore }
  if (origin === undefined && method === undefined) return plain(200, '', open)
  if (!isOn(state, 'API_Enable_CORS'))
    return plain(405, 'CORS not enabled. Go to "Admin > General > REST Api" to enable it.', open)
  const headers = {
    'Access-Control-Allow-Headers': allHeaders,
    'Access-Control-Allow-Methods': 'GET, POST, PUT, DELETE, HEAD, PATCH',
    ...noStore,
  }
  const setting = textOf(state, 'API_CORS_Origin')
  if (setting === '*') return plain(200, '', { ...headers, 'Access-Control-Allow-Origin': '*' })
  if (origin !== undefined && origins(setting).includes(origin))
    return plain(200, '', { ...headers, 'Access-Control-Allow-Origin': origin, Vary: 'Origin' })
  return state.rules.cors === 'preflight' ? plain(200, '', open) : plain(403, 'Invalid origin', noStore)
}

const origins = (setting: string) => setting.split(',').map((each) => each.trim().toLowerCase())

/** What 7.x answers to any call from a foreign page while CORS is on with a list; undefined when the call may go on. */
export function foreignOrigin(state: ServerState, origin: string | undefined): Answer | undefined {
  if (state.rules.cors !== 'every-request' || origin === undefined || !isOn(state, 'API_Enable_CORS')) return undefined
  const setting = textOf(state, 'API_CORS_Origin')
  return setting === '*' || origins(setting).includes(origin) ? undefined : plain(403, '')
}
