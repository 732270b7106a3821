import { type Answer, join, NotYetError, problem, raw, type Script, sh, TaskError } from '../task.ts'
import type { KeyOnHost } from './key-findings.ts'

/** What the host holds of a chain and its key. */
export interface HostFiles {
  /** The certificates in the file, in PEM; undefined when no chain was asked for. */
  readonly chain: string | undefined
  readonly key: KeyOnHost | undefined
}

/**
 * A read-only script about a chain and a key on the host. Only certificates and the public half of the key leave the
 * host; an encrypted key is not tried, and nothing asks for a passphrase.
 */
export function filesScript(chain: string | undefined, key: string | undefined): Script {
  const parts = [raw('PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL')]
  if (chain !== undefined)
    parts.push(sh`if [ ! -e ${chain} ]; then echo ==chain-missing
elif [ ! -r ${chain} ]; then echo ==chain-closed
else echo ==chain; sed -n '/-----BEGIN [A-Z0-9 ]*CERTIFICATE/,/-----END [A-Z0-9 ]*CERTIFICATE/p' ${chain}
if grep -q 'PRIVATE KEY-----' ${chain}; then echo ==chain-key; fi
fi`)
  if (key !== undefined)
    parts.push(sh`if [ ! -e ${key} ]; then echo ==key-missing
elif [ ! -r ${key} ]; then echo ==key-closed
else echo ==key-stat; stat -L -c '%a %U %G' ${key}
if grep -q ENCRYPTED ${key}; then echo ==key-encrypted
elif command -v openssl >/dev/null 2>&1; then echo ==key-public; openssl pkey -pubout -in ${key} </dev/null 2>/dev/null
fi
fi`)
  return join([...parts, raw(':')])
}

/** Reads what `filesScript` printed. Throws NotYetError when a file is not there, TaskError when it may not be read. */
export function readFiles(answer: Answer | undefined, chain: string | undefined, key: string | undefined): HostFiles {
  const parts = new Map<string, string[]>()
  let current: string[] = []
  for (const line of (answer?.text ?? '').split('\n')) {
    const name = /^==([a-z-]+)$/.exec(line)?.[1]
    if (name === undefined) current.push(line)
    else {
      current = []
      parts.set(name, current)
    }
  }
  for (const [what, path] of [
    ['chain', chain],
    ['key', key],
  ] as const) {
    if (path !== undefined && parts.has(`${what}-missing`))
      throw new NotYetError(
        problem('file-missing', `there is no ${path} on the host`, {
          mend: 'bring it there, or name the file that is there',
        }),
      )
    if (path !== undefined && parts.has(`${what}-closed`))
      throw new TaskError(
        problem('file-closed', `${path} may not be read by the account that the task runs as`, {
          mend: 'let the task become root (become: true)',
        }),
      )
  }
  if (chain !== undefined && chain !== key && parts.has('chain-key'))
    throw new TaskError(
      problem('chain-holds-key', `${chain} holds a private key beside the certificates`, {
        mend: 'keep the key in a file of its own that nobody else can read, or name this file as the key as well',
      }),
    )
  const [mode = '777', owner = '', group = ''] = (parts.get('key-stat')?.[0] ?? '').trim().split(/\s+/)
  return {
    chain: chain === undefined ? undefined : (parts.get('chain') ?? []).join('\n'),
    key:
      key === undefined
        ? undefined
        : {
            path: key,
            encrypted: parts.has('key-encrypted'),
            mode: Number.parseInt(mode, 8),
            owner,
            group,
            publicKey: parts.get('key-public')?.join('\n'),
          },
  }
}
