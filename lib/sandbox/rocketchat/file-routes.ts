import { refuse, unauthorized } from './answers.ts'
import { bodyText, type Call, caller, type Route } from './call.ts'
import type { Doc, Message, Room, Upload, User } from './documents.ts'
import { objectId } from './ids.ts'
import { enterToWrite, markdown, write } from './messages.ts'
import { canAccess, roomById } from './rooms.ts'
import { numberOf, type ServerState, stamp, textOf } from './server-state.ts'
import { uploadedFile } from './uploads.ts'

/** Files in rooms: the old one-step upload (gone in 8.0) and the one in two steps. */
export const fileRoutes: readonly Route[] = [
  { method: 'POST', path: 'rooms.upload/:rid', releases: { before: '8.0' }, act: upload },
  { method: 'POST', path: 'rooms.media/:rid', act: media },
  { method: 'POST', path: 'rooms.mediaConfirm/:rid/:fileId', act: confirm },
]

function target(call: Call): { room: Room; user: User } {
  const { state, params } = call
  const user = caller(call)
  const room = roomById(state, params.rid)
  if (!room || !canAccess(state, room, user)) throw unauthorized()
  return { room, user }
}

function keep(call: Call, room: Room, user: User): { file: Upload; fields: Doc } {
  const { state } = call
  const { part, fields } = uploadedFile(call, 'file')
  const type = part.type ?? ''
  const listed = (id: string) =>
    textOf(state, id)
      .split(',')
      .map((each) => each.trim())
      .filter((each) => each !== '')
  const [white, black] = [listed('FileUpload_MediaTypeWhiteList'), listed('FileUpload_MediaTypeBlackList')]
  const hits = (pattern: string) =>
    pattern === type || (pattern.endsWith('/*') && type.startsWith(pattern.slice(0, -1)))
  if (black.some(hits) || (white.length > 0 && !white.some(hits)))
    throw refuse('error-invalid-file-type', 'File type is not accepted.')
  const most = numberOf(state, 'FileUpload_MaxFileSize', -1)
  if (most > -1 && part.content.length > most) throw refuse('error-file-too-large', 'File is too large')
  const file: Upload = {
    _id: objectId(state.now()),
    name: part.filename ?? '',
    type,
    size: part.content.length,
    rid: room._id,
    userId: user._id,
    content: part.content.toString('base64'),
    uploadedAt: stamp(state),
  }
  state.db.uploads.push(file)
  return { file, fields }
}

function upload(call: Call): Doc {
  const { room, user } = target(call)
  const { file, fields } = keep(call, room, user)
  return { message: announce(call.state, room, user, file, fields) }
}

function media(call: Call): Doc {
  const { room, user } = target(call)
  const { file } = keep(call, room, user)
  return { file: { _id: file._id, url: addressOf(file) } }
}

function confirm(call: Call): Doc {
  const { state, params, body } = call
  const { room, user } = target(call)
  const file = state.db.uploads.find(({ _id, rid }) => _id === params.fileId && rid === room._id)
  if (!file) throw refuse('invalid-file')
  const known = state.db.messages.find((each) => (each.file as Doc | undefined)?._id === file._id)
  const message = announce(state, room, user, file, { ...body, msg: bodyText(call, 'msg') })
  return { message: known ? shown(known) : message }
}

const addressOf = ({ _id, name }: Upload) => `/file-upload/${_id}/${encodeURIComponent(name)}`

/** The message that carries a file. */
function announce(state: ServerState, room: Room, user: User, file: Upload, fields: Doc): Doc {
  enterToWrite(state, room, user)
  const short = { _id: file._id, name: file.name, type: file.type, size: file.size, format: '' }
  const message = write(state, room, user, {
    msg: typeof fields.msg === 'string' ? fields.msg : '',
    groupable: false,
    file: short,
    files: [short],
    attachments: [attachment(file, fields.description)],
    ...(typeof fields.tmid === 'string' && { tmid: fields.tmid }),
  })
  return shown(message)
}

function attachment(file: Upload, description: unknown): Doc {
  const text = typeof description === 'string' && description !== '' ? description : undefined
  const url = addressOf(file)
  const image = file.type.startsWith('image/')
  return {
    ts: new Date(0).toISOString(),
    title: file.name,
    title_link: url,
    title_link_download: true,
    type: 'file',
    ...(text !== undefined && { description: text, descriptionMd: markdown(text) }),
    ...(image
      ? { image_url: url, image_type: file.type, image_size: file.size }
      : { format: (file.name.split('.').at(-1) ?? '').toUpperCase(), size: file.size }),
  }
}

/** What the upload routes answer of the message; the lists of mentions come later in the real server. */
function shown(message: Message): Doc {
  const { groupable, mentions, channels, ...rest } = message
  return rest
}
