import { attributeArgs } from '../../lib/posix/arguments.ts'
import { conditionScript, readCondition } from '../../lib/posix/command.ts'
import { type Look, readLook } from '../../lib/posix/look.ts'
import { applyPlace, type PlaceData, placeResult } from '../../lib/posix/place.ts'
import {
  type Answer,
  type Change,
  type Diagnostic,
  type Finding,
  type HttpAnswer,
  type HttpRequest,
  problem,
  type Query,
  type Result,
  run,
  s,
  task,
  type Value,
} from '../../lib/task.ts'
import { answerValues } from '../../lib/web/answer-values.ts'
import { bodyFormats, bodyOf } from '../../lib/web/body.ts'
import { checkUrl, webArgs } from '../../lib/web/request.ts'
import { checkStatus, codesOf, noAnswer } from '../../lib/web/status.ts'
import { isSafe, shownRequest, type UriWish, uriRequest } from '../../lib/web/uri-request.ts'
import { destScript, placing, send } from '../../lib/web/uri-send.ts'

interface State {
  /** Why nothing is sent, by `creates` or `removes`. */
  readonly reason: string | undefined
  readonly look: Look | undefined
  /** What a request that changes nothing was answered. */
  readonly page: HttpAnswer | { readonly trouble: Diagnostic } | undefined
  readonly request: HttpRequest
}

type Data =
  | { readonly kind: 'send'; readonly request: HttpRequest }
  | { readonly kind: 'place'; readonly place: PlaceData; readonly values: { readonly [key: string]: Value } }

export default task({
  summary: 'A web server has answered as it should, asked from the host.',
  args: s.args({
    ...webArgs(),
    method: s
      .string('GET, HEAD and OPTIONS ask, also in a check; all others are taken to change something.')
      .default('GET'),
    body: s.any('What is sent; lists and mappings become what body_format says. May hold secrets.').optional(),
    body_format: s.choice(bodyFormats, 'How the body is written.').default('raw'),
    src: s
      .union(
        s.file(''),
        s.string(''),
        'File to send instead of a body: beside the playbook, or of the host with remote_src.',
        {
          source: 'file',
          sourceUnless: 'remote_src',
        },
      )
      .optional(),
    remote_src: s.boolean('The file to send is on the host.').default(false),
    status_code: s
      .list(s.union(s.int(''), s.string(''), 'A status.'), 'Statuses that are right; all others fail the task.')
      .default([200]),
    return_content: s.boolean('Also return the text of the answer.').default(false),
    timeout: s.int('Seconds without a byte until it is given up.').default(30),
    follow_redirects: s
      .choice(
        ['all', 'no', 'none', 'safe', 'urllib2', 'yes'],
        'Which redirects are followed; safe: those of GET and HEAD.',
      )
      .default('safe'),
    creates: s.string('Path or pattern on the host; when something like it exists, nothing is sent.').optional(),
    removes: s.string('Path or pattern on the host; when nothing like it exists, nothing is sent.').optional(),
    dest: s
      .string('File on the host that the answer is written to; it is changed when its content differs.')
      .optional(),
    ...attributeArgs(),
    unix_socket: s.string('Socket file on the host to ask, instead of the address in the URL.').optional(),
    force: s.boolean('Ask also caches on the way to get it anew.').default(false),
  }),
  examples: [
    `name: Wait until the server answers
uri:
  url: http://127.0.0.1:3000/api/info
register: info
until: info.status == 200
retries: 60
delay: 5`,
    `name: Tell the monitoring
uri:
  url: https://monitoring.example.org/api/hosts
  method: POST
  body_format: json
  body: { name: "{{ inventory_hostname }}" }
  headers: { authorization: "Bearer {{ monitoring_token }}" }
  status_code: [201, 409]`,
  ],
  returns: {
    status: 'Status of the answer; -1 when there was none.',
    url: 'Where the answer came from.',
    redirected: 'Was it somewhere else than asked?',
    content: 'Text of the answer, with return_content.',
    json: 'What the answer says, when it is JSON.',
    cookies: 'Cookies by name.',
    cookies_string: 'The same as one line for a header.',
    elapsed: 'Seconds that it took.',
    msg: 'How it went, in words.',
    path: 'File that the answer was written to.',
  },

  validate: ({ url, method, body, body_format, src, status_code }): readonly Finding[] => {
    const found: Finding[] = [...checkUrl(url)]
    const add = (name: string, message: string, mend: string) =>
      found.push({ path: [name], diagnostic: problem('wrong-argument', message, { mend }) })
    if (!/^[A-Za-z]+$/.test(method)) add('method', `"${method}" is no method`, 'write one word such as GET or POST')
    if (body !== undefined && src !== undefined) add('src', 'uri takes body or src, not both', 'remove one of them')
    if (codesOf(status_code).some((code) => !(code >= 100 && code <= 599)))
      add('status_code', 'a status is a number from 100 to 599', 'write them as a list: [200, 201]')
    if (body !== undefined && body !== null) {
      try {
        bodyOf(body, body_format)
      } catch (error) {
        if (!(error instanceof RangeError)) throw error
        add('body', error.message, `write it in the form that body_format: ${body_format} needs`)
      }
    }
    return found
  },
  probe: (args, context) => {
    const request = uriRequest(args, context)
    const { creates, removes, dest } = args
    const conditional = creates !== undefined || removes !== undefined
    const asks = isSafe(request) && !conditional
    const ask: Query[] = []
    const place = (query: Query | undefined) => (query === undefined ? undefined : ask.push(query) - 1)
    const condition = place(conditional ? { on: 'shell', script: conditionScript(conditions(args)) } : undefined)
    const look = place(dest === undefined ? undefined : { on: 'shell', script: destScript(dest, request) })
    const page = place(asks ? { on: 'http', request } : undefined)
    const read = (answers: readonly Answer[]): State => ({
      request,
      reason: condition === undefined ? undefined : readCondition(conditions(args), answers[condition]),
      look: look === undefined ? undefined : readLook(answers[look]),
      page: page === undefined ? undefined : pageOf(answers[page]),
    })
    return { ask, inTurn: asks, read }
  },
  diff: (args, state): readonly Change<Data>[] => {
    const { reason, page, request, look } = state
    if (reason !== undefined) return []
    if (page === undefined)
      return [{ ...run(`${request.method} ${request.url}`, undefined), ...shownRequest(args, request) }]
    const wanted = codesOf(args.status_code)
    if ('trouble' in page) throw noAnswer(page.trouble, request.url, wanted)
    checkStatus(page, wanted, args.return_content)
    if (look === undefined || page.status === 304) return []
    const values = { ...answerValues(page, args.return_content), path: look.path }
    // The next answer may be another one, so this is not looked at again afterwards.
    return placing(look, page.bytes, args).map((change) => ({
      ...change,
      action: 'run',
      data: { kind: 'place', place: change.data, values },
    }))
  },
  apply: async (change, io, args): Promise<Result | undefined> => {
    const { data } = change
    if (data.kind === 'send') return send(data.request, io, args)
    const result = await applyPlace({ ...change, data: data.place }, io)
    return { values: { ...data.values, ...result?.values } }
  },
  result: (args, { reason, page, look }) => {
    if (reason !== undefined) return { values: { stdout: `skipped, ${reason}` } }
    if (page === undefined || 'trouble' in page) return {}
    const values = answerValues(page, args.return_content)
    return { values: look === undefined ? values : { ...values, ...placeResult(look).values, url: page.url } }
  },
})

function conditions({ creates, removes }: Pick<UriWish, 'creates' | 'removes'>) {
  return { creates, removes, stdin_add_newline: true, strip_empty_ends: true }
}

function pageOf(answer: Answer | undefined): State['page'] {
  if (answer && answer.code !== -1) return answer.json as HttpAnswer
  const unknown = problem('no-answer', 'the host gave no answer to this question')
  return { trouble: (answer?.json as Diagnostic | undefined) ?? answer?.unavailable ?? unknown }
}
