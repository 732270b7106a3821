import { createHash } from 'node:crypto'
import { type Answer, plain } from './answers.ts'
import type { User } from './documents.ts'
import { canAccess, roomById, subscriptionOf } from './rooms.ts'
import { isOn, type ServerState, textOf } from './server-state.ts'

const script = { 'Content-Type': 'application/javascript; charset=UTF-8', 'Cache-Control': 'public, max-age=31536000' }
const style = { 'Content-Type': 'text/css; charset=UTF-8' }
const html = { 'Content-Type': 'text/html; charset=utf-8' }

/** The addresses outside /api that are not the web page (rocketchat.md 11 and 18.15); undefined for all others. */
export function pageAnswer(
  state: ServerState,
  method: string,
  path: string,
  viewer: User | undefined,
): Answer | undefined {
  if (method !== 'GET' && method !== 'HEAD') return undefined
  if (/^\/css-theme_[0-9a-f]+\.css$/.test(path))
    return cut(css(state), { ...style, 'Cache-Control': 'public, max-age=31536000' })
  if (path === '/theme.css') return cut(css(state), style)
  if (/^\/scripts_[0-9a-f]+\.js$/.test(path)) return cut(scripts(state), script)
  if (path.startsWith('/file-upload/')) return fileAnswer(state, path, viewer)
  switch (path) {
    case '/robots.txt':
      return plain(200, 'User-agent: *\nDisallow: /')
    case '/favicon.ico':
      return plain(404, '')
    case '/meteor_runtime_config.js':
      return plain(404, '')
    case '/health':
      return state.rules.healthJson
        ? probe({ status: 'ok' })
        : plain(200, 'ok', { 'Content-Type': 'text/plain', 'Cache-Control': 'no-cache, no-store, must-revalidate' })
    case '/livez':
    case '/readyz':
      return state.rules.probes ? probe({ status: 'ok', checks: checks() }) : undefined
    default:
      return undefined
  }
}

function probe(body: { readonly [key: string]: unknown }): Answer {
  return {
    status: 200,
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, no-store, must-revalidate' },
    body: { ...body },
  }
}

function checks() {
  return { memory: { status: 'ok', percentile: 0.3 }, eventLoop: { status: 'ok', lagMs: 5 }, mongo: { status: 'ok' } }
}

/** The page of the web client, as far as anything here looks at it: links to style and scripts. */
export function webPage(state: ServerState): Answer {
  if (!state.webClient()) return plain(404, '404 Not Found', { ...html, 'Cache-Control': 'no-cache' })
  const hash = (text: string) => createHash('sha1').update(text).digest('hex')
  const theme = css(state)
  const head = [
    `<script id="scripts" type="text/javascript" src="/scripts_${hash(scripts(state))}.js"></script>`,
    ...(theme === ''
      ? []
      : [`<link id="css-theme" rel="stylesheet" type="text/css" href="/css-theme_${hash(theme)}.css">`]),
    `<title>${textOf(state, 'Site_Name')}</title>`,
  ]
  return plain(
    200,
    `<!DOCTYPE html>\n<html>\n<head>\n${head.join('\n')}\n</head>\n<body>\n<div id="rocket-chat"></div>\n</body>\n</html>\n`,
    html,
  )
}

/** The real server announces a length in characters, so every non-ASCII one cuts bytes off the end (rocketchat.md 19.8). */
function cut(text: string, headers: Readonly<Record<string, string>>): Answer {
  return { status: 200, headers, body: Buffer.from(text).subarray(0, text.length) }
}

/** The custom style. */
const css = (state: ServerState) => textOf(state, 'theme-custom-css')

/** The three custom scripts, each the body of a listener, in one file. */
function scripts(state: ServerState): string {
  const listener = (name: string) =>
    `\n// ${name}\nwindow.addEventListener('${name}', function() {\n\t${textOf(state, name)}\n})\n\n`
  const names = ['Custom_Script_Logged_Out', 'Custom_Script_Logged_In', 'Custom_Script_On_Logout']
  const ddp = isOn(state, 'API_Use_REST_For_DDP_Calls') ? 'window.USE_REST_FOR_DDP_CALLS = true;\n' : ''
  return `\n\n\n\n\n\n${ddp}\n${names.map(listener).join('')}`
}

function fileAnswer(state: ServerState, path: string, viewer: User | undefined): Answer {
  const id = path.split('/')[2]
  const file = state.db.uploads.find(({ _id }) => _id === id)
  if (!file) return plain(404, '')
  if (!mayRead(state, file.rid, viewer)) return plain(403, '')
  return {
    status: 200,
    headers: { 'Content-Type': file.type, 'Cache-Control': 'max-age=31536000' },
    body: Buffer.from(file.content, 'base64'),
  }
}

/** File protection (step 6 and 18.20): up to 6.x the second restriction, once on, shuts everybody out. */
function mayRead(state: ServerState, rid: string | undefined, viewer: User | undefined): boolean {
  if (!isOn(state, 'FileUpload_ProtectFiles')) return true
  if (!viewer) return false
  const room = roomById(state, rid)
  if (isOn(state, 'FileUpload_Restrict_to_users_who_can_access_room')) {
    const broken = !state.rules.declaredChecks
    return !broken && room !== undefined && canAccess(state, room, viewer)
  }
  if (!isOn(state, 'FileUpload_Restrict_to_room_members')) return true
  return room !== undefined && subscriptionOf(state, room._id, viewer._id) !== undefined
}
