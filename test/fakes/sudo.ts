import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A stand-in for sudo to be put first in PATH: it changes no account, but asks, lets in and refuses as told. */
export interface FakeSudo {
  /** The folder that holds the program `sudo`. */
  readonly folder: string
  /** `open`: no password asked; `password`: that one is asked for, three tries; `refuse` and `unknown`: as sudo words it. */
  set(mode: 'open' | 'refuse' | 'quote' | 'unknown' | 'tty' | { readonly password: string }): void
  /** What was asked for so far: a line `try RIGHT|WRONG` for each password, a line `run USER` for each command. */
  log(): string[]
  remove(): void
}

/** Makes the fake in a temporary folder. */
export function fakeSudo(): FakeSudo {
  const folder = mkdtempSync(join(tmpdir(), 'connect-sudo-'))
  const mode = join(folder, 'mode')
  const log = join(folder, 'log')
  writeFileSync(log, '')
  writeFileSync(join(folder, 'sudo'), program(mode, log))
  chmodSync(join(folder, 'sudo'), 0o755)
  return {
    folder,
    set: (next) => writeFileSync(mode, typeof next === 'string' ? `${next}\n` : `password\n${next.password}\n`),
    log: () =>
      readFileSync(log, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
    remove: () => rmSync(folder, { recursive: true }),
  }
}

const program = (mode: string, log: string) => `#!/bin/sh
stdin=0; ask=1; prompt='[sudo] password: '; user=root
while :; do
  case $1 in
    -n) ask=0; shift;;
    -S) stdin=1; shift;;
    -H) shift;;
    -p) prompt=$2; shift 2;;
    -u) user=$2; shift 2;;
    *) break;;
  esac
done
{ IFS= read -r how; IFS= read -r right; } <${mode}
case $how in
  refuse) [ $stdin = 0 ] || printf %s "$prompt" >&2; echo "ops is not in the sudoers file." >&2; exit 1;;
  quote) echo "Sorry, user ops is not allowed to execute '$*' as $user on web1." >&2; exit 1;;
  unknown) echo "sudo: unknown user $user" >&2; exit 1;;
  tty) echo "sudo: sorry, you must have a tty to run sudo" >&2; exit 1;;
  password)
    [ $ask = 1 ] || { echo "sudo: a password is required" >&2; exit 1; }
    tries=0
    while :; do
      printf %s "$prompt" >&2
      if ! IFS= read -r given; then echo >&2; echo "sudo: no password was provided" >&2; exit 1; fi
      tries=$((tries + 1))
      if [ "$given" = "$right" ]; then echo "try RIGHT" >>${log}; break; fi
      echo "try WRONG" >>${log}
      [ $tries -lt 3 ] || { echo "sudo: 3 incorrect password attempts" >&2; exit 1; }
      echo "Sorry, try again." >&2
    done;;
esac
echo "run $user" >>${log}
exec env FAKE_USER="$user" "$@"
`
