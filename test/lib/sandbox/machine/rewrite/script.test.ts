import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { type Machine, rewriteFragment, rewriteScript } from '../../../../../lib/sandbox/machine/rewrite/script.ts'

const test = suite('lib/sandbox/machine/rewrite/script')
const machine: Machine = { root: '/R', folder: '/M', writing: 'normal' }

const check = (title: string, script: string, expected: string, dialect: 'sh' | 'bash' = 'sh') =>
  test(title, () => assert.is(rewriteFragment(script, machine, dialect), expected))
const same = (title: string, script: string, dialect: 'sh' | 'bash' = 'sh') => check(title, script, script, dialect)

// Redirections.
check('a file to write', 'echo a > /etc/x', 'echo a > /R/etc/x')
check('without a blank', 'echo a>/etc/x', 'echo a>/R/etc/x')
check('appending, clobbering, reading and writing', 'a >>/x; b >|/y; c <>/z', 'a >>/R/x; b >|/R/y; c <>/R/z')
check('a file to read', 'while read l; do :; done < /etc/passwd', 'while read l; do :; done < /R/etc/passwd')
check('a quoted file', `a > "/etc/x y" 2>'/etc/z'`, `a > '/R/etc/x y' 2>/R/etc/z`)
check('a number before it', 'exec 9>/run/lock 2>/log', 'exec 9>/R/run/lock 2>/R/log')
check('before the command', '>/etc/x echo a', '>/R/etc/x echo a')
check('dots cannot leave', 'a > /etc/../../../x', 'a > /R/x')
check('relative dots are looked at when it runs', 'a > ../x', 'a > "$(__sandbox_path ../x)"')
check('a variable is looked at when it runs', 'a > "$f"', 'a > "$(__sandbox_path "$f")"')
check('a variable inside', 'a > /etc/$f.conf', 'a > "$(__sandbox_path /etc/$f.conf)"')
check('a home', 'a > ~deploy/x', 'a > "$(__sandbox_path "$(sandbox-home deploy)"/x)"')
same('a relative file', 'echo a > x/y')
check('the own home', 'a > ~/x', 'a > "$(__sandbox_path ~/x)"')
same('devices', 'a >/dev/null 2>/dev/stderr </dev/fd/3 < /dev/urandom')
same('other descriptors', 'a >&2 2>&1 <&- 3>&"$fd"')
same('what the kernel says of a process', 'read -r l </proc/4711/stat')
check('but not for writing', 'echo 1 > /proc/self/oom_score_adj', 'echo 1 > /R/proc/self/oom_score_adj')
check('what lies below the root already stays', 'a > /R/etc/x', 'a > /R/etc/x')

// Data stays data.
same('arguments are left to the command', 'cat /etc/passwd; rm -rf /var/x; for f in /a /b; do echo $f; done')
same('printf and echo', `printf '%s' '/etc/x > /etc/y'; echo "deb [signed-by=/k] https://h/p"`)
same('assignments', 'a=/etc/x b="/etc/$y"')
same('a comparison with > in quotes', `[ "$a" = '>' ] || grep '>/etc/x' f`)
same('comments', '# cat > /etc/x\na # > /etc/y\n')
same('patterns of case', 'case $x in /*) a ;; /etc/*|"/b") b ;; (/c) c ;; esac')
same('arithmetic', 'a=$((x > 3 ? 1 << 2 : 0)); b=$(( (a) < 2 ))')
same('expansions', 'a=${x#/}; b=${y%%/*}; c=${z:-/etc/x}; d="${x%">"*}"')
same('base64', `printf %s '/9j/4AAQSkZJRg==' | base64 -d`)
same('an escaped bracket', 'echo \\> /etc/x \\# /y')
same('URLs', 'curl https://example.org/x')
same('a quoted here-document', "cat <<'E'\n> /etc/x $(a > /b)\nE\n")
same('a here-document ended with tabs', 'cat <<-E\n\t> /etc/x\n\tE\nb\n')
same('two here-documents', 'cat <<A <<B\n>/x\nA\n>/y\nB\n')
check('after a here-document', 'cat <<E > /etc/x\n>/y\nE\na > /z', 'cat <<E > /R/etc/x\n>/y\nE\na > /R/z')
check('a script in a here-document', 'cat <<E\n$(a > /x)\nE\n', 'cat <<E\n$(a > /R/x)\nE\n')

// Scripts in scripts.
check('a substitution', 'a=$(b > /x)', 'a=$(b > /R/x)')
check('in quotes, nested', 'a "$(b "$(c >/x)" >/y)"', 'a "$(b "$(c >/R/x)" >/R/y)"')
check('backticks', 'a=`b > /x`', 'a=$(b > /R/x\n)')
check('backticks in backticks', 'a=`b \\`c > /x\\``', 'a=$(b $(c > /R/x\n)\n)')
check('in an expansion', 'a=${b:-$(c > /x)}', 'a=${b:-$(c > /R/x)}')
check('in arithmetic', 'a=$(( $(b > /x) + 1 ))', 'a=$(( $(b > /R/x) + 1 ))')
check('a subshell in a substitution', 'a=$( (b > /x); c )', 'a=$( (b > /R/x); c )')
check('one that looks like arithmetic', 'a=$((b > /x); (c >/y))', 'a=$((b > /R/x); (c >/R/y))')
check('a group, a function, a subshell', 'f() { a >/x; }; ( b >/y ); f', 'f() { a >/R/x; }; ( b >/R/y ); f')
check('case items', 'case a in b) c >/x ;; esac >/y', 'case a in b) c >/R/x ;; esac >/R/y')
check('case in a substitution', 'a=$(case b in b) c >/x ;; esac)', 'a=$(case b in b) c >/R/x ;; esac)')
check('a trap', `trap 'rm -f "$t" > /x' EXIT`, `trap 'rm -f "$t" > /R/x' EXIT`)
check('a trap made of variables', 'trap "rm -f $t" 0', '{ __sandbox_rewrite "rm -f $t"; trap "$__sandbox_text" 0; }')
same('no trap', 'trap - EXIT; trap "" INT')
check('eval', 'eval "$a" b > /x', '{ __sandbox_rewrite "$a" b; eval "$__sandbox_text"; } > /R/x')
check('eval with an assignment', 'a=1 eval "$b"', 'a=1 && { __sandbox_rewrite "$b"; eval "$__sandbox_text"; }')
check('eval of a known text', `eval 'a >/x' b`, `eval 'a >/R/x b' `)
check('eval behind another word', 'command eval "$a"', ' { __sandbox_rewrite "$a"; eval "$__sandbox_text"; }')
same('sh -c is looked at when it runs', `sh -c 'echo > /x'`)

// Programs and built-in commands.
check('a program by its path', '/opt/x a; /usr/bin/env b', 'sandbox-run /R/opt/x a; sandbox-run /R/usr/bin/env b')
check('after a word of the language', 'if /a; then ! /b; fi', 'if sandbox-run /R/a; then ! sandbox-run /R/b; fi')
check('by a variable', '"$x" a; $y', '__sandbox_run "$x" a; __sandbox_run $y')
check('with an assignment before it', 'A=1 $x', 'A=1 sandbox-run $x')
check('exec and command', 'exec /bin/sh -s; command -v /bin/x', 'exec sandbox-run /R/bin/sh -s; command -v /R/bin/x')
check('exec by a variable', 'exec "$@"', 'exec sandbox-run "$@"')
same('exec for descriptors only', 'exec 3>&1')
check('a test of a file', '[ -f /etc/x ] && a', '__sandbox_test [ -f /etc/x ] && a')
check('test', 'test ! -d "$x"', '__sandbox_test test ! -d "$x"')
same('a test of texts', '[ a = b ]; test 1 -eq "$1"')
check('a test of who knows what', 'test "$@"; [ $x ]', '__sandbox_test test "$@"; __sandbox_test [ $x ]')
check('which is newer', '[ /a -nt "$b" ]', '[ /R/a -nt "$(__sandbox_path "$b")" ]')
check('a file to read commands from', '. /etc/os-release', '. "$(sandbox-source /etc/os-release)"')
check('patterns of file names', 'for f in /etc/*.d "/x"/?; do a; done', `for f in /R/etc/*.d /R"/x"/?; do a; done`)
same('patterns without a path', 'ls *.conf')
check('PATH', 'PATH=/usr/bin:/bin:$PATH a', 'PATH=/R/usr/bin:/R/bin:$PATH a')
check('PATH in quotes', `export PATH="$PATH:/sbin"`, `export PATH="$PATH:"/R"/sbin"`)
check('PATH with local programs', 'PATH=/usr/local/bin:/bin', 'PATH=/M/programs:/R/bin')
check('cd by command', 'command cd /x', ' cd /x')

// Shells that are more than POSIX.
check('bash: both outputs', 'a &> /x; b >& /y', 'a &> /R/x; b >& /R/y', 'bash')
same('bash: here-strings and arithmetic', 'cat <<< "/x"; ((a>b)); [[ $a > $b ]]', 'bash')
check('bash: process substitution', 'diff <(a >/x) b', 'diff <(a >/R/x) b', 'bash')
check('bash: file tests', '[[ -f /x && $a == /y ]]', '[[ -f "$(__sandbox_path /x)" && $a == /y ]]', 'bash')
same('bash: arrays', 'a=(/x "$y" z); b+=(c)', 'bash')

// Broken and strange texts.
same('an open quote', `echo 'a > /x`)
same('an open substitution', 'a=$(b ')
same('open backticks', 'a=`b > /x')
same('an open here-document', 'cat <<E\n> /x\n')
same('nothing', '')
same('bytes', 'printf %s \xff\xc3\xa9')
check('line continuation', 'echo a \\\n > /x', 'echo a \\\n > /R/x')
check('carriage returns', 'a > /x\r\nb', 'a > /R/x\r\nb')

const quick: Machine = {
  ...machine,
  tools: {
    sh: '/bin/dash',
    harmless: new Map([
      ['tr', 'plain'],
      ['cat', 'reads'],
    ] as const),
  },
}
for (const [script, expected] of [
  ['sh -c "a > /x"', "/bin/dash -c '. /M/prologue.sh; a > /R/x' sh"],
  ["sh -ec 'a > /x' b c", "/bin/dash -ec '. /M/prologue.sh; a > /R/x' b c"],
  ['exec sh -c "a"', "exec /bin/dash -c '. /M/prologue.sh; a' sh"],
  ['sh -c "$a"; sh /x; sh -s', 'sh -c "$a"; sh /x; sh -s'],
  ['tr / "$x"', 'PATH=/M/tools tr / "$x"'],
  ['cat; cat x; cat /x; cat "$x"; cat ..', 'PATH=/M/tools cat; PATH=/M/tools cat x; cat /x; cat "$x"; cat ..'],
] as const) {
  test(`short ways: ${script}`, () => assert.is(rewriteFragment(script, quick), expected))
}

test('a root with blanks and quotes in its path', () => {
  const odd: Machine = { root: `/a b/it's`, folder: '/a b', writing: 'normal' }
  assert.is(rewriteFragment('a > /x', odd), `a > '/a b/it'\\''s/x'`)
})
test('a script starts with the functions it needs, on its first line', () => {
  assert.is(rewriteScript('echo a\n', machine), '. /M/prologue.sh; echo a\n')
})
test('a disk that cannot be written is asked for every target', () => {
  assert.is(
    rewriteFragment('a > /x < /y 2>/dev/null', { ...machine, writing: 'full' }),
    'a > "$(__sandbox_target /x)" < /R/y 2>/dev/null',
  )
})

test.run()
