import { isBlockedName, mailLooksValid, mailTaken } from './account-names.ts'
import type { User } from './documents.ts'
import { isSet } from './env.ts'
import { objectId } from './ids.ts'
import { storePassword } from './passwords.ts'
import type { Start } from './start.ts'

const iso = ({ now }: Start) => new Date(now).toISOString()

/** Makes the administrator of the environment, or promotes the oldest account when there is none (step 1). */
export function insertAdministrator(start: Start): void {
  const { db, env, log } = start
  const people = db.users.filter(({ type }) => type === 'user')
  const present = db.users.some(({ roles }) => roles.includes('admin'))
  const secret = env.ADMIN_PASS
  if (secret !== undefined && secret !== '') {
    if (present) log.push('Users with admin role already exist; Ignoring environment variables ADMIN_PASS')
    else insertUnlessTaken(start, administrator(start, secret))
  } else if (!present && people.length > 0) {
    const oldest = people.reduce((a, b) => (a.createdAt <= b.createdAt ? a : b))
    oldest.roles = [...oldest.roles, 'admin']
    log.push(`No admins are found. Set ${oldest.username ?? oldest._id} as admin`)
  }
  if (isSet(env, 'TEST_MODE') && !db.users.some(({ _id }) => _id === 'rocketchat.internal.admin.test'))
    db.users.push({
      ...administrator({ ...start, env: {} }, 'rocketchat.internal.admin.test'),
      _id: 'rocketchat.internal.admin.test',
      name: 'RocketChat Internal Admin Test',
      username: 'rocketchat.internal.admin.test',
      emails: [{ address: 'rocketchat.internal.admin.test@rocket.chat', verified: false }],
    })
}

/** A name that somebody has is not replaced: the insertion fails, and there is no administrator. */
function insertUnlessTaken({ db, log }: Start, user: User): void {
  const taken = db.users.some(({ username }) => username?.toLowerCase() === user.username?.toLowerCase())
  if (taken) log.push(`Error inserting the administrator: the username ${user.username} is taken`)
  else db.users.push(user)
}

function administrator(start: Start, secret: string): User {
  const { env, log, db, now } = start
  const mail = env.ADMIN_EMAIL
  const usable = mail !== undefined && mailLooksValid(mail) && !mailTaken(db, mail)
  if (mail !== undefined && !usable) log.push('Email provided is invalid or already in use; Ignoring ADMIN_EMAIL')
  return {
    _id: objectId(now),
    createdAt: iso(start),
    avatarOrigin: 'none',
    name: env.ADMIN_NAME || 'Administrator',
    username: administratorName(start),
    status: 'offline',
    statusDefault: 'online',
    utcOffset: 0,
    active: true,
    ...(usable && { emails: [{ address: mail, verified: isSet(env, 'ADMIN_EMAIL_VERIFIED') }] }),
    type: 'user',
    roles: ['admin'],
    _updatedAt: iso(start),
    services: { password: { bcrypt: storePassword(secret) } },
  }
}

function administratorName({ env, db, log }: Start): string {
  const wanted = env.ADMIN_USERNAME
  if (wanted === undefined || wanted === '') return 'admin'
  const allowed = new RegExp(`^${String(db.settings.UTF8_User_Names_Validation?.value ?? '[0-9a-zA-Z-_.]+')}$`)
  if (allowed.test(wanted) && !isBlockedName(db, wanted)) return wanted
  log.push('Username provided is invalid or blocked; Ignoring ADMIN_USERNAME')
  return 'admin'
}

/** The account of INITIAL_USER, when it had to be made; `yes`, found in old manuals, is an error in the log. */
export function insertInitialUser({ db, env, log, now }: Start): User | undefined {
  const text = env.INITIAL_USER
  if (text === undefined || text === '') return undefined
  try {
    const given = JSON.parse(text) as Partial<User>
    if (given._id === undefined || db.users.some(({ _id }) => _id === given._id)) return undefined
    const at = new Date(now).toISOString()
    const user: User = {
      ...{ _id: given._id, createdAt: at, type: 'user', roles: ['user'], status: 'offline', active: true },
      ...{ _updatedAt: at, services: {} },
      ...given,
    }
    db.users.push(user)
    log.push(`Inserting initial user: ${JSON.stringify(given)}`)
    return user
  } catch {
    log.push('Error processing environment variable INITIAL_USER')
    return undefined
  }
}
