import { choice, described, ref, type Schema } from './pieces.ts'

const text = (description: string) => described(ref('text'), description)

/** Variables that say how a host is reached. */
export const connectionVariables: { readonly [name: string]: Schema } = {
  ansible_become: described(ref('flag'), 'Become another account on the host, with sudo.'),
  ansible_become_password: text('The password that sudo wants.'),
  ansible_become_user: text('The account to become. Usual: root.'),
  ansible_connection: described(
    choice(['ssh', 'local', 'sandbox', 'paramiko', 'smart']),
    'How the host is reached. Usual: ssh.',
  ),
  ansible_group_priority: described(ref('number'), 'Decides between groups of the same depth; the higher one wins.'),
  ansible_host: text('Name or address to connect to, when it is not the name of the host.'),
  ansible_lock_folder: text('Where the lock of the host lies.'),
  ansible_password: text('The password to log in with.'),
  ansible_port: described(ref('number'), 'The port of SSH. Usual: 22.'),
  ansible_ssh_agent: text('The socket of the SSH agent, or none.'),
  ansible_ssh_common_args: text('Options of ssh: -J and some of -o.'),
  ansible_ssh_host_key_policy: described(
    choice(['strict', 'accept-new']),
    'What happens with a host key that is not known.',
  ),
  ansible_ssh_known_hosts: text('Host keys, as lines of known_hosts.'),
  ansible_ssh_private_key: text('The private key itself.'),
  ansible_ssh_private_key_file: text('The file with the private key.'),
  ansible_ssh_private_key_passphrase: text('What opens the private key.'),
  ansible_ssh_proxy_jump: text('Machines on the way: user@host:port.'),
  ansible_timeout: described(ref('number'), 'Seconds until connecting is given up.'),
  ansible_user: text('The account to log in with.'),
}
