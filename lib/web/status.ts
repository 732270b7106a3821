import { type Diagnostic, type HttpAnswer, NotYetError, problem, shortened, type Value } from '../task.ts'
import { answerValues, messageOf } from './answer-values.ts'

/** The numbers of a list in which some are texts with commas. */
export function codesOf(written: readonly (number | string)[]): readonly number[] {
  return written.flatMap((one) => (typeof one === 'number' ? [one] : one.split(',').map(Number)))
}

/**
 * Throws NotYetError `unexpected-status` with Ansible's values when an answer has another status than those wanted: an
 * earlier task may still have to start or to set up what answers.
 */
export function checkStatus(answer: HttpAnswer, wanted: readonly number[], content: boolean): void {
  const { status, url, bytes, reason } = answer
  if (wanted.includes(status)) return
  const message = `Status code was ${status} and not [${wanted.join(', ')}]: ${messageOf(answer)}`
  const text = bytes.toString()
  throw new NotYetError(
    problem('unexpected-status', `${url} answers ${status} ${reason}, not ${wanted.join(' or ')}`, {
      detail: /\0|\uFFFD/.test(text) ? '' : shortened(text, 2000),
      mend:
        status === 401 || status === 403
          ? 'check account and rights'
          : 'look at what it says, or add the code to status_code',
    }),
    { values: { ...answerValues(answer, content), msg: message } },
  )
}

/** The failure of a request that got no answer, with the values of Ansible's uri. */
export function noAnswer(
  diagnostic: Diagnostic,
  url: string,
  wanted: readonly number[],
  more: { readonly [key: string]: Value } = {},
): NotYetError {
  const msg = `Status code was -1 and not [${wanted.join(', ')}]: Request failed: ${diagnostic.message}`
  return new NotYetError(diagnostic, { values: { status: -1, url, redirected: false, elapsed: 0, ...more, msg } })
}
