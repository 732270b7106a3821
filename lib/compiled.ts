import { lstatSync, mkdirSync } from 'node:fs'
import { enableCompileCache } from 'node:module'
import { userInfo } from 'node:os'
import path from 'node:path'

/**
 * Has Node keep what it compiles from here on for the next start. Compiled code runs as it is found, so it is kept below
 * the home folder that the system knows for this account, whatever HOME says, and only in a folder that nobody else can
 * write in; Node's own choice is the folder for temporary files, which everybody shares. Without such a folder nothing is
 * kept. A folder that NODE_COMPILE_CACHE names is taken as it is.
 */
export function keepCompiled(): void {
  const folder = ownFolder()
  if (folder !== undefined) enableCompileCache(folder)
}

function ownFolder(): string | undefined {
  try {
    const folder = path.join(userInfo().homedir, '.cache', 'ametys-rocketchat', 'compiled')
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    const { uid, mode } = lstatSync(folder)
    return uid === userInfo().uid && (mode & 0o022) === 0 ? folder : undefined
  } catch {
    return undefined
  }
}
