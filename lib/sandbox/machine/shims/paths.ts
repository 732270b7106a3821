import { posix } from 'node:path'
import type { Host } from '../host.ts'
import { physical } from '../rewrite/paths.ts'

/** Where a file named by a script lies; `cwd` is the script's folder as this machine names it. */
export function resolve(host: Host, cwd: string, file: string): string {
  return physical(host.root, file.startsWith('/') ? file : posix.join(cwd, file))
}
