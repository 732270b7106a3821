import { posix } from 'node:path'
import { quote } from '../../../core/script.ts'

/** Device files that are the same everywhere and stay real. */
const DEVICES = [
  '/dev/null',
  '/dev/zero',
  '/dev/full',
  '/dev/random',
  '/dev/urandom',
  '/dev/stdin',
  '/dev/stdout',
  '/dev/stderr',
] as const

/** True for a path that means the same inside and outside. */
export function isDevice(path: string): boolean {
  return (DEVICES as readonly string[]).includes(path) || /^\/dev\/fd\/\d+$/.test(path)
}

/** Where an absolute path of the machine lies on this one; a path that already lies below `root` stays, `..` cannot leave it. */
export function physical(root: string, path: string): string {
  if (isDevice(path)) return path
  const inside = path === root || path.startsWith(`${root}/`) ? path.slice(root.length) : path
  const clean = posix.normalize(`/${inside}`)
  return clean === '/' ? root : root + clean
}

/** What the machine calls a path that lies below `root`; any other path is given back as it is. */
export function virtual(root: string, path: string): string {
  if (path === root) return '/'
  return path.startsWith(`${root}/`) ? path.slice(root.length) : path
}

/** One shell word for a literal absolute path. */
export function physicalWord(root: string, path: string): string {
  return isDevice(path) ? path : quote(physical(root, path))
}

/** True for what the kernel of this machine says about a running process: scripts run for real, so it is the right one. */
export function isProcess(path: string): boolean {
  return /^\/proc\/(?:self|(?!1\/)\d+)\//.test(path) && !path.includes('..')
}

/** `PATH` of an account as Debian sets it; scripts in `/usr/local` are reached through their stand-ins in `programs`. */
export function searchPath({ root, folder }: { readonly root: string; readonly folder: string }, user: string): string {
  const folders = user === 'root' ? ['/usr/sbin', '/usr/bin', '/sbin', '/bin'] : ['/usr/bin', '/bin']
  return [`${folder}/programs`, ...folders.map((one) => root + one)].join(':')
}
