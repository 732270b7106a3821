import { type Script, sh } from '../core/script.ts'

/**
 * Ends the whole process group of a shell: under sshd that is everything the command started. The group is read from
 * /proc, or asked from ps where there is no /proc. busybox's kill does not know `--`.
 */
export function terminateScript(pid: number): Script {
  return sh`g=
if read -r l </proc/${pid}/stat; then set -- \${l##*) }; g=$3; else g=$(ps -o pgid= -p ${pid} | tr -d ' '); fi 2>/dev/null
[ "\${g:-0}" -gt 1 ] || exit 0
kill -s TERM -- "-$g" 2>/dev/null || kill -TERM "-$g"`
}

/** Ends a shell alone. */
export function endScript(pid: number): Script {
  return sh`kill -s TERM ${pid} 2>/dev/null`
}
