import { type Answer, type Diagnostic, problem, type Query, s, TaskError, task } from '../../lib/task.ts'

interface Page {
  readonly status: number
  readonly contentType: string
  readonly text: string
}

/** What the observer `http` sees (lib/observe/http.ts). */
type SeenPage = Page | { readonly code: string; readonly message: string }

interface State {
  /** The chat at its public address, from this machine. */
  readonly chat: SeenPage | undefined
  /** The back office from the host of the chat; undefined when there is no link to it. */
  readonly backOffice: SeenPage | undefined
}

interface Verdict {
  readonly line: string
  readonly wrong: boolean
}

export default task({
  summary: 'Chat, Ametys and browsers reach each other, as far as that can be seen from here; what cannot is said.',
  args: s.args({
    chat: s.string('Public address of the chat.'),
    back_office: s.string('Address of the Ametys back office.'),
    from_host: s
      .boolean(
        'There is a link to the host of the chat, so that the back office can be looked at from there; default true.',
      )
      .default(true),
    required: s.boolean('Fail when something cannot be reached, instead of warning; default false.').default(false),
  }),
  examples: ['ametys_reachability: { chat: "https://chat.example.org", back_office: "https://cms.example.org" }'],
  returns: { reached: 'true when everything that could be looked at was reached' },

  probe: ({ chat, back_office, from_host }, context) => {
    const ca = context.variable('rocketchat_ca_file')
    const look = (url: string): Query => ({
      on: 'controller',
      observe: 'http',
      input: { url, ...(typeof ca === 'string' && { ca }) },
    })
    // Every version answers /api/info without a sign-in, with JSON (rocketchat.md 11).
    return {
      ask: [
        look(new URL('/api/info', chat).href),
        ...(from_host ? [{ ...look(back_office), from: 'host' } as Query] : []),
      ],
      evenWithout: true,
      read: ([chat, backOffice]): State => ({ chat: pageOf(chat), backOffice: pageOf(backOffice) }),
    }
  },

  diff: (args, state) => {
    const wrong = verdicts(args, state).filter((one) => one.wrong)
    if (wrong.length > 0 && args.required) throw new TaskError(unreached(wrong))
    return []
  },

  result: (args, state) => {
    const all = verdicts(args, state)
    const wrong = all.filter((one) => one.wrong)
    return {
      // What does not work is said by the warning.
      message: all.flatMap(({ line, wrong: is }) => (is ? [] : [line])).join('\n'),
      values: { reached: wrong.length === 0 },
      ...(wrong.length > 0 && { warnings: [{ ...unreached(wrong), severity: 'warning' as const }] }),
    }
  },
})

function pageOf(answer: Answer | undefined): SeenPage | undefined {
  return answer?.ok === true ? (answer.json as SeenPage) : undefined
}

/** The three directions of the manual, one sentence each. */
function verdicts(
  args: { readonly chat: string; readonly back_office: string; readonly from_host: boolean },
  state: State,
): readonly Verdict[] {
  const chat = judged(args.chat, state.chat, isChat)
  return [
    say('Ametys to chat', chat, 'as seen from this machine; the machine of Ametys itself could not be asked'),
    say('browsers to chat', chat, 'as seen from this machine, which stands in for them'),
    args.from_host
      ? say(
          'chat to Ametys',
          judged(args.back_office, state.backOffice, isPage),
          'as seen from the host of the chat; from inside its container could not be looked',
        )
      : {
          line: `chat to Ametys: not checked, as there is no link to the host of the chat: open ${args.back_office} from there`,
          wrong: false,
        },
  ]
}

interface Judged {
  readonly text: string
  readonly wrong: boolean
  /** Nothing could be found out. */
  readonly open?: true
}

function say(direction: string, { text, wrong, open }: Judged, eyes: string): Verdict {
  return { line: open ? `${direction}: not checked, ${text}` : `${direction}: ${text} (${eyes})`, wrong }
}

function judged(url: string, page: SeenPage | undefined, isRight: (page: Page) => string | undefined): Judged {
  if (page === undefined) return { text: `nothing could be asked about ${url}`, wrong: false, open: true }
  if ('code' in page) {
    return page.code === 'REHEARSAL'
      ? { text: `${page.message}: ${url} was not looked at`, wrong: false, open: true }
      : { text: `${url} cannot be reached: ${page.message}`, wrong: true }
  }
  const trouble = isRight(page)
  return { text: `${url} ${trouble ?? 'answers'}`, wrong: trouble !== undefined }
}

function isChat(page: Page): string | undefined {
  return page.contentType.includes('json') && page.text.includes('"success":true')
    ? undefined
    : `answers, but not as Rocket.Chat does (status ${page.status}, ${page.contentType.split(';')[0] || 'no content type'})`
}

/** A sign-in page, a redirect or a refusal all show that somebody is there; an error of a proxy does not. */
function isPage({ status }: Page): string | undefined {
  return status < 500 ? undefined : `answers with an error (status ${status})`
}

function unreached(wrong: readonly Verdict[]): Diagnostic {
  return problem(
    'not-reached',
    `Ametys, chat and browsers must reach each other, and ${wrong.length} of 3 ways do not work`,
    {
      detail: wrong.map(({ line }) => line).join('\n'),
      mend: 'check name service, firewall, certificate and reverse proxy of the addresses named; a certificate of a private authority goes into rocketchat_ca_file',
    },
  )
}
