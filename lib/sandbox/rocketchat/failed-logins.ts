/** Wrong passwords by account and by address, kept as long as the process runs. */
export interface FailedLogins {
  /** Notes a refused login; `user` is absent when no account has that name. */
  note(user: string | undefined, ip: string, at: number): void
  /** A right password clears what was counted for the account and the address. */
  forget(user: string, ip: string): void
  /** True while at least `limit` failures of the key are younger than `minutes`. */
  blocked(kind: 'user' | 'ip', key: string, limit: number, minutes: number, now: number): boolean
}

/** An empty memory of failed logins (rocketchat.md 4.2). */
export function rememberFailedLogins(): FailedLogins {
  const times = new Map<string, number[]>()
  const of = (kind: string, key: string) => times.get(`${kind} ${key}`) ?? []
  const add = (kind: string, key: string, at: number) => times.set(`${kind} ${key}`, [...of(kind, key), at])
  return {
    note(user, ip, at) {
      if (user !== undefined) add('user', user, at)
      add('ip', ip, at)
    },
    forget(user, ip) {
      times.delete(`user ${user}`)
      times.delete(`ip ${ip}`)
    },
    blocked(kind, key, limit, minutes, now) {
      const failures = of(kind, key)
      const last = failures.at(-1)
      return failures.length >= limit && last !== undefined && now - last < minutes * 60_000
    },
  }
}
