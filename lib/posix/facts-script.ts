import { raw, type Script } from '../task.ts'

/** Files that tell something, by the part that they belong to; they are read all at once, as programs take most of the time. */
export const factFiles: Readonly<Record<string, readonly string[]>> = {
  os: ['/etc/os-release', '/usr/lib/os-release'],
  debian: ['/etc/debian_version'],
  memory: ['/proc/meminfo'],
  cpu: ['/proc/cpuinfo'],
  virt: ['/sys/class/dmi/id/sys_vendor', '/sys/class/dmi/id/product_name'],
  mounts: ['/proc/mounts'],
  cmdline: ['/proc/cmdline'],
  uptime: ['/proc/uptime'],
  machine: ['/etc/machine-id'],
  load: ['/proc/loadavg'],
  dns: ['/etc/resolv.conf'],
}

/** Host keys: which ones there are is not known. */
const hostKeys = '/etc/ssh/ssh_host_*_key.pub'

/** The part that a file belongs to. */
export function partOf(file: string): string {
  const [name] = Object.entries(factFiles).find(([, files]) => files.includes(file)) ?? []
  return name ?? 'hostkeys'
}

/**
 * One read-only script that tells what a host is; each part follows a line `==NAME`, and after `==files` each line has the
 * name of its file in front. What a host lacks is left out. Nothing in it may wait for a network: names are looked up, and
 * file systems measured, for a few seconds at most.
 */
export const factsScript: Script = raw(`echo ==env; env
PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
bound() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
echo ==system; uname -snrvm
echo ==fqdn; bound 3 hostname -f 2>/dev/null
echo ==nproc; nproc 2>/dev/null
i=$(id); u=\${i#uid=}; u=\${u%%[!0-9]*}
echo ==user; echo "$i"; getent passwd "$u" 2>/dev/null || grep "^[^:]*:[^:]*:$u:" /etc/passwd
echo ==date; date '+%Y|%m|%d|%H|%M|%S|%s|%Z|%z|%A|%w|%W'
echo ==service; if [ -d /run/systemd/system ]; then echo systemd; elif [ -d /run/openrc ]; then echo openrc; else cat /proc/1/comm 2>/dev/null; fi
echo ==packages; for p in apt-get dnf yum zypper apk pacman; do if command -v "$p" >/dev/null 2>&1; then echo "$p"; break; fi; done
echo ==virt; if [ -e /.dockerenv ]; then echo docker; elif [ -e /run/.containerenv ]; then echo podman; else systemd-detect-virt 2>/dev/null; fi
echo ==space; bound 5 df -Pk 2>/dev/null
echo ==address; ip -o addr show 2>/dev/null
echo ==link; ip -o link show 2>/dev/null
echo ==route; ip -4 route get 192.0.2.1 2>/dev/null; ip -4 route show default 2>/dev/null
echo ==route6; ip -6 route show default 2>/dev/null
echo ==files; grep -s '' ${Object.values(factFiles).flat().join(' ')} ${hostKeys} 2>/dev/null
:`)
