import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Bench, bench } from './fixture.ts'

const test = suite('lib/sandbox/machine/scripts')
let at: Bench

test.before(async () => {
  at = await bench()
})
test.after(() => at.close())

/** A script and what it must print. */
const says = (title: string, script: string, stdout: string, stdin?: string) =>
  test(title, async () => assert.is(await at.say(script, stdin), stdout))

says('a login finds itself at home', 'id -un; pwd; echo ~; hostname', 'root\n/root\n/root\nchat1\n')
says('files are written below the root', 'echo a > /etc/a; cat /etc/a; ls /etc/a', 'a\n/etc/a\n')
says(
  'folders are found again',
  'mkdir -p /opt/x/y && cd /opt/x && pwd && cd y && pwd && cd - && cd .. && pwd',
  '/opt/x\n/opt/x/y\n/opt/x\n/opt\n',
)
says('nobody gets above the root', 'cd / && pwd && cd ../.. && pwd && ls -d /../../etc', '/\n/\n/etc\n')
says(
  'data stay as they are',
  `printf '%s' '/etc/x > /y' > /tmp/d; wc -c < /tmp/d | tr -d ' '; cat /tmp/d`,
  '11\n/etc/x > /y',
)
says(
  'a here-document stays as it is',
  `cat > /tmp/h <<'E'\n/usr/x $(a) > /b\nE\n[ "$(sha256sum < /tmp/h)" = "$(printf '/usr/x $(a) > /b\\n' | sha256sum)" ] && echo same`,
  'same\n',
)
says(
  'file names in patterns',
  'mkdir -p /g; touch /g/a.d /g/b.d; for f in /g/*.d; do echo "$f"; done',
  '/g/a.d\n/g/b.d\n',
)
says('tests of files', '[ -f /etc/passwd ] && f=/etc/hosts && [ -e "$f" ] && test ! -d /nothing && echo yes', 'yes\n')
says('a file read by a loop', 'while IFS=: read -r n _; do echo "$n"; break; done < /etc/passwd', 'root\n')
says('variables from a file', '. /etc/os-release; echo "$ID $VERSION_ID"', 'debian 12\n')
says(
  'grep, sed and awk get their program as it is',
  `printf '/etc/x\\n' > /tmp/g; grep -xF '/etc/x' /tmp/g; sed -n '/^root/s/:.*//p' /etc/passwd; awk -F: '/^root/ {print $6}' /etc/passwd`,
  '/etc/x\nroot\n/root\n',
)
says('sed in place', `printf 'a\\n' > /tmp/s; sed -i 's|a|/b|' /tmp/s; cat /tmp/s`, '/b\n')
says(
  'find, xargs and exec',
  `mkdir -p /f; touch /f/a; find /f -type f; find /f -name a -exec basename {} \\;; echo /f/a | xargs rm; ls /f | wc -l | tr -d ' '`,
  '/f/a\na\n0\n',
)
says(
  'tar',
  'mkdir -p /t/in; echo 1 > /t/in/f; tar -C /t -czf /t/x.tgz in; mkdir /t/out; tar xzf /t/x.tgz -C /t/out; cat /t/out/in/f',
  '1\n',
)
says(
  'temporary files',
  't=$(mktemp -d) && echo x > "$t/f" && cat "$t/f" && rm -r "$t" && [ ! -e "$t" ] && echo gone',
  'x\ngone\n',
)
says(
  'links',
  'mkdir -p /l; echo v > /l/a; ln -s /l/a /l/b; ln -s a /l/c; cat /l/b /l/c; readlink /l/b /l/c; readlink -f /l/c',
  'v\nv\n/l/a\na\n/l/a\n',
)
says('programs by their path', `/bin/echo a; /usr/bin/env X=b sh -c 'echo $X'; exec /bin/sh -c 'echo c'`, 'a\nb\nc\n')
says(
  'where programs are',
  'command -v stat; command -v apt-get; which useradd; [ -x /usr/bin/stat ] && echo there',
  '/usr/bin/stat\n/usr/bin/apt-get\n/usr/sbin/useradd\nthere\n',
)
says('a script from standard input', 'sh -s a b', 'b x\n', 'echo "$2" x')
says('a script in a script', `sh -c 'sh -c "echo inner > /tmp/i"; cat /tmp/i'`, 'inner\n')
says('eval', `x='echo e > /tmp/e'; eval "$x"; cat /tmp/e`, 'e\n')
says('a trap', `(trap 'echo t > /tmp/t' EXIT; exit 0); cat /tmp/t`, 't\n')
says(
  'a script put on the machine',
  `printf '#!/bin/sh\\necho "$1" > /tmp/own; cat /tmp/own\\n' > /opt/own.sh; chmod +x /opt/own.sh; /opt/own.sh one; sh /opt/own.sh two; sudo /opt/own.sh three; timeout 5 /opt/own.sh four`,
  'one\ntwo\nthree\nfour\n',
)
says(
  'PATH',
  `PATH=/usr/bin:/bin; stat -c %n /etc; export PATH="/usr/sbin:$PATH"; command -v useradd`,
  '/etc\n/usr/sbin/useradd\n',
)
says(
  'the kernel about the script itself',
  '[ ! -r /proc/$$/stat ] || read -r p _ < /proc/$$/stat; [ "${p:-$$}" = $$ ] && echo same',
  'same\n',
)
says('devices', 'echo a > /dev/null; echo b >/dev/stderr 2>/dev/null; head -c 2 /dev/zero | wc -c | tr -d " "', '2\n')
says('a background job', 'sleep 0.02 & wait; echo done', 'done\n')
says(
  'many commands at once',
  'for i in 1 2 3 4 5 6; do stat -c %a /etc & id -u & done | sort; wait',
  '0\n'.repeat(6) + '755\n'.repeat(6),
)

test('a script put into PATH is found by its name, and rewritten', async () => {
  await at.say(
    `printf '#!/bin/sh\\necho here > /tmp/named; cat /tmp/named\\n' > /usr/local/bin/mine; chmod 755 /usr/local/bin/mine`,
  )
  assert.is(
    await at.say('mine; command -v mine; PATH=/usr/local/bin:/usr/bin; mine'),
    'here\n/usr/local/bin/mine\nhere\n',
  )
})

test('exit codes, signals and both outputs come back', async () => {
  assert.equal(await at.run('echo a; echo b >&2; exit 7'), { code: 7, signal: undefined, stdout: 'a\n', stderr: 'b\n' })
  const killed = await at.run('kill -TERM $$; sleep 5')
  assert.is(killed.signal, 'SIGTERM')
})

test('a client can send a signal', async () => {
  const ended = new Promise((resolve, reject) => {
    at.client.exec('echo ready; sleep 10', (error, channel) => {
      if (error) return reject(error)
      channel.on('data', () => channel.signal('TERM'))
      channel.on('exit', (...how: unknown[]) => resolve(how[1]))
    })
  })
  assert.is(await ended, 'SIGTERM')
})

test('large content goes through unchanged', async () => {
  const content = Buffer.from(Array.from({ length: 700_000 }, (_, index) => (index * 31) % 256))
  await at.say('cat > /tmp/large', content)
  assert.is(statSync(join(at.machine.root, 'tmp/large')).size, content.length)
  assert.is((await at.say('base64 /tmp/large | tr -d "\\n"')).length, Math.ceil(content.length / 3) * 4)
})

test('a large script goes through', async () => {
  const lines = Array.from({ length: 5000 }, (_, index) => `x${index}='${'y'.repeat(40)}'`)
  assert.is(await at.say('sh -s', `${lines.join('\n')}\necho "$x4999" > /tmp/z; cat /tmp/z\n`), `${'y'.repeat(40)}\n`)
})

/** Attempts to reach a file outside the root; the file must not come into being. */
const escapes: readonly string[] = [
  'echo x > "$o"',
  'echo x > $o',
  'echo x >> "${o}"',
  'echo x > "/../../../../../../../../..$o"',
  'd=${o%/*}; cd "$d" && echo x > "${o##*/}"',
  'd=${o%/*}; cd "$d"; touch "${o##*/}"',
  'touch "$o"; cp /etc/hosts "$o"; mv /etc/debian_version "$o"',
  'echo x | tee "$o"; dd if=/etc/hosts of="$o"; install -m 600 /etc/hosts "$o"',
  'mkdir -p "${o%/*}"; ln -s /etc/hosts "$o"; ln /etc/hosts "$o"',
  'ln -s "${o%/*}" /tmp/way; echo x > "/tmp/way/${o##*/}"',
  'ln -s ../../../../../../../../../../.."${o%/*}" /tmp/way2; echo x > "/tmp/way2/${o##*/}"',
  'sh -c "echo x > $o"; eval "echo x > $o"; sh -c \'echo x > "$1"\' _ "$o"',
  'echo "echo x > $o" | sh; echo "echo x > $o" > /tmp/e.sh; sh /tmp/e.sh; . /tmp/e.sh; chmod +x /tmp/e.sh; /tmp/e.sh',
  'printf "#!/bin/sh\\necho x > $o\\n" > /usr/local/bin/evil; chmod +x /usr/local/bin/evil; evil; env evil; xargs evil < /dev/null; timeout 1 /usr/local/bin/evil',
  'trap "echo x > $o" EXIT; exit 0',
  'f() { echo x > "$1"; }; f "$o"',
  'exec 3> "$o"; echo x >&3',
  'cat > "$o" <<E\nx\nE\n',
  ': ${x:=$(echo x > "$o")}; y=`echo x > "$o"`',
  'awk -v o="$o" \'BEGIN { print "x" > o }\'; awk "BEGIN { print 1 > \\"$o\\" }"; awk "BEGIN { system(\\"echo > $o\\") }"',
  'sed "w $o" /etc/hosts; sort -o "$o" /etc/hosts; split -l 1 /etc/hosts "$o"',
  'tar -C / -cf "$o" etc; tar -cf /tmp/e.tar -C /etc hosts; tar -xf /tmp/e.tar -C "${o%/*}"; find /etc/hosts -fprint "$o"',
  'env -i sh -c "echo x > $o"; sudo sh -c "echo x > $o"; nohup sh -c "echo x > $o"; xargs sh -c "echo x > $o" < /dev/null',
  'PATH=/usr/bin:/bin sh -c "echo x > $o"; /bin/sh -c "echo x > $o"; s=/bin/sh; $s -c "echo x > $o"; exec $s -c "echo x > $o"',
  'command cd "${o%/*}" && echo x > "${o##*/}"; HOME=${o%/*}; cd && echo x > "${o##*/}"',
  'mktemp "$o.XXXX"; mktemp -p "${o%/*}" x.XXXX; TMPDIR=${o%/*} mktemp',
]

for (const [index, script] of escapes.entries()) {
  test(`no way out ${index + 1}: ${script.replaceAll('\n', '\\n').slice(0, 60)}`, async () => {
    const { folder } = at
    await at.run(`o=${folder}/outside\n${script}`)
    assert.equal(
      readdirSync(folder).filter((name) => !/^(machine|client(\.pub)?)$/.test(name)),
      [],
    )
    assert.not.ok(existsSync(join(folder, 'hosts')))
  })
}

test('what would destroy everything destroys nothing outside', async () => {
  const own = await bench()
  await own.run('x=; rm -rf "$x/"*; rm -rf / ; rm -rf "$x/"; cd /; rm -rf ../../* ./*')
  assert.ok(existsSync('/usr'))
  assert.ok(existsSync(own.machine.ssh.keyFile))
  await own.close()
})

test.run()
