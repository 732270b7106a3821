import { problem, TaskError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import { endingLines } from '../core/text.ts'
import { bootstrap, type Frame } from './frame.ts'

/** Variables set for sudo alone, so that its messages can be told apart; the script must not inherit them. */
export const sudoOnly = ['LC_ALL'] as const

/** Printed on stdout once `sh` on the host has taken over from the login shell. */
export const gateToken = ({ nonce }: Frame): string => `${nonce}:gate`

/** Printed on stderr when there is no sudo. */
export const noSudoToken = ({ nonce }: Frame): string => `${nonce}:no-sudo`

/** Printed on stdout by the far shell once sudo has let us in: only then may more than the password be sent. */
export const readyToken = ({ nonce }: Frame): string => `${nonce}:in`

/** What sudo shows when it asks for the password. */
export const promptToken = ({ nonce }: Frame): string => `${nonce}:password?`

/**
 * The command for the login shell, whichever it is. `sudo` is left out when `become` is not given.
 * Throws TaskError `become-no-such-user` for a name that no account can have.
 */
export function commandLine(frame: Frame, become?: Become): string {
  if (become === undefined) return `sh -c '${bootstrap(frame)}'`
  if (!/^#?[\w.@-]+\$?$/.test(become.user)) throw noSuchUser(become.user, '')
  const gate = [
    `echo ${gateToken(frame)}`,
    `command -v sudo >/dev/null 2>&1 || { echo ${noSudoToken(frame)} >&2; exit 127; }`,
    'LC_ALL=C',
    'export LC_ALL',
    become.password === undefined
      ? 'exec sudo -n -H -u "$1" sh -c "$2"'
      : 'exec sudo -S -p "$3" -H -u "$1" sh -c "echo $4; $2"',
  ].join('; ')
  const words = [gate, 'sh', become.user, bootstrap(frame)]
  if (become.password !== undefined) words.push(promptToken(frame), readyToken(frame))
  return `sh -c ${words.map((word) => `'${word}'`).join(' ')}`
}

/** What sudo said so far on stderr means that the password is wrong: it asks once more, or says so. */
export function passwordRefused(frame: Frame, stderr: string): boolean {
  return stderr.split(promptToken(frame)).length > 2 || wrongPassword.test(stderr)
}

const wrongPassword = /try again|incorrect (password|authentication)|authentication failure|no password was provided/i

/** Says why sudo did not run our shell, from what it printed on stderr before it ended. */
export function sudoTrouble(frame: Frame, become: Become, label: string, stderr: string): TaskError {
  const said = readable(frame, stderr)
  const { user } = become
  if (stderr.includes(noSudoToken(frame))) {
    return new TaskError(
      problem('become-missing', `sudo is not installed on ${label}`, {
        mend: `install sudo there, or connect as ${user} and leave \`become\` out`,
      }),
    )
  }
  if (/unknown (user|uid)|user .* not found/i.test(said)) return noSuchUser(user, said)
  if (become.password !== undefined && passwordRefused(frame, stderr)) return wrong(become, label, said)
  if (/password is required|interactive authentication is required|a terminal is required/i.test(said)) {
    return new TaskError(
      problem('become-password-missing', `sudo on ${label} asks for a password and none was given`, {
        detail: said,
        mend: 'set ansible_become_password (in the vault), or allow NOPASSWD for this account in /etc/sudoers.d',
      }),
    )
  }
  const tty = /must have a tty|requiretty/i.test(said)
  return new TaskError(
    problem('become-refused', `sudo on ${label} does not let us become ${user}`, {
      detail: said === '' ? 'sudo said nothing' : said,
      mend: tty
        ? 'remove `Defaults requiretty` from /etc/sudoers for this account'
        : `allow this account to run commands as ${user} in /etc/sudoers.d on ${label}`,
    }),
  )
}

/** What sudo said without our own words: the prompt, and the program that it may quote when it refuses it. */
function readable(frame: Frame, stderr: string): string {
  const lines = stderr
    .replaceAll(promptToken(frame), '')
    .replaceAll(noSudoToken(frame), '')
    .replaceAll(`echo ${readyToken(frame)}; `, '')
    .replaceAll(bootstrap(frame), '…')
    .split('\n')
    .filter((line) => line.trim() !== '')
  return endingLines(lines, 6)
}

function wrong(become: Become, label: string, said: string): TaskError {
  return new TaskError(
    problem('become-password-wrong', `sudo on ${label} did not accept the password for becoming ${become.user}`, {
      detail: said,
      mend: 'correct ansible_become_password; sudo wants the password of the account that connects, not of the other one',
    }),
  )
}

function noSuchUser(user: string, said: string): TaskError {
  return new TaskError(
    problem('become-no-such-user', `there is no account ${JSON.stringify(user)} to become`, {
      detail: said,
      mend: 'correct ansible_become_user, or create the account in an earlier task',
    }),
  )
}
