/**
 * Words that the tool and the programs it drives say all the time. A secret of this value cannot be kept by masking: the
 * reader would see where it was taken out, and `c******ed` where a status should be.
 */
const words = `
  changed unreachable skipped rescued ignored unknown failed created updated deleted running stopped started waiting
  playbook inventory handler notified recap secret password passwords username token tokens admin administrator
  true false null none default enabled disabled required optional present absent latest
  localhost 127.0.0.1 0.0.0.0 example.org example.com production staging testing development
  rocketchat rocket.chat rocket-chat mongodb mongod docker container containers nginx traefik caddy ametys
  ubuntu debian linux systemd apache https http://localhost utf-8 en_us.utf-8
  string boolean number object array undefined error errors warning warnings message messages stdout stderr
  settings permission permissions channel channels public private user users group groups roles
  27017 10000 65535 12345 99999
`
  .trim()
  .split(/\s+/)

/** True for such a word and for a part of one, in any case. */
export function isOrdinary(text: string): boolean {
  const lower = text.toLowerCase()
  return words.some((word) => word.includes(lower))
}
