import type { Database } from './database.ts'

/** True for names nobody may take: `all`, `here` and the lists of the two settings. */
export function isBlockedName(db: Database, name: string): boolean {
  const list = ['Accounts_BlockedUsernameList', 'Accounts_SystemBlockedUsernameList'].flatMap((id) =>
    String(db.settings[id]?.value ?? '').split(','),
  )
  const names = [...list, 'all', 'here'].map((each) => each.trim().toLowerCase()).filter((each) => each !== '')
  return names.includes(name.trim().toLowerCase())
}

/** True when a mail address has the look of one; the real test is about as lenient. */
export function mailLooksValid(address: string): boolean {
  return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(address)
}

/** True when an account has the address, whatever the case. */
export function mailTaken(db: Database, address: string, except?: string): boolean {
  const wanted = address.toLowerCase()
  return db.users.some(
    ({ _id, emails }) => _id !== except && emails?.some((mail) => mail.address.toLowerCase() === wanted),
  )
}
