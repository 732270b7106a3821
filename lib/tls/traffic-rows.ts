import { problem } from '../task.ts'
import { causeOf, open, type Row, row } from './rows.ts'
import { type Expected, isTrouble, type Outside } from './seen.ts'
import { warn } from './warn.ts'

/** A web socket that opens and speaks: without it a browser shows "connecting in … seconds" for ever (rocketchat.md 13.4). */
export function socketRow({ url }: Expected, { socket }: Outside): Row {
  const check = 'Web socket'
  const address = `${url.protocol === 'https:' ? 'wss' : 'ws'}://${url.host}/websocket`
  if (socket === undefined) return open(check, 'was not looked at')
  if (isTrouble(socket))
    return row(
      check,
      causeOf(socket),
      problem('websocket-silent', `the web socket does not open: ${causeOf(socket)}`, {
        detail: socket.message,
        mend: `see that the proxy forwards ${address} and keeps such connections open`,
      }),
    )
  if ('session' in socket) return row(check, 'opens, and Rocket.Chat greets over it')
  if ('said' in socket)
    return row(
      check,
      `opens, but says ${socket.said}`,
      problem('websocket-mute', 'the web socket opens, but Rocket.Chat does not greet over it', {
        detail: `what came: ${socket.said}`,
        mend: 'see that the proxy passes the data of upgraded connections on, unbuffered and unchanged, and that it leads to Rocket.Chat',
      }),
    )
  const { status, server, text } = socket
  const who = server === '' ? '' : ` by ${server}`
  const unready = status === 502 || status === 503 || status === 504
  return row(
    check,
    `is answered with status ${status}${who} instead of 101`,
    unready
      ? problem('websocket-unready', `the proxy cannot open a web socket to Rocket.Chat (status ${status})`, {
          detail: text,
          mend: 'see whether Rocket.Chat runs, and whether the proxy leads /websocket to the same place as the rest',
        })
      : problem('websocket-refused', `the proxy does not pass web sockets on: status ${status}${who} instead of 101`, {
          detail: text,
          mend: 'let the proxy forward /websocket and /sockjs over HTTP/1.1 with the headers Upgrade and Connection',
        }),
  )
}

/**
 * A file of the permitted size, sent to an address that refuses strangers. Rocket.Chat refuses them before it has read everything,
 * so the row says how much had passed; a proxy with a limit mostly refuses the announced size.
 */
export function uploadRow({ upload }: Outside): Row | undefined {
  const check = 'Upload'
  if (upload === undefined) return undefined
  const mend =
    'raise the limit of the proxy to at least FileUpload_MaxFileSize (nginx: client_max_body_size; Apache: LimitRequestBody)'
  if (isTrouble(upload)) {
    const { sent = 0, size = 0 } = upload
    if (upload.code === 'LATE' && sent > 0 && sent < size)
      return row(
        check,
        `${megabytes(sent)} of ${megabytes(size)} had gone out when the time was over`,
        warn('upload-slow', 'the line from here is too slow to see an upload of the permitted size to its end', {
          detail: upload.message,
          mend: 'look from a faster line, or send less (upload_size)',
        }),
      )
    const cut = ['ECONNRESET', 'EPIPE', 'FAILED', 'ECONNABORTED'].includes(upload.code)
    return row(
      check,
      causeOf(upload),
      cut
        ? problem('upload-cut', 'an upload of the permitted size is cut off on its way', {
            detail: upload.message,
            mend,
          })
        : problem('upload-silent', `an upload of the permitted size gets no answer: ${causeOf(upload)}`, {
            detail: upload.message,
            mend: 'see whether the proxy waits long enough for uploads; a smaller size of the test is set with upload_size',
          }),
    )
  }
  const { status, server, sent, size } = upload
  const passed =
    sent >= size
      ? `${megabytes(size)} went out whole`
      : `${megabytes(size)} announced, ${megabytes(sent)} sent before the answer`
  const said = `${passed}: status ${status}`
  if (status === 413)
    return row(
      check,
      said,
      problem(
        'upload-limit',
        `uploads of ${megabytes(size)} are refused as too large${server === '' ? '' : ` by ${server}`}`,
        {
          mend,
        },
      ),
    )
  if (status >= 400 && status < 500)
    return row(check, `${said}, as strangers are refused by Rocket.Chat; nothing is kept`)
  return row(
    check,
    said,
    problem('upload-failed', `an upload is answered with status ${status}`, {
      detail: upload.text,
      mend: status >= 500 ? 'see why the proxy does not reach Rocket.Chat' : 'see what answers at the public address',
    }),
  )
}

function megabytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.ceil(bytes / 1000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
