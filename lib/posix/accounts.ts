import { type Answer, join, raw, type Script, sh, type Text } from '../task.ts'

/** What a host says of an account. */
export interface Account {
  readonly name: string
  readonly uid: number
  readonly gid: number
  /** Name of its primary group. */
  readonly group: string
  readonly comment: string
  readonly home: string
  readonly shell: string
  /** Further groups, without the primary one. */
  readonly groups: readonly string[]
  readonly homeExists: boolean
  /** `same` as the one given, `other`, or `unreadable` for who may not read it. */
  readonly password: 'same' | 'other' | 'unreadable'
  readonly locked: boolean
  /** Days since 1970 after which the account cannot be used, and days a password must and may last; empty for none. */
  readonly expires: string
  readonly minimum: string
  readonly maximum: string
  readonly sshKey: { readonly public: string; readonly fingerprint: string } | undefined
}

export interface AccountLook {
  readonly account: Account | undefined
  /** Is there a group of the account's name? */
  readonly groupOfName: boolean
}

/** The entry of `$n` in one of the databases; the line of the host's own file without a `getent`, or where it is `local`. */
export const database = (table: string, local = false): Script =>
  raw(`{ ${local ? '' : `getent ${table} "$n" 2>/dev/null || `}grep "^$n:" /etc/${table} 2>/dev/null; } | head -n 1`)

/** Looks at an account; a password is compared on the host, and none is printed. */
export function accountScript(
  name: string,
  options: {
    readonly password?: Text | undefined
    readonly sshKeyFile?: string | undefined
    readonly local?: boolean
  } = {},
): Script {
  const key = options.sshKeyFile ?? '.ssh/id_rsa'
  return join([
    sh`n=${name}`,
    sh`u="$(${database('passwd', options.local)})"; printf '%s\n' "$u"`,
    sh`g="$(${database('group', options.local)})"; printf '%s\n' "\${g%%:*}"`,
    raw(`[ -n "$u" ] || exit 0`),
    raw(`echo "$(id -gn -- "$n" 2>/dev/null) $(id -Gn -- "$n" 2>/dev/null)"`),
    raw(`h="$(printf '%s' "$u" | cut -d: -f6)"; if [ -d "$h" ]; then echo home; else echo; fi`),
    raw(
      `s="$({ getent shadow "$n" || grep "^$n:" /etc/shadow; } 2>/dev/null | head -n 1)"; p="$(printf '%s' "$s" | cut -d: -f2)"`,
    ),
    raw('if [ -z "$s" ]; then echo unreadable; else case $p in "!"*) echo locked;; *) echo open;; esac; fi'),
    options.password === undefined
      ? raw('echo')
      : sh`w=${options.password}; if [ "\${p#!}" = "\${w#!}" ]; then echo same; else echo other; fi`,
    raw(`printf '%s\\n' "$s" | cut -d: -f4,5,8`),
    sh`k=${key}; case $k in /*) ;; *) k="$h/$k";; esac; if [ -r "$k.pub" ]; then cat "$k.pub"; ssh-keygen -lf "$k.pub" 2>/dev/null; fi; :`,
  ])
}

export function readAccount(answer: Answer | undefined): AccountLook {
  const [passwd = '', groupOfName = '', ids = '', home = '', lock = '', same = '', ageing = '', ...key] = (
    answer?.text ?? ''
  ).split('\n')
  const [name = '', , uid = '', gid = '', comment = '', directory = '', shell = ''] = passwd.split(':')
  if (name === '') return { account: undefined, groupOfName: groupOfName !== '' }
  const [group = '', ...all] = ids.split(' ').filter((one) => one !== '')
  const [minimum = '', maximum = '', expires = ''] = ageing.split(':')
  return {
    groupOfName: groupOfName !== '',
    account: {
      name,
      uid: Number(uid),
      gid: Number(gid),
      group,
      comment,
      home: directory,
      shell,
      groups: [...new Set(all)].filter((one) => one !== group),
      homeExists: home === 'home',
      password: lock === 'unreadable' ? 'unreadable' : same === 'same' ? 'same' : 'other',
      locked: lock === 'locked',
      expires,
      minimum,
      maximum,
      sshKey: (key[0] ?? '') === '' ? undefined : { public: key[0] ?? '', fingerprint: key[1] ?? '' },
    },
  }
}
