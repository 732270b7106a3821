import { problem } from '../task.ts'
import { isAddress } from './certificates.ts'
import { causeOf, open, type Row, row } from './rows.ts'
import { type Expected, isTrouble, type Outside } from './seen.ts'

/** Name, port, and Rocket.Chat's own port: whether the chat is where it should be, and nowhere else. */
export function nameRow({ url }: Expected, { addresses, machine }: Outside): Row {
  const check = 'Name'
  const host = bare(url.hostname)
  if (isAddress(host)) return row(check, `${host} is an address`)
  if (addresses === undefined) return open(check, 'can be seen from outside only')
  if (isTrouble(addresses))
    return row(
      check,
      `${host} leads nowhere: ${addresses.message}`,
      problem('name-unknown', `${host} leads nowhere from this machine`, {
        detail: addresses.message,
        mend: `enter it in the DNS with the address of the machine or of the proxy before it; see what it leads to with: getent hosts ${host}`,
      }),
    )
  const list = addresses.join(', ')
  if (machine === undefined || machine.length === 0) return row(check, `leads to ${list}`)
  return row(
    check,
    addresses.some((one) => machine.includes(one))
      ? `leads to ${list}, which is the machine`
      : `leads to ${list}; the machine itself is reached at ${machine.join(', ')}`,
  )
}

export function portRow({ url }: Expected, { port }: Outside): Row {
  const number = portOf(url)
  const check = `Port ${number}`
  if (port === undefined) return open(check, 'the link does not carry such a look')
  if (port === true) return row(check, 'is open')
  const silent = port.code !== 'ECONNREFUSED'
  return row(
    check,
    causeOf(port),
    silent
      ? problem('port-silent', `nothing is heard from port ${number} of ${bare(url.hostname)}: ${causeOf(port)}`, {
          detail: port.message,
          mend: `open port ${number} in every firewall between here and there, and see that the name leads to the right address`,
        })
      : problem('port-closed', `port ${number} of ${bare(url.hostname)} is closed: ${causeOf(port)}`, {
          detail: port.message,
          mend: 'see that the proxy runs and listens there: npx zx playbooks/status.ts, npx zx playbooks/logs.ts',
        }),
  )
}

/** Whoever reaches Rocket.Chat without the proxy can forge the address he comes from (rocketchat.md 13.4). */
export function ownPortRow({ url, ownPort }: Expected, { own, addresses }: Outside): Row | undefined {
  if (ownPort === 0 || ownPort === portOf(url)) return undefined
  const check = `Port ${ownPort}`
  if (own === undefined) return open(check, 'can be seen from outside only')
  if (addresses !== undefined && !isTrouble(addresses) && addresses.every((one) => /^127\.|^::1$/.test(one)))
    return open(check, 'cannot be seen from outside: the name leads to this machine')
  if (isTrouble(own)) {
    const closed = ['ECONNREFUSED', 'LATE', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'dial-refused']
    return closed.includes(own.code)
      ? row(check, 'is closed from outside, as it should be')
      : open(check, `could not be looked at: ${causeOf(own)}`)
  }
  return row(
    check,
    `answers with status ${own.status}`,
    problem('port-exposed', `Rocket.Chat's own port ${ownPort} can be reached from outside`, {
      detail: 'whoever comes that way is not encrypted, and can pretend to come from any address',
      mend: `bind it to 127.0.0.1 or to the network of the proxy, or close it in the firewall`,
    }),
  )
}

export function portOf(url: URL): number {
  return Number(url.port || (url.protocol === 'https:' ? 443 : 80))
}

export function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, '')
}
