import { parseVersion, versionText } from '../rocketchat/version.ts'
import { type Diagnostic, problem, shortened } from '../task.ts'
import { causeOf, open, type Row, row } from './rows.ts'
import { type Expected, isTrouble, type Outside, type Page } from './seen.ts'
import { warn } from './warn.ts'

/** Where plain http leads to. */
export function redirectRow({ url, redirectFrom }: Expected, { redirect }: Outside): Row | undefined {
  if (redirectFrom === 0) return undefined
  const check = `Port ${redirectFrom}`
  if (redirect === undefined) return open(check, 'was not looked at')
  if (isTrouble(redirect))
    return row(
      check,
      causeOf(redirect),
      warn('redirect-unseen', `port ${redirectFrom} does not answer: who types the name alone finds nothing`, {
        detail: redirect.message,
        mend: `open port ${redirectFrom}, and let the proxy lead from there to ${url.origin}`,
      }),
    )
  const { status, location } = redirect
  const target = isRedirect(redirect)
    ? resolved(location, new URL(`http://${url.hostname}:${redirectFrom}/`))
    : undefined
  if (target === undefined)
    return row(
      check,
      `answers with status ${status} and leads nowhere`,
      problem('redirect-missing', `plain http is answered with status ${status} instead of leading to https`, {
        mend: `let port ${redirectFrom} answer with 301 or 308 and Location: ${url.origin}`,
      }),
    )
  if (target.origin === url.origin) return row(check, `leads to ${target.origin} (status ${status})`)
  const loops = target.protocol === 'http:' && target.hostname === url.hostname
  return row(
    check,
    `leads to ${target.href}`,
    loops
      ? loop(`port ${redirectFrom} leads to itself`, target)
      : problem('redirect-elsewhere', `plain http leads to ${target.origin} instead of ${url.origin}`, {
          mend: `correct the redirect of the proxy, or the public address`,
        }),
  )
}

/** `Strict-Transport-Security`, where it is wanted. */
export function hstsRow({ hsts }: Expected, { info }: Outside): Row | undefined {
  if (info === undefined || isTrouble(info)) return hsts === 0 ? undefined : open('HSTS', 'was not looked at')
  if (hsts === 0) return info.hsts === undefined ? undefined : row('HSTS', info.hsts)
  const age = Number(/max-age="?(\d+)/i.exec(info.hsts ?? '')?.[1] ?? -1)
  return row(
    'HSTS',
    info.hsts ?? 'is not sent',
    ...(age >= hsts
      ? []
      : [
          problem('hsts-missing', `Strict-Transport-Security does not promise the ${hsts} s that are wanted`, {
            mend: `let the proxy send Strict-Transport-Security: max-age=${hsts}`,
          }),
        ]),
  )
}

/** Who answers at the public address, and in which version (rocketchat.md 11: strangers get major and minor only). */
export function versionRow({ url, version }: Expected, { info }: Outside): Row {
  const check = 'Rocket.Chat'
  if (info === undefined) return open(check, 'was not asked')
  if (isTrouble(info))
    return row(
      check,
      causeOf(info),
      problem('chat-silent', `${url.origin}/api/info gives no answer: ${causeOf(info)}`, {
        detail: info.message,
        mend: 'see how the chat is: npx zx playbooks/status.ts',
      }),
    )
  const wrong = wrongPage(url, info)
  if (wrong) return row(check, `answers with status ${info.status}`, wrong)
  const found = parseVersion(versionIn(info) ?? '')
  const wanted = version === undefined ? undefined : parseVersion(version)
  if (found === undefined || wanted === undefined) return row(check, `${versionIn(info)} answers`)
  const hidden = found.patch === undefined ? ' (it hides the rest)' : ''
  const differs =
    found.major !== wanted.major ||
    found.minor !== wanted.minor ||
    (found.patch !== undefined && wanted.patch !== undefined && found.patch !== wanted.patch)
  return row(
    check,
    `${versionText(found)} answers${hidden}`,
    ...(differs
      ? [
          problem('version-other', `Rocket.Chat ${versionText(found)} answers instead of ${versionText(wanted)}`, {
            mend: 'see that the proxy leads to the right server, and that the installation went to its end; or correct rocketchat_version',
          }),
        ]
      : []),
  )
}

function wrongPage(url: URL, page: Page): Diagnostic | undefined {
  const { status, text, contentType } = page
  if (isRedirect(page)) {
    const target = resolved(page.location, new URL('/api/info', url))
    if (target === undefined || target.href === new URL('/api/info', url).href || target.protocol === 'http:')
      return loop(`${url.origin} leads to ${target?.href ?? 'nowhere'}`, target)
    return problem('redirect-elsewhere', `${url.origin} leads to ${target.origin}`, {
      mend: 'correct the redirect of the proxy, or the public address',
    })
  }
  if ([502, 503, 504].includes(status))
    return problem('proxy-alone', `the proxy answers, but does not reach Rocket.Chat (status ${status})`, {
      mend: 'see whether Rocket.Chat runs (npx zx playbooks/status.ts) and where the proxy forwards to',
    })
  if (versionIn(page) !== undefined) return undefined
  return problem('not-rocketchat', `what answers at ${url.origin} is not Rocket.Chat`, {
    detail: `status ${status}, ${contentType.split(';')[0] || 'no content type'}: ${shortened(text.replaceAll(/\s+/g, ' '), 80)}`,
    mend: 'see that the name leads to the right machine and that the proxy has a site for it; another site answers here',
  })
}

function versionIn({ contentType, text }: Page): string | undefined {
  if (!contentType.includes('json')) return undefined
  try {
    const { version, success } = JSON.parse(text) as { version?: unknown; success?: unknown }
    return success === true && typeof version === 'string' ? version : undefined
  } catch {
    return undefined
  }
}

const isRedirect = ({ status }: Page): boolean => status >= 300 && status < 400

function resolved(location: string | undefined, base: URL): URL | undefined {
  return location !== undefined && URL.canParse(location, base.href) ? new URL(location, base) : undefined
}

function loop(what: string, target: URL | undefined): Diagnostic {
  return problem('redirect-loop', `a browser would go round in circles: ${what}`, {
    detail: target?.href,
    mend: 'let one proxy alone lead from http to https; behind another one, believe its X-Forwarded-Proto instead of redirecting again',
  })
}
