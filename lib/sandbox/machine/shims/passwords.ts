import { fail, ok } from '../call.ts'
import type { Shim, Shims } from '../host.ts'
import { saveShadow, shadowLine, shadowOf } from '../shadow.ts'
import { readOptions } from './account-options.ts'
import { refuse } from './groups.ts'

/** `chpasswd`: lines `name:hash` on its input; the sandbox does not hash, so it wants `-e`. */
const chpasswd: Shim = (call, host) => {
  const refused = refuse(call.user, 'chpasswd')
  if (refused) return refused
  if (!call.args.includes('-e')) return fail(1, 'chpasswd: the sandbox takes hashes only (-e)')
  if (call.stdin === undefined) return { wants: 'stdin' }
  for (const [index, line] of call.stdin.toString().split('\n').entries()) {
    if (line === '') continue
    const [name = '', password = ''] = [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]
    if (host.accounts.user(name) === undefined) {
      return fail(
        1,
        `chpasswd: (user ${name}) pam_chauthtok() failed, error:\nchpasswd: (line ${index + 1}, user ${name}) password not changed`,
      )
    }
    saveShadow(host.root, name, { ...shadowOf(host.root, name), password })
  }
  return ok()
}

const chage: Shim = (call, host) => {
  const { values, flags, names } = readOptions(call.args, 'mMEWId')
  const [name = ''] = names
  if (host.accounts.user(name) === undefined) return fail(1, `chage: user '${name}' does not exist in /etc/passwd`)
  const shadow = shadowOf(host.root, name)
  if (flags.has('l')) return ok(`${shadowLine(name, shadow)}\n`)
  const refused = refuse(call.user, 'chage')
  if (refused) return refused
  saveShadow(host.root, name, {
    ...shadow,
    minimum: values.get('m') ?? shadow.minimum,
    maximum: values.get('M') ?? shadow.maximum,
  })
  return ok()
}

export const passwordShims: Shims = { chpasswd, chage }
