import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { compareVersions } from '../../../../lib/sandbox/machine/shims/dpkg.ts'
import { changeMode } from '../../../../lib/sandbox/machine/shims/owner.ts'
import { type Bench, bench } from './fixture.ts'

const test = suite('lib/sandbox/machine/commands')
let at: Bench

test.before(async () => {
  at = await bench()
})
test.after(() => at.close())

/** A script, what it must print, and how it must end. */
const says = (title: string, script: string, stdout: string, code = 0) =>
  test(title, async () => {
    const outcome = await at.run(script)
    assert.is(outcome.stdout, stdout, outcome.stderr)
    assert.is(outcome.code, code)
  })
const refuses = (title: string, script: string, stderr: RegExp, code: number) =>
  test(title, async () => {
    const outcome = await at.run(script)
    assert.match(outcome.stderr, stderr)
    assert.is(outcome.code, code)
  })

// Owners and modes.
says(
  'a new file belongs to root',
  'echo a > /o; stat -c "%U:%G %u:%g %a %s %F %n" /o',
  'root:root 0:0 644 2 regular file /o\n',
)
says(
  'chown',
  'chown www-data:adm /o; stat -c %U:%G /o; chown :root /o; stat -c %U:%G /o; chown daemon: /o; stat -c %U:%G /o',
  'www-data:adm\nwww-data:root\ndaemon:daemon\n',
)
says('chown by number', 'chown 999:65533 /o; stat -c "%u:%g %U:%G" /o', '999:65533 UNKNOWN:UNKNOWN\n')
says('an owner follows a renamed file', 'chown mail /o; mv /o /o2; stat -c %U /o2', 'mail\n')
says('and does not stay behind', 'rm /o2; echo a > /o2; stat -c %U /o2', 'root\n')
says(
  'chown all the way down',
  'mkdir -p /d/e; touch /d/e/f; chown -R mail:mail /d; stat -c %U /d /d/e /d/e/f; chgrp -R adm /d; stat -c %G /d/e/f',
  'mail\nmail\nmail\nadm\n',
)
says(
  'chmod with numbers',
  'chmod 0640 /o2; stat -c %a /o2; chmod 4755 /o2; stat -c "%a %A" /o2',
  '640\n4755 -rwsr-xr-x\n',
)
says('chmod with letters', 'chmod u=rw,go= /o2; stat -c %a /o2; chmod a+x,g-x /o2; stat -c %a /o2', '600\n701\n')
says(
  'a file that its owner may not write can be replaced in place',
  'echo a > /ro; chmod 0400 /ro; stat -c %a /ro; echo b > /ro; cat /ro; stat -c %a /ro',
  '400\nb\n400\n',
)
says(
  'a folder without any right stays usable for root',
  'mkdir /none; chmod 000 /none; echo x > /none/f; cat /none/f; stat -c %a /none',
  'x\n0\n',
)
refuses('chown to nobody we know', 'chown nosuch /o2', /^chown: invalid user: ‘nosuch’$/m, 1)
refuses('chown of nothing', 'chown root /nothing', /^chown: cannot access '\/nothing': No such file or directory$/m, 1)
refuses('stat of nothing', 'stat /nothing', /^stat: cannot statx '\/nothing': No such file or directory$/m, 1)
says(
  'install',
  'install -d -m 0750 -o mail -g adm /i/j; stat -c "%a %U %G" /i/j; echo x > /i/s; install -m 600 -o www-data /i/s /i/t; stat -c "%a %U %s" /i/t',
  '750 mail adm\n600 www-data 2\n',
)
says(
  'stat of a link',
  'ln -s /etc/hosts /link; stat -c %N /link; stat -c %F /link; stat -Lc %F /link',
  "'/link' -> '/etc/hosts'\nsymbolic link\nregular file\n",
)
says(
  'stat with other formats',
  'stat --format="%a|%n" /etc /root; stat --printf="%s\\n" /etc/debian_version',
  '755|/etc\n700|/root\n5\n',
)

// Accounts.
says('id', 'id; id -u nobody; id -gn nobody; id -nG', 'uid=0(root) gid=0(root) groups=0(root)\n65534\nnogroup\nroot\n')
says(
  'an account is made',
  'useradd -r -M -d /srv/app -s /usr/sbin/nologin app; id -un app; getent passwd app; getent group app',
  'app\napp:x:999:996::/srv/app:/usr/sbin/nologin\napp:x:996:\n',
)
says(
  'with a home and groups',
  'useradd -m -G sudo,adm -u 1500 per; id per; stat -c "%U %a" /home/per',
  'uid=1500(per) gid=1500(per) groups=1500(per),4(adm),27(sudo)\nper 700\n',
)
says(
  'groups change',
  'groupadd -g 2000 team; usermod -aG team per; id -nG per; usermod -G "" per; id -nG per',
  'per adm sudo team\nper\n',
)
says('and go', 'userdel -r per; getent passwd per; ls /home', '', 0)
refuses('an account that is there', 'useradd app', /^useradd: user 'app' already exists$/m, 9)
refuses('a group that is there', 'groupadd adm', /^groupadd: group 'adm' already exists$/m, 9)
refuses('an unknown group', 'usermod -aG nosuch app', /^usermod: group 'nosuch' does not exist$/m, 6)
says('getent of nobody', 'getent passwd nosuch', '', 2)

says(
  'passwords',
  `useradd deb; printf 'deb:$6$x$y\\n' | chpasswd -e; getent shadow deb | cut -d: -f1,2; usermod -L -- deb; getent shadow deb | cut -d: -f2; usermod -U deb; chage -m 1 -M 90 -- deb; usermod -e 2030-01-02 deb; getent shadow deb | cut -d: -f2,4,5,8`,
  'deb:$6$x$y\n!$6$x$y\n$6$x$y:1:90:21916\n',
)
says('groups get another number', 'groupadd gg; groupmod -g 4242 -- gg; getent group gg', 'gg:x:4242:\n')
says(
  'tables of cron',
  `crontab -l 2>&1; printf '1 2 * * * true\\n' | crontab -; crontab -l; crontab -u deb -l 2>&1; crontab -r; crontab -l`,
  'no crontab for root\n1 2 * * * true\nno crontab for deb\n',
  1,
)

// Copies.
says(
  'a copy belongs to who makes it, with -p to the old owner',
  'echo a > /c; chown mail:adm /c; chmod 640 /c; cp /c /c1; cp -p /c /c2; stat -c "%U:%G %a" /c1 /c2',
  'root:root 640\nmail:adm 640\n',
)
says('a copy goes by umask', '(umask 077; cp /etc/hosts /c3); stat -c %a /c3', '600\n')
says('a copy over a file keeps its owner', 'echo b > /c4; cp /c4 /c; stat -c "%U %a" /c; cat /c', 'mail 640\nb\n')
says(
  'whole folders',
  'mkdir -p /cd/s; echo 1 > /cd/s/f; ln -s f /cd/s/l; mkdir /ce; cp -R /cd/s /ce; cp -R -- /cd/s/. /ce; ls /ce /ce/s; readlink /ce/l; cp /cd /ce2 2>&1',
  "/ce:\nf\nl\ns\n\n/ce/s:\nf\nl\nf\ncp: -r not specified; omitting directory '/cd'\n",
  1,
)

// sudo.
says('root becomes somebody', `sudo -u app sh -c 'id -un; echo "$HOME $USER $SUDO_USER"'`, 'app\n/srv/app app root\n')
says('and somebody root', 'sudo -n -u app sudo -n id -un', 'root\n')
refuses('sudo to nobody', 'sudo -u nosuch id', /unknown user nosuch/, 1)
refuses('a command that is not there', 'sudo nosuch', /^sudo: nosuch: command not found$/m, 1)

// Packages.
refuses(
  'nothing is known before the lists are there',
  'apt-get install -y docker.io',
  /^E: Unable to locate package docker.io$/m,
  100,
)
says(
  'the lists come',
  'apt-get update >/dev/null && apt-cache policy docker.io | sed -n 2,3p',
  '  Installed: (none)\n  Candidate: 20.10.24+dfsg1-1+deb12u1+b1\n',
)
says(
  'a simulation changes nothing',
  'apt-get -s install curl | grep ^Inst; dpkg-query -W curl',
  'Inst curl (7.88.1-10+deb12u8 Debian:12.8/stable [amd64])\n',
  1,
)
refuses('without -y', 'apt-get install curl || { echo stopped >&2; exit 1; }', /stopped/, 1)
says(
  'a package with what it needs',
  'apt-get install -qq -y --no-install-recommends docker.io >/dev/null; dpkg-query -W -f "\\${Package} \\${Status}\\n" docker.io containerd runc',
  'containerd install ok installed\ndocker.io install ok installed\nrunc install ok installed\n',
)
says(
  'its unit runs and its group is there',
  'systemctl is-active docker; systemctl is-enabled docker; getent group docker >/dev/null && command -v docker',
  'active\nenabled\n/usr/bin/docker\n',
)
says('again', 'apt-get install -y docker.io | grep -c "already the newest"', '1\n')
refuses('an unknown package', 'apt-get install -y nosuch', /^E: Unable to locate package nosuch$/m, 100)
refuses('an unknown version', 'apt-get install -y curl=1.0', /^E: Version '1.0' for 'curl' was not found$/m, 100)
says(
  'hold',
  'apt-mark hold docker.io; apt-mark showhold; dpkg-query -W -f "\\${db:Status-Abbrev}" docker.io',
  'docker.io set on hold.\ndocker.io\nhi ',
)
says(
  'remove and purge',
  'apt-get install -y caddy >/dev/null; apt-get remove -y caddy >/dev/null; dpkg-query -W -f "\\${Status}\\n" caddy; apt-get purge -y caddy >/dev/null; dpkg-query -W caddy 2>/dev/null; [ -e /usr/bin/caddy ] || echo gone',
  'deinstall ok config-files\ngone\n',
)
says(
  'dpkg',
  'dpkg --print-architecture; dpkg --compare-versions 1.10 gt 1.9 && echo newer; dpkg -s openssl | grep ^Status',
  'amd64\nnewer\nStatus: install ok installed\n',
)

test('apt waits for the lock when it is told to, and refuses otherwise', async () => {
  at.machine.host.packages.lock = { pid: 4711, process: 'apt-get' }
  const refused = await at.run('apt-get install -y jq')
  assert.is(refused.code, 100)
  assert.match(refused.stderr, /It is held by process 4711 \(apt-get\)/)
  const waiting = at.run('apt-get -o DPkg::Lock::Timeout=5 install -y jq')
  setTimeout(() => {
    at.machine.host.packages.lock = undefined
  }, 50)
  assert.is((await waiting).code, 0)
})

for (const [left, right, order] of [
  ['1.0', '1.0', 0],
  ['1.0~rc1', '1.0', -1],
  ['1:0.1', '9.9', 1],
  ['20.10.24+dfsg1-1+deb12u1', '20.10.24+dfsg1-1', 1],
  ['1.2', '1.10', -1],
  ['1.0-1', '1.0-2', -1],
] as const) {
  test(`version ${left} against ${right}`, () => assert.is(compareVersions(left, right), order))
}
for (const [mode, before, after] of [
  ['755', 0, 0o755],
  ['u=rwX,g=rX,o=', 0o644, 0o640],
  ['+x', 0o644, 0o755],
  ['g=u', 0o640, 0o660],
  ['+t', 0o755, 0o1755],
  ['99', 0, undefined],
  ['u+q', 0, undefined],
] as const) {
  test(`mode ${mode} on ${before.toString(8)}`, () => assert.is(changeMode(mode, before, false), after))
}

// Units.
says(
  'stop and start',
  'systemctl stop docker; systemctl is-active docker; systemctl start docker; systemctl is-active docker',
  'inactive\nactive\n',
)
says(
  'disable and enable',
  'systemctl disable docker 2>&1; systemctl is-enabled docker; systemctl enable docker 2>&1',
  'Removed "/etc/systemd/system/multi-user.target.wants/docker.service".\ndisabled\nCreated symlink /etc/systemd/system/multi-user.target.wants/docker.service → /lib/systemd/system/docker.service.\n',
)
says(
  'show',
  'systemctl show -p ActiveState,LoadState,UnitFileState docker; systemctl show --property=LoadState --value nosuch',
  'LoadState=loaded\nActiveState=active\nUnitFileState=enabled\nnot-found\n',
)
says(
  'an unknown unit',
  'systemctl is-active nosuch; echo $?; systemctl is-enabled nosuch 2>&1',
  'inactive\n4\nFailed to get unit file state for nosuch.service: No such file or directory\n',
  1,
)
refuses(
  'starting one',
  'systemctl start nosuch',
  /^Failed to start nosuch.service: Unit nosuch.service not found.$/m,
  5,
)
says(
  'mask',
  'systemctl mask cron 2>/dev/null; systemctl is-enabled cron; systemctl start cron; systemctl unmask cron 2>/dev/null; systemctl is-enabled cron',
  'masked\nenabled\n',
)
says(
  'a unit of our own',
  `printf '[Unit]\\nDescription=Ours\\n[Service]\\nExecStart=/bin/true\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/ours.service; systemctl show -p NeedDaemonReload --value ours; systemctl daemon-reload; systemctl enable --now -q ours; systemctl is-active ours; systemctl show -p Description --value ours`,
  'yes\nactive\nOurs\n',
)
test('a unit that does not start', async () => {
  at.machine.faults.brokenUnits = ['cron']
  const { code, stderr } = await at.run('systemctl restart cron')
  assert.is(code, 1)
  assert.match(stderr, /^Job for cron.service failed because the control process exited with error code.$/m)
  assert.is((await at.run('systemctl is-active cron; systemctl is-failed cron')).stdout, 'failed\nfailed\n')
  delete at.machine.faults.brokenUnits
})

// The machine itself.
says(
  'a script from another open file',
  `sh /dev/fd/3 a 3<<'E'\necho "$0 $1" > /tmp/fd; cat /tmp/fd\nE\n`,
  '/dev/fd/3 a\n',
)
says('the environment is a plain one', 'env | grep -c SANDBOX', '0\n', 1)
says("the clock is the machine's", 'date +%Z; echo Asia/Tokyo > /etc/timezone', 'UTC\n')
says('and changes with it', 'date +%Z; echo Etc/UTC > /etc/timezone', 'JST\n')
says(
  'the network',
  'ip -4 route get 192.0.2.1 | cut -d" " -f1-7; ip -o addr show | grep -c inet; ip -6 route show default',
  '192.0.2.1 via 192.0.2.1 dev eth0 src 192.0.2.10\n2\n',
)
says('the first process', 'cat /proc/1/comm; [ -d /run/systemd/system ] && echo systemd', 'systemd\nsystemd\n')
says(
  'packages ask whether they may start services',
  `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d; apt-get install -y chrony >/dev/null; systemctl is-active chrony; rm /usr/sbin/policy-rc.d`,
  'inactive\n',
)

test('a new file belongs to the account that made it', async () => {
  await at.say(`sudo -u app sh -c 'echo x > /tmp/of-app; mkdir /tmp/folder-of-app'`)
  assert.is(await at.say('stat -c "%U %n" /tmp/of-app /tmp/folder-of-app'), 'app /tmp/of-app\napp /tmp/folder-of-app\n')
})

says(
  'name and kernel',
  'hostname; uname -sm; cat /etc/hostname; hostnamectl set-hostname other; hostname',
  'chat1\nLinux x86_64\nchat1\nother\n',
)
says(
  'disk',
  'df -Pk / | sed 1d | tr -s " "; df --output=avail -B1 /var | sed 1d; df -Ph / | wc -l | tr -d " "',
  '/dev/sda1 41943040 3145728 36700160 8% /\n37580963840\n2\n',
)
says(
  'memory and processors',
  'free -m | awk "/^Mem/ {print \\$2}"; nproc; grep -c "^processor" /proc/cpuinfo; grep -q " avx " /proc/cpuinfo && echo avx; grep MemTotal /proc/meminfo',
  '4096\n2\n2\navx\nMemTotal:        4194304 kB\n',
)
says('ports', 'ss -Hltn | awk "{print \\$4}"', '0.0.0.0:22\n[::]:22\n')
says(
  'kernel settings',
  'sysctl -n vm.swappiness; sysctl -w vm.swappiness=1; cat /proc/sys/vm/swappiness',
  '60\nvm.swappiness = 1\n1\n',
)
says(
  'time',
  'timedatectl show -p Timezone --value; timedatectl set-timezone Europe/Paris; timedatectl show -p Timezone',
  'Etc/UTC\nTimezone=Europe/Paris\n',
)
refuses('what is not there is not found', 'perl -e 1', /perl: (command )?not found/, 127)
refuses(
  'programs that are only there for show say so',
  'apt-get install -y curl >/dev/null; curl https://example.org',
  /the sandbox has no working copy/,
  126,
)

test('no bookkeeping is left behind', async () => {
  await at.run('id; stat /; sh -c true')
  await new Promise((done) => setTimeout(done, 30))
  assert.not.ok(existsSync(join(at.machine.folder, 'scratch')))
  assert.is(statSync(at.machine.folder).mode & 0o777, 0o700)
})

test.run()
