# Leads a path of the machine to its place below $__sandbox_root; the answer is in $__sandbox_p.
# Read by every script and every tool; works in any POSIX shell, also under `set -eu`.

__sandbox_map() {
  case $1 in
  ../* | */../* | */.. | ..) __sandbox_clean "$1" ;;
  "$__sandbox_root" | "$__sandbox_root"/*) __sandbox_p=$1 ;;
  /dev/null | /dev/zero | /dev/full | /dev/random | /dev/urandom) __sandbox_p=$1 ;;
  /proc/1/*) __sandbox_p=$__sandbox_root$1 ;;
  /proc/self/* | /proc/[1-9]*/*) __sandbox_p=$1 ;;
  /dev/stdin | /dev/stdout | /dev/stderr | /dev/fd/*) __sandbox_p=$1 ;;
  /*) __sandbox_p=$__sandbox_root$1 ;;
  *) __sandbox_p=$1 ;;
  esac
}

# A path with `..` in it: resolved by name, and never above the root.
__sandbox_clean() {
  case $1 in
  "$__sandbox_root"/*) __sandbox_r=${1#"$__sandbox_root"} ;;
  /*) __sandbox_r=$1 ;;
  *) __sandbox_r=${PWD#"$__sandbox_root"}/$1 ;;
  esac
  __sandbox_p=
  while [ -n "$__sandbox_r" ]; do
    __sandbox_w=${__sandbox_r%%/*}
    case $__sandbox_r in
    */*) __sandbox_r=${__sandbox_r#*/} ;;
    *) __sandbox_r= ;;
    esac
    case $__sandbox_w in
    '' | .) ;;
    ..) __sandbox_p=${__sandbox_p%/*} ;;
    *) __sandbox_p=$__sandbox_p/$__sandbox_w ;;
    esac
  done
  __sandbox_p=$__sandbox_root${__sandbox_p:-/}
}
