import { raw, type Script } from '../task.ts'

/**
 * One read-only script that tells what a host is; each part follows a line `==NAME`. What a host lacks is left out. Nothing in
 * it may wait for a network: names are looked up, and file systems measured, for a few seconds at most.
 */
export const factsScript: Script = raw(`echo ==env; env
PATH=$PATH:/usr/sbin:/sbin; LC_ALL=C; export PATH LC_ALL
bound() { if command -v timeout >/dev/null 2>&1; then timeout "$@"; else shift; "$@"; fi; }
echo ==system; uname -s; uname -n; uname -r; uname -m; uname -v
echo ==fqdn; bound 3 hostname -f 2>/dev/null
echo ==os; cat /etc/os-release /usr/lib/os-release 2>/dev/null
echo ==debian; cat /etc/debian_version 2>/dev/null
echo ==memory; cat /proc/meminfo 2>/dev/null
echo ==cpu; cat /proc/cpuinfo 2>/dev/null
echo ==nproc; nproc 2>/dev/null
echo ==user; id -un; id -u; id -g; getent passwd "$(id -u)" 2>/dev/null || grep "^[^:]*:[^:]*:$(id -u):" /etc/passwd
echo ==date; date '+%Y|%m|%d|%H|%M|%S|%s|%Z|%z|%A|%w|%W'; date -u '+%Y-%m-%dT%H:%M:%SZ'
echo ==service; if [ -d /run/systemd/system ]; then echo systemd; elif [ -d /run/openrc ]; then echo openrc; else cat /proc/1/comm 2>/dev/null; fi
echo ==packages; for p in apt-get dnf yum zypper apk pacman; do if command -v "$p" >/dev/null 2>&1; then echo "$p"; break; fi; done
echo ==virt; if [ -e /.dockerenv ]; then echo docker; elif [ -e /run/.containerenv ]; then echo podman; else systemd-detect-virt 2>/dev/null; fi; cat /sys/class/dmi/id/sys_vendor /sys/class/dmi/id/product_name 2>/dev/null
echo ==mounts; cat /proc/mounts 2>/dev/null
echo ==space; bound 5 df -Pk 2>/dev/null
echo ==cmdline; cat /proc/cmdline 2>/dev/null
echo ==uptime; cat /proc/uptime 2>/dev/null
echo ==machine; cat /etc/machine-id 2>/dev/null
echo ==load; cat /proc/loadavg 2>/dev/null
echo ==dns; cat /etc/resolv.conf 2>/dev/null
echo ==address; ip -o addr show 2>/dev/null
echo ==link; ip -o link show 2>/dev/null
echo ==route; ip -4 route get 192.0.2.1 2>/dev/null; ip -4 route show default 2>/dev/null
echo ==route6; ip -6 route show default 2>/dev/null
echo ==hostkeys; for f in /etc/ssh/ssh_host_*_key.pub; do if [ -r "$f" ]; then cat "$f"; fi; done
:`)
