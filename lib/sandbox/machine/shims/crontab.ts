import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fail, ok } from '../call.ts'
import type { Shim, Shims } from '../host.ts'
import { resolve } from './paths.ts'

/** `crontab`: shows, replaces and removes the table of an account. */
const crontab: Shim = (call, host) => {
  const at = call.args.indexOf('-u')
  const user = at === -1 ? call.user : (call.args[at + 1] ?? '')
  if (user !== call.user && call.user !== 'root') return fail(1, 'must be privileged to use -u')
  if (host.accounts.user(user) === undefined) return fail(1, `crontab:  user \`${user}' unknown`)
  const table = join(host.root, 'var/spool/cron/crontabs', user)
  const rest = call.args.filter((_, index) => at === -1 || (index !== at && index !== at + 1))
  if (rest.includes('-l'))
    return existsSync(table) ? ok(readFileSync(table, 'utf8')) : fail(1, `no crontab for ${user}`)
  if (rest.includes('-r')) {
    if (!existsSync(table)) return fail(1, `no crontab for ${user}`)
    rmSync(table)
    return ok()
  }
  const file = rest[0] ?? '-'
  if (file === '-' && call.stdin === undefined) return { wants: 'stdin' }
  const path = resolve(host, call.cwd, file)
  if (file !== '-' && !existsSync(path)) return fail(1, `${file}: No such file or directory`)
  mkdirSync(dirname(table), { recursive: true })
  writeFileSync(table, file === '-' ? (call.stdin ?? '') : readFileSync(path), { mode: 0o600 })
  host.owners.set(table, { uid: host.accounts.user(user)?.uid ?? 0, gid: host.accounts.group('crontab')?.gid ?? 0 })
  return ok()
}

export const cronShims: Shims = { crontab }
