import type { HttpAnswer, Value } from '../task.ts'

/** What Ansible's uri returns of an answer; the body only where it is asked for, and what is in it when it is JSON. */
export function answerValues(
  answer: Omit<HttpAnswer, 'bytes'> & { readonly bytes?: Buffer },
  content: boolean,
): { readonly [key: string]: Value } {
  const { status, url, redirected, elapsed, headers, cookies, bytes } = answer
  const names = Object.entries(headers).map(
    ([name, value]) => [name.replaceAll('-', '_').toLowerCase(), value] as const,
  )
  const jar = cookiesOf(cookies)
  const json = bytes !== undefined && isJson(headers['content-type'] ?? '') ? parsed(bytes.toString()) : undefined
  return {
    ...Object.fromEntries(names),
    ...(headers.location !== undefined && { location: URL.parse(headers.location, url)?.href ?? headers.location }),
    cookies: jar,
    cookies_string: Object.entries(jar)
      .map(([name, value]) => `${name}=${value}`)
      .join('; '),
    status,
    url,
    redirected,
    elapsed,
    msg: messageOf(answer),
    ...(json !== undefined && { json }),
    ...(content && bytes && { content: textIn(bytes, headers['content-type'] ?? '') }),
  }
}

/** `OK (12 bytes)`, `HTTP Error 404: Not Found`. */
export function messageOf({ status, reason, headers }: Pick<HttpAnswer, 'status' | 'reason' | 'headers'>): string {
  return status < 400 ? `OK (${headers['content-length'] ?? 'unknown'} bytes)` : `HTTP Error ${status}: ${reason}`
}

function cookiesOf(cookies: readonly string[]): { readonly [name: string]: string } {
  return Object.fromEntries(
    cookies.flatMap((cookie) => {
      const [, name, value] = /^\s*([^=;]+)=("[^"]*"|[^;]*)/.exec(cookie) ?? []
      return name === undefined ? [] : [[name.trim(), (value ?? '').trim()]]
    }),
  )
}

function isJson(type: string): boolean {
  return /^[^;]*[/+](json|javascript)\s*(;|$)/i.test(type)
}

function textIn(bytes: Buffer, type: string): string {
  const charset = /charset="?([\w-]+)/i.exec(type)?.[1] ?? 'utf-8'
  try {
    return new TextDecoder(charset).decode(bytes)
  } catch {
    return bytes.toString()
  }
}

function parsed(text: string): Value | undefined {
  try {
    return JSON.parse(text) as Value
  } catch {
    return undefined
  }
}
