import { type Script, sh } from '../task.ts'

/**
 * One read-only script that tells all of a machine that decides whether the installation can work; each part follows a
 * line `==NAME`. It needs nothing but a POSIX shell and /proc; `name` is looked up with the machine's own resolver.
 */
export function machineScript(name: string): Script {
  return sh`PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
bound() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
echo ==clock; date +%s
echo ==user; id -u
echo ==os; cat /etc/os-release /usr/lib/os-release 2>/dev/null
echo ==machine; uname -m
echo ==systemd; if [ -d /run/systemd/system ]; then echo yes; fi
echo ==processors; grep -c '^processor' /proc/cpuinfo
echo ==features; grep -m 1 -E '^(flags|Features)' /proc/cpuinfo
echo ==memory; grep -E '^(MemTotal|SwapTotal):' /proc/meminfo
echo ==disk
folder=$(grep -o '"data-root"[^,}]*' /etc/docker/daemon.json 2>/dev/null | cut -d '"' -f 4)
folder=\${folder:-/var/lib/docker}
while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
echo "$folder"; bound 5 df -Pk "$folder"
echo ==engines; dpkg-query -W -f '\${db:Status-Abbrev}|\${binary:Package}|\n' docker.io docker-ce 2>/dev/null | grep '^.i'
echo ==tcp; cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
echo ==processes; ss -Hltnp 2>/dev/null
echo ==name; bound 5 getent hosts ${name}
:`
}
