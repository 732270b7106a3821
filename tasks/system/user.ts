import { accountScript, readAccount } from '../../lib/posix/accounts.ts'
import { looksHashed, userChanges } from '../../lib/posix/user-plan.ts'
import { type Finding, problem, s, task } from '../../lib/task.ts'

export default task({
  summary: 'An account exists with these properties, or does not.',
  args: s.args({
    name: s.string('Name of the account.', { aliases: ['user'] }),
    state: s.choice(['present', 'absent'], 'Shall it exist?').default('present'),
    uid: s.int('Its number.').optional(),
    non_unique: s.boolean('Allow a number that another account has.').default(false),
    group: s.string('Its primary group.').optional(),
    groups: s.words('Its further groups; an empty list takes it out of all.').optional(),
    append: s.boolean('Leave it in further groups that are not listed.').default(false),
    comment: s.string('Who it is for.').optional(),
    home: s.string('Its home folder.').optional(),
    create_home: s.boolean('Make the home folder when it is missing.', { aliases: ['createhome'] }).default(true),
    move_home: s.boolean('Move what is in the home folder when that changes.').default(false),
    skeleton: s.string('Folder whose content a new home folder gets.').optional(),
    umask: s.string('What to take away from the permissions of a new home folder: "077".').optional(),
    shell: s.string('Its shell.').optional(),
    local: s.boolean("Look at the host's own files alone, where accounts come from a network too.").default(false),
    system: s.boolean('A new account is one of the system.').default(false),
    password: s.text('Its password as a hash, as of "openssl passwd -6"; best a secret.').optional(),
    update_password: s
      .choice(['always', 'on_create'], 'Whether an account that is there gets the password too.')
      .default('always'),
    password_lock: s.boolean('Make its password useless, or useful again.').optional(),
    password_expire_max: s.int('Days after which its password must be changed.').optional(),
    password_expire_min: s.int('Days before which it may not be changed.').optional(),
    expires: s.number('When it can be used no longer, in seconds since 1970; -1 for never.').optional(),
    remove: s.boolean('With absent: remove its home folder too.').default(false),
    force: s.boolean('With absent: even when it is signed in.').default(false),
    generate_ssh_key: s.boolean('Make it an SSH key when it has none.').default(false),
    ssh_key_type: s.string('Kind of that key.').default('rsa'),
    ssh_key_bits: s.int('Length of that key.').optional(),
    ssh_key_file: s.string('Where that key is kept, below the home folder.').optional(),
    ssh_key_comment: s.string('Comment of that key.').optional(),
  }),
  examples: [
    'user: { name: rocketchat, system: true, shell: /usr/sbin/nologin, home: /var/lib/rocketchat, create_home: false }',
    `user:
  name: deploy
  groups: [docker]
  append: true
  password: "{{ deploy_password_hash }}"
  update_password: on_create`,
    'user: { name: former, state: absent, remove: true }',
  ],
  returns: {
    name: 'Name of the account.',
    uid: 'Its number.',
    group: 'Number of its primary group.',
    groups: 'Its further groups as asked for, or as they are.',
    home: 'Its home folder.',
    shell: 'Its shell.',
    comment: 'Who it is for.',
    state: 'present or absent.',
    append: 'Does it stay in further groups that are not listed?',
    move_home: 'Does what is in the home folder move with it?',
    system: 'Was it made as an account of the system?',
    create_home: 'Was it made with a home folder?',
    force: 'With absent: was it removed even when signed in?',
    remove: 'With absent: was its home folder removed too?',
    password: 'NOT_LOGGING_PASSWORD, when one was given.',
    ssh_public_key: 'Its public key, when one was asked for.',
    ssh_fingerprint: 'Fingerprint of that key.',
    ssh_key_file: 'Path of the private key.',
  },

  validate: ({ name, password, home, move_home }): readonly Finding[] => {
    const found: Finding[] = []
    const add = (path: string, message: string, mend: string) =>
      found.push({ path: [path], diagnostic: problem('wrong-argument', message, { mend }) })
    if (!/^[a-z_][a-z0-9_.-]*\$?$/i.test(name))
      add('name', `"${name}" cannot be the name of an account`, 'use letters, digits, "_" and "-", with a letter first')
    if (password !== undefined && !looksHashed(password))
      add(
        'password',
        'the password is not a hash',
        'make one with "openssl passwd -6", or with the filter password_hash',
      )
    if (move_home && home === undefined) add('move_home', 'move_home needs home', 'say in home where to move it')
    return found
  },
  probe: ({ name, local, password, ssh_key_file, ssh_key_type }) => ({
    ask: [
      {
        on: 'shell',
        script: accountScript(name, { local, password, sshKeyFile: ssh_key_file ?? `.ssh/id_${ssh_key_type}` }),
      },
    ],
    read: ([answer]) => readAccount(answer),
  }),
  diff: (args, look) => userChanges(args, look),
  apply: async ({ data, action }, io, { system, create_home }) => {
    await io.sh(data)
    return action === 'create' ? { values: { system, create_home } } : undefined
  },
  result: (args, { account }) => {
    const { name, append, move_home, force, remove, password } = args
    if (!account) return { values: { name, state: 'absent', ...(args.state === 'absent' && { force, remove }) } }
    const { uid, gid, groups, home, shell, comment, sshKey } = account
    const key =
      args.generate_ssh_key && sshKey
        ? {
            ssh_public_key: sshKey.public,
            ssh_fingerprint: sshKey.fingerprint,
            ssh_key_file: `${home}/${args.ssh_key_file ?? `.ssh/id_${args.ssh_key_type}`}`.replace(/^.*\/(?=\/)/, ''),
          }
        : {}
    return {
      values: {
        name,
        state: 'present',
        uid,
        group: gid,
        groups: (args.groups ?? groups).join(','),
        home,
        shell,
        comment,
        append,
        move_home,
        ...(password !== undefined && { password: 'NOT_LOGGING_PASSWORD' }),
        ...key,
      },
    }
  },
})
