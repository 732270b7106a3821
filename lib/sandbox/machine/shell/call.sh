# Read by the programs that stand for commands which the sandbox answers itself: asks with $name and the arguments, waits
# for a shell text and runs it. $calls and $cat are set before; the file descriptors are those of switchboard.ts.

# A program that was started by `exec` has the same process number as the one before it, whose files may still be there.
turn=0
while [ -e "$calls/$$-$turn" ]; do turn=$((turn + 1)); done
call=$calls/$$-$turn

# What the command reads: its standard input, or another open file.
send() {
  case $1 in
  /dev/stdin) "$cat" >"$call.stdin" ;;
  *) "$cat" <"$1" >"$call.stdin" ;;
  esac
}

wait_for() {
  until [ -e "$call.$1" ]; do
    read -r _ <&8 || exit 126
  done
}

printf '%s\0' "$name" "$PWD" "${SANDBOX_USER-}" "$@" >"$call"
echo "$$-$turn call" >&7 || exit 126
wait_for 1
. "$call.1"
