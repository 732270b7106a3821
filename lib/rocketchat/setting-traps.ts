import { compileFunction } from 'node:vm'
import { type Diagnostic, problem } from '../core/diagnostic.ts'

type Finding = Omit<Diagnostic, 'at'>

/**
 * What the server stores without a word and then gets wrong; undefined when nothing is wrong with the text. `id` is the
 * setting. Sources: rocketchat.md 19.8 and step 5.
 */
export function trapOf(id: string, text: string): Finding | undefined {
  if (id === 'theme-custom-css' || id.startsWith('Custom_Script_')) return notAscii(id, text) ?? notScript(id, text)
  switch (id) {
    case 'API_CORS_Origin':
      // This list is trimmed by the server, the other is not.
      return notOrigins(
        id,
        text.split(',').map((one) => one.trim()),
      )
    case 'Iframe_Integration_receive_origin':
      return notOrigins(id, text.split(','))
    case 'Iframe_Integration_send_target_origin':
      return notOrigins(id, [text])
    default:
      return undefined
  }
}

/** The length of style and scripts is announced in characters: each one that takes more bytes cuts off the end. */
function notAscii(id: string, text: string): Finding | undefined {
  const found = [...text].find((one) => one > '\u007f')
  if (found === undefined) return undefined
  const line = text.slice(0, text.indexOf(found)).split('\n').length
  const code = (found.codePointAt(0) ?? 0).toString(16).padStart(4, '0')
  return problem('setting-not-ascii', `the setting "${id}" has the character "${found}" in line ${line}`, {
    detail: 'Rocket.Chat announces the length in characters and sends bytes: the end would be cut off',
    mend:
      id === 'theme-custom-css' ? `write \\${code} followed by a blank` : `write \\u${code} in a text of the script`,
  })
}

/** Each script is the body of a listener in one file with the two others: a mistake in one stops all of them. */
function notScript(id: string, text: string): Finding | undefined {
  if (id === 'theme-custom-css') return undefined
  try {
    compileFunction(text)
    return undefined
  } catch (error) {
    return problem('setting-bad-script', `the setting "${id}" is no script: ${(error as Error).message}`, {
      detail: 'a mistake in one of the custom scripts stops all of them',
    })
  }
}

function notOrigins(id: string, origins: readonly string[]): Finding | undefined {
  const wrong = origins.find((one) => one !== '*' && !isOrigin(one))
  if (wrong === undefined) return undefined
  const several = origins.length === 1 && wrong.includes(',')
  return problem('setting-bad-origin', `the setting "${id}" takes origins, and "${wrong}" is none`, {
    mend: several
      ? 'this setting takes a single origin'
      : 'write scheme, name and port alone, such as https://spaces.example.org; several are separated by a comma without blanks',
  })
}

/** As browsers write it: lower case, without a usual port, nothing after it. */
function isOrigin(text: string): boolean {
  return URL.canParse(text) && /^https?:/.test(text) && new URL(text).origin === text
}
