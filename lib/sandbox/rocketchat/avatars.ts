import { userById } from './accounts.ts'
import type { Answer } from './answers.ts'
import type { Upload, User } from './documents.ts'
import { roomById } from './rooms.ts'
import { isOn, numberOf, type ServerState } from './server-state.ts'

const colours = ['#158D65', '#7F1B9F', '#B68D00', '#E26D0E', '#10529E', '#6C727A']

/**
 * `/avatar/<name>`, `/avatar/uid/<id>`, `/avatar/room/<id>`: the picture, or a drawing with a letter. While
 * Accounts_AvatarBlockUnauthenticatedAccess is on, strangers get the drawing; headers do not make a friend (rocketchat.md 18.20).
 */
export function avatarAnswer(state: ServerState, path: string, viewer: User | undefined): Answer {
  const rest = path.slice('/avatar/'.length)
  const name = decodeURIComponent(rest)
  const open = !isOn(state, 'Accounts_AvatarBlockUnauthenticatedAccess') || viewer !== undefined
  const picture = open ? pictureOf(state, name) : undefined
  if (picture) return { ...cached(state, picture.type), body: Buffer.from(picture.content, 'base64') }
  const type = 'image/svg+xml'
  const head = open ? cached(state, type) : { status: 200, headers: { 'Content-Type': type } }
  return {
    ...head,
    body: drawing(rest.startsWith('room/') ? (roomById(state, rest.slice(5))?.name ?? rest.slice(5)) : rest),
  }
}

function pictureOf(state: ServerState, name: string): Upload | undefined {
  const username = name.startsWith('uid/') ? userById(state, name.slice(4))?.username : name
  return username === undefined ? undefined : state.db.avatars[username]
}

/** Friends may keep a picture for Accounts_AvatarCacheTime seconds. */
function cached(state: ServerState, type: string): Pick<Answer, 'status' | 'headers'> {
  const life = numberOf(state, 'Accounts_AvatarCacheTime', 3600)
  return { status: 200, headers: { 'Content-Type': type, 'Cache-Control': `public, max-age=${life}` } }
}

/** A square with the first letter or digit of the name; the length of the name picks the colour. */
function drawing(name: string): string {
  const letter = name
    .replace(/[^A-Za-z0-9]/g, '')
    .slice(0, 1)
    .toUpperCase()
  const font = `font-family="'Helvetica', 'Arial', 'Lucida Grande', 'sans-serif'" font-size="125"`
  const lines = [
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 200 200">',
    `<rect width="100%" height="100%" fill="${colours[name.length % colours.length]}"/>`,
    `<text x="50%" y="50%" dy="0.36em" text-anchor="middle" pointer-events="none" fill="#ffffff" ${font}>`,
    letter,
    '</text>',
    '</svg>',
  ]
  return lines.join('\n')
}
