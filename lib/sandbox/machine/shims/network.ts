import { fail, ok } from '../call.ts'
import type { Host, Shim, Shims } from '../host.ts'

/** One card with an address for documentation (RFC 5737). */
const ADDRESS = '192.0.2.10'
const GATEWAY = '192.0.2.1'
const MAC = '52:54:00:12:34:56'

/** `ip` as far as it shows addresses, links and routes. */
const ip: Shim = (call) => {
  const words = call.args.filter((word) => !word.startsWith('-'))
  const six = call.args.includes('-6')
  const object = words[0] ?? ''
  if (/^a(ddr(ess)?)?$/.test(object)) {
    return ok(
      `1: lo    inet 127.0.0.1/8 scope host lo\\       valid_lft forever preferred_lft forever\n` +
        `2: eth0    inet ${ADDRESS}/24 brd 192.0.2.255 scope global eth0\\       valid_lft forever preferred_lft forever\n`,
    )
  }
  if (/^l(ink)?$/.test(object)) {
    return ok(
      `1: lo: <LOOPBACK,UP,LOWER_UP> mtu 65536 qdisc noqueue state UNKNOWN mode DEFAULT group default qlen 1000\\    link/loopback 00:00:00:00:00:00 brd 00:00:00:00:00:00\n` +
        `2: eth0: <BROADCAST,MULTICAST,UP,LOWER_UP> mtu 1500 qdisc fq_codel state UP mode DEFAULT group default qlen 1000\\    link/ether ${MAC} brd ff:ff:ff:ff:ff:ff\n`,
    )
  }
  if (/^r(oute)?$/.test(object)) {
    if (six) return ok()
    if (words[1] === 'get') return ok(`${words[2]} via ${GATEWAY} dev eth0 src ${ADDRESS} uid 0 \\    cache\n`)
    return ok(
      `default via ${GATEWAY} dev eth0 onlink\n${words[2] === 'default' ? '' : `192.0.2.0/24 dev eth0 proto kernel scope link src ${ADDRESS}\n`}`,
    )
  }
  return fail(1, `Object "${object}" is unknown, try "ip help".`)
}

/** `ss` for listening ports. */
const ss: Shim = (call, host) => {
  const letters = call.args.filter((word) => /^-[a-zA-Z0-9]+$/.test(word)).join('')
  const header = !letters.includes('H') && !call.args.includes('--no-header')
  const wanted = call.args.join(' ').match(/sport = :(\d+)/)?.[1]
  const rows = listed(letters, host).filter(({ port }) => wanted === undefined || port === Number(wanted))
  const both = letters.includes('u') && letters.includes('t')
  const lines = rows.map(({ address, port, process }) => {
    const peer = address.startsWith('[') ? '[::]:*' : '0.0.0.0:*'
    const named = letters.includes('p') && call.user === 'root'
    const users = named ? `users:(("${process}",pid=${600 + (port % 900)},fd=4))` : ''
    return `${both ? 'tcp   ' : ''}LISTEN 0      4096   ${`${address}:${port}`.padStart(18)} ${peer.padStart(14)} ${users}\n`
  })
  const title = `${both ? 'Netid ' : ''}State  Recv-Q Send-Q Local Address:Port Peer Address:PortProcess\n`
  return ok(`${header ? title : ''}${lines.join('')}`)
}

function listed(letters: string, host: Host) {
  return letters.includes('t') || !letters.includes('u') ? host.listeners() : []
}

export const networkShims: Shims = { ip, ss }
