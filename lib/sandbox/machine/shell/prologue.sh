# Functions that a rewritten script calls, and the built-in commands that take a path.

__sandbox_path() {
  __sandbox_map "$*"
  printf '%s\n' "$__sandbox_p"
}

# The file of a redirection that writes, while the disk is full or read-only.
__sandbox_target() {
  __sandbox_map "$*"
  case $__sandbox_p in
  # What lies in memory goes on.
  /dev/* | "$__sandbox_root"/run/*) ;;
  *)
    __sandbox_o=
    [ ! -e "$__sandbox_folder/writing" ] || read -r __sandbox_o <"$__sandbox_folder/writing"
    case $__sandbox_o in
    No*)
      # A name still fits on a full disk, content does not.
      [ -e "$__sandbox_p" ] || : >"$__sandbox_p"
      __sandbox_p=/dev/full
      ;;
    Read*)
      case $__sandbox_p in
      /*) __sandbox_p=$__sandbox_folder/read-only${__sandbox_p#"$__sandbox_root"} ;;
      *) __sandbox_p=$__sandbox_folder/read-only${PWD#"$__sandbox_root"}/$__sandbox_p ;;
      esac
      ;;
    esac
    ;;
  esac
  printf '%s\n' "$__sandbox_p"
}

# Text that `eval` or `trap` is about to run; rewritten it is in $__sandbox_text. No process is started for it.
__sandbox_rewrite() {
  case $- in
  *C*) __sandbox_o=C ;;
  *) __sandbox_o= ;;
  esac
  set -C
  __sandbox_w=0
  until printf '' 2>/dev/null >"$__sandbox_calls/$$-text-$__sandbox_w"; do __sandbox_w=$((__sandbox_w + 1)); done
  [ -n "$__sandbox_o" ] || set +C
  __sandbox_p=$__sandbox_calls/$$-text-$__sandbox_w
  printf '%s\0' sandbox-rewrite / '' "$@" >|"$__sandbox_p"
  echo "$$-text-$__sandbox_w call" >&7 || exit 126
  until [ -e "$__sandbox_p.1" ]; do read -r _ <&8 || exit 126; done
  . "$__sandbox_p.1"
}

__sandbox_run() {
  case ${1-} in
  /*)
    __sandbox_map "$1"
    shift
    sandbox-run "$__sandbox_p" "$@"
    ;;
  *) "$@" ;;
  esac
}

__sandbox_test() {
  __sandbox_o=
  for __sandbox_a; do
    shift
    case $__sandbox_o in
    -[abcdefghkLOGpSrstuwxN])
      __sandbox_map "$__sandbox_a"
      set -- "$@" "$__sandbox_p"
      ;;
    *) set -- "$@" "$__sandbox_a" ;;
    esac
    __sandbox_o=$__sandbox_a
  done
  "$@"
}

cd() {
  case ${1-} in
  -[LP] | --) shift ;;
  esac
  case ${1-} in
  -) command cd - ;;
  *)
    __sandbox_map "${1:-${HOME-/}}"
    CDPATH= command cd "$__sandbox_p"
    ;;
  esac
}

pwd() {
  __sandbox_p=$(command pwd "$@")
  __sandbox_p=${__sandbox_p#"$__sandbox_root"}
  printf '%s\n' "${__sandbox_p:-/}"
}
