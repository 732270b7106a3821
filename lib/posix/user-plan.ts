import {
  type Change,
  create,
  join,
  type Plain,
  problem,
  raw,
  remove,
  type Script,
  Secret,
  sh,
  TaskError,
  type Text,
  update,
} from '../task.ts'
import type { Account, AccountLook } from './accounts.ts'

export interface UserWish {
  readonly name: string
  readonly state: 'present' | 'absent'
  readonly uid?: number | undefined
  readonly non_unique: boolean
  readonly group?: string | undefined
  readonly groups?: readonly string[] | undefined
  readonly append: boolean
  readonly comment?: string | undefined
  readonly home?: string | undefined
  readonly create_home: boolean
  readonly move_home: boolean
  readonly skeleton?: string | undefined
  readonly umask?: string | undefined
  readonly shell?: string | undefined
  readonly system: boolean
  readonly password?: Text | undefined
  readonly update_password: 'always' | 'on_create'
  readonly password_lock?: boolean | undefined
  readonly password_expire_max?: number | undefined
  readonly password_expire_min?: number | undefined
  readonly expires?: number | undefined
  readonly remove: boolean
  readonly force: boolean
  readonly generate_ssh_key: boolean
  readonly ssh_key_type: string
  readonly ssh_key_bits?: number | undefined
  readonly ssh_key_file?: string | undefined
  readonly ssh_key_comment?: string | undefined
}

/** What must change for the account to be as wished; the data is the script that does it. */
export function userChanges(wish: UserWish, { account, groupOfName }: AccountLook): readonly Change<Script>[] {
  const target = `account ${wish.name}`
  if (wish.state === 'absent') {
    if (!account) return []
    const flags = [...(wish.force ? ['-f'] : []), ...(wish.remove ? ['-r'] : [])]
    // Exit code 12: the home folder could not be removed as it is not there.
    return [
      remove(
        target,
        { uid: account.uid, home: account.home },
        sh`userdel ${flags} -- ${wish.name} || { c=$?; [ $c = 12 ] || exit $c; }`,
      ),
    ]
  }
  const changes = account ? changeAccount(wish, account, target) : [makeAccount(wish, groupOfName, target)]
  if (wish.generate_ssh_key && !account?.sshKey)
    changes.push(create(`SSH key of ${wish.name}`, wish.ssh_key_type, keyScript(wish)))
  return changes
}

function makeAccount(wish: UserWish, groupOfName: boolean, target: string): Change<Script> {
  const flags = [
    ...(wish.uid === undefined ? [] : ['-u', wish.uid, ...(wish.non_unique ? ['-o'] : [])]),
    // useradd refuses to make a group that is there already.
    ...(wish.group !== undefined ? ['-g', wish.group] : groupOfName ? ['-N'] : []),
    ...(wish.groups && wish.groups.length > 0 ? ['-G', wish.groups.join(',')] : []),
    ...(wish.comment === undefined ? [] : ['-c', wish.comment]),
    ...(wish.home === undefined ? [] : ['-d', wish.home]),
    ...(wish.shell === undefined ? [] : ['-s', wish.shell]),
    ...(wish.create_home
      ? [
          '-m',
          ...(wish.skeleton === undefined ? [] : ['-k', wish.skeleton]),
          ...(wish.umask === undefined ? [] : ['-K', `UMASK=${wish.umask}`]),
        ]
      : ['-M']),
    ...(wish.system ? ['-r'] : []),
    ...(wish.expires === undefined ? [] : ['-e', expiryDate(wish.expires)]),
  ]
  const after: { readonly [key: string]: Plain } = {
    ...(wish.uid !== undefined && { uid: wish.uid }),
    ...(wish.group !== undefined && { group: wish.group }),
    ...(wish.groups && { groups: wish.groups }),
    ...(wish.home !== undefined && { home: wish.home }),
    ...(wish.shell !== undefined && { shell: wish.shell }),
    ...(wish.system && { system: true }),
  }
  const steps = [
    sh`useradd ${flags} -- ${wish.name}`,
    ...(wish.password === undefined ? [] : [passwordScript(wish.name, wish.password)]),
    ...(wish.password_lock === true ? [sh`usermod -L -- ${wish.name}`] : []),
    ...ageing(wish),
  ]
  return create(target, after, join(steps, ' && '))
}

function changeAccount(wish: UserWish, account: Account, target: string): Change<Script>[] {
  const before: { [key: string]: Plain } = {}
  const after: { [key: string]: Plain } = {}
  const flags: (string | number)[] = []
  const more: Script[] = []
  const differ = (name: string, was: Plain, will: Plain, ...words: (string | number)[]) => {
    before[name] = was
    after[name] = will
    flags.push(...words)
  }
  const { uid, group, groups, comment, home, shell } = wish
  if (uid !== undefined && uid !== account.uid)
    differ('uid', account.uid, uid, '-u', uid, ...(wish.non_unique ? ['-o'] : []))
  if (group !== undefined && group !== account.group && group !== String(account.gid))
    differ('group', account.group, group, '-g', group)
  if (groups !== undefined) {
    const missing = groups.filter((one) => !account.groups.includes(one) && one !== account.group)
    const extra = wish.append ? [] : account.groups.filter((one) => !groups.includes(one))
    if (missing.length > 0 || extra.length > 0) {
      differ(
        'groups',
        account.groups,
        wish.append ? [...account.groups, ...missing] : groups,
        ...(wish.append ? ['-a'] : []),
        '-G',
        groups.join(','),
      )
    }
  }
  if (comment !== undefined && comment !== account.comment) differ('comment', account.comment, comment, '-c', comment)
  if (home !== undefined && home !== account.home)
    differ('home', account.home, home, '-d', home, ...(wish.move_home ? ['-m'] : []))
  if (shell !== undefined && shell !== account.shell) differ('shell', account.shell, shell, '-s', shell)
  if (wish.expires !== undefined && daysOf(wish.expires) !== account.expires)
    differ('expires', account.expires, daysOf(wish.expires), '-e', expiryDate(wish.expires))
  if (wish.password_lock !== undefined && wish.password_lock !== account.locked)
    differ('locked', account.locked, wish.password_lock, wish.password_lock ? '-L' : '-U')
  const steps = flags.length > 0 ? [sh`usermod ${flags} -- ${wish.name}`] : []
  if (wish.password !== undefined && wish.update_password === 'always' && account.password !== 'same') {
    if (account.password === 'unreadable') {
      throw new TaskError(
        problem('password-unreadable', `whether ${wish.name} has this password cannot be seen by this account`, {
          mend: 'add become: true',
        }),
      )
    }
    differ('password', '(secret)', '(secret) differs')
    more.push(
      passwordScript(wish.name, wish.password),
      ...(wish.password_lock === true ? [sh`usermod -L -- ${wish.name}`] : []),
    )
  }
  const aged: readonly (readonly [string, string, number | undefined])[] = [
    ['password_expire_min', account.minimum, wish.password_expire_min],
    ['password_expire_max', account.maximum, wish.password_expire_max],
  ]
  for (const [name, was, will] of aged) if (will !== undefined && String(will) !== was) differ(name, was, will)
  if (aged.some(([name]) => name in after)) more.push(...ageing(wish))
  if (wish.create_home && !account.homeExists) {
    differ('create_home', 'missing', home ?? account.home)
    more.push(homeScript(wish, account, home ?? account.home))
  }
  return Object.keys(after).length === 0 ? [] : [update(target, before, after, join([...steps, ...more], ' && '))]
}

/** The hash goes to chpasswd on its standard input, as everyone can read arguments. */
function passwordScript(name: string, password: Text): Script {
  return sh`printf '%s:%s\n' ${name} ${password} | chpasswd -e`
}

function ageing({ name, password_expire_min, password_expire_max }: UserWish): readonly Script[] {
  const flags = [
    ...(password_expire_min === undefined ? [] : ['-m', password_expire_min]),
    ...(password_expire_max === undefined ? [] : ['-M', password_expire_max]),
  ]
  return flags.length === 0 ? [] : [sh`chage ${flags} -- ${name}`]
}

function homeScript({ name, skeleton, umask }: UserWish, account: Account, home: string): Script {
  const mode =
    umask === undefined ? [] : [sh`chmod ${(0o777 & ~Number.parseInt(umask, 8)).toString(8).padStart(4, '0')} ${home}`]
  return join(
    [
      sh`mkdir -p -- ${home}`,
      sh`cp -R -- ${skeleton ?? '/etc/skel'}/. ${home}/`,
      sh`chown -R ${`${name}:${account.gid}`} ${home}`,
      ...mode,
    ],
    ' && ',
  )
}

function keyScript(wish: UserWish): Script {
  const file = wish.ssh_key_file ?? `.ssh/id_${wish.ssh_key_type}`
  const bits = wish.ssh_key_bits === undefined ? [] : ['-b', wish.ssh_key_bits]
  const comment = wish.ssh_key_comment === undefined ? raw(`"$(whoami) on $(hostname)"`) : sh`${wish.ssh_key_comment}`
  const make = sh`ssh-keygen -q -t ${wish.ssh_key_type} ${bits} -C ${comment} -f "$k" -N ''`
  return join([
    sh`n=${wish.name}; k=${file}`,
    raw(
      `h="$({ getent passwd "$n" || grep "^$n:" /etc/passwd; } | cut -d: -f6)"; case $k in /*) ;; *) k="$h/$k";; esac; d="\${k%/*}"`,
    ),
    sh`[ -d "$d" ] || { mkdir -m 0700 -p -- "$d" && chown "$n:$(id -g -- "$n")" "$d"; } && ${make} && chown "$n:$(id -g -- "$n")" "$k" "$k.pub"`,
  ])
}

const secondsPerDay = 86_400
const daysOf = (expires: number): string => (expires < 0 ? '' : String(Math.floor(expires / secondsPerDay)))
const expiryDate = (expires: number): string => (expires < 0 ? '' : new Date(expires * 1000).toISOString().slice(0, 10))

/** Is the text a hash that /etc/shadow can hold? A plain password there would lock everyone out. */
export function looksHashed(password: Text): boolean {
  return password instanceof Secret ? password.matches((text) => isHash(text)) : isHash(password)
}

const isHash = (text: string): boolean => /^(\$[0-9a-z]+\$|[*!]|_|$)/.test(text) || /^[./0-9A-Za-z]{13}$/.test(text)
