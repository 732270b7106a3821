import { readFileSync, statSync } from 'node:fs'

/** What mongod says about a key file it does not take; undefined when it takes it. `real` is the path behind `path`. */
export const keyFileTrouble = (path: string, real: string): string | undefined => {
  const stats = statSync(real, { throwIfNoEntry: false })
  if (stats === undefined || !stats.isFile()) return `Error opening file: ${path}: No such file or directory`
  if ((stats.mode & 0o077) !== 0) return `permissions on ${path} are too open`
  const key = readFileSync(real, 'utf8').replace(/\s/g, '')
  if (/[^A-Za-z0-9+/=]/.test(key)) return `invalid char in key file ${path}`
  if (key.length < 6 || key.length > 1024)
    return `security key in ${path} has length ${key.length}, must be between 6 and 1024 chars`
  return undefined
}
