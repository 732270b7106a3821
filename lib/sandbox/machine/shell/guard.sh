# Read by the programs that stand for the machine's tools, before they become the real ones. Leads the paths among the
# arguments below the root. What the tool is like is in $tool, $pattern, $runs, $separators, $writes and $grows.

refuse() {
  echo "$tool: the sandbox does not let a program text write files or start programs" >&2
  exit 2
}

# Refuses an awk program that writes files or starts programs; what stands in strings does not count.
check_awk() {
  rest=$program
  code=
  while :; do
    case $rest in
    *\"*\"*)
      code=$code${rest%%\"*}
      rest=${rest#*\"}
      rest=${rest#*\"}
      ;;
    *)
      code=$code$rest
      break
      ;;
    esac
  done
  case $code in
  *system*\(* | *getline*) refuse ;;
  esac
  while :; do
    case $code in
    *print*) ;;
    *) break ;;
    esac
    code=${code#*print}
    case ${code%%[;\}]*} in
    *\>* | *[!\|]\|[!\|]*) refuse ;;
    esac
  done
}

if [ -n "${TMPDIR-}" ]; then
  __sandbox_map "$TMPDIR"
  TMPDIR=$__sandbox_p
  export TMPDIR
fi

option=
program=
for word; do
  shift
  starts=
  if [ "$option" = value ]; then
    option=
  else
    case $word in
    /)
      [ -n "${separators-}${pattern-}" ] || word=$__sandbox_root/
      ;;
    /* | ../* | */../* | */.. | ..)
      if [ -n "${pattern-}" ] && [ -z "$program" ]; then
        program=$word
      else
        __sandbox_map "$word"
        word=$__sandbox_p
        case $tool$option in
        find-exec* | find-ok*) runs=1 ;;
        esac
        if [ -n "${runs-}" ] && [ -f "$word" ] && [ -x "$word" ]; then
          starts=1
          runs=
        fi
      fi
      ;;
    --*=/?*)
      __sandbox_map "${word#*=}"
      word=${word%%=*}=$__sandbox_p
      ;;
    -[A-Za-z]/[A-Za-z]*)
      if [ -z "${pattern-}" ]; then
        __sandbox_map "${word#-?}"
        word=${word%"${word#-?}"}$__sandbox_p
      fi
      ;;
    [io]f=/*)
      if [ "$tool" = dd ]; then
        __sandbox_map "${word#?f=}"
        word=${word%%=*}=$__sandbox_p
      fi
      ;;
    -e | --regexp | --expression)
      [ -z "${pattern-}" ] || { program=given && option=value; }
      ;;
    -f | --file)
      [ -z "${pattern-}" ] || program=given
      ;;
    -e?* | --regexp=* | --expression=*)
      [ -z "${pattern-}" ] || program=${word#-e}
      ;;
    -[vFABCm])
      case ${pattern-}$word in
      awk-[vF] | grep-[ABCm]) option=value ;;
      esac
      ;;
    -*) option=$word ;;
    *)
      if [ -n "${pattern-}" ] && [ -z "$program" ]; then program=$word; fi
      ;;
    esac
  fi
  case $word in
  -*) ;;
  *) [ "$option" = value ] || option= ;;
  esac
  if [ -n "$starts" ]; then set -- "$@" sandbox-run "$word"; else set -- "$@" "$word"; fi
done

case ${pattern-}:$program in
awk:*) check_awk ;;
sed:*[!A-Za-z]w\ /* | sed:w\ /*) refuse ;;
esac

if [ -n "${writes-}" ] && [ -e "$__sandbox_folder/writing" ]; then
  read -r reason <"$__sandbox_folder/writing"
  last=
  for word; do
    case $word in
    -*) ;;
    *) last=$word ;;
    esac
  done
  # What lies in memory goes on.
  case $last in
  "$__sandbox_root"/run/*) grows= reason=No ;;
  esac
  case ${grows-}$reason in
  No*) ;;
  *)
    printf "%s: cannot write '%s': %s\n" "$tool" "${last#"$__sandbox_root"}" "${reason}" >&2
    exit 1
    ;;
  esac
fi

if [ "$tool" = rm ]; then
  for word; do
    case $word in
    "$__sandbox_root" | "$__sandbox_root"/)
      echo "rm: it is dangerous to operate recursively on '/'" >&2
      exit 1
      ;;
    esac
  done
fi
