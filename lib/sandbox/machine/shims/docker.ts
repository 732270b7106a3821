import { fail, ok } from '../call.ts'
import type { Shim, Shims } from '../host.ts'

/** `docker version`; everything else travels over the engine's socket. */
const docker: Shim = (call, host) => {
  const [verb] = call.args
  const version = host.packages.get('docker.io')?.version.replace(/-.*$/, '') ?? ''
  const running = host.units.state('docker') === 'active'
  if (verb === '--version' || verb === '-v') return ok(`Docker version ${version}, build 297e128\n`)
  const allowed = call.user === 'root' || (host.accounts.group('docker')?.members.includes(call.user) ?? false)
  if (verb !== 'version' && verb !== 'info')
    return fail(125, `docker: the sandbox's command knows "version" only, not "${verb}": use the engine's API`)
  const trouble = !running
    ? 'Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?'
    : allowed
      ? undefined
      : 'Got permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock'
  const format = call.args[call.args.findIndex((word) => word === '--format' || word === '-f') + 1]
  if (call.args.some((word) => word === '--format' || word === '-f') && format !== undefined) {
    if (trouble && /Server/.test(format)) return fail(1, trouble, '\n')
    return ok(
      `${format.replace(/\{\{\s*\.(?:Server|Client)\.Version\s*\}\}|\{\{\s*\.ServerVersion\s*\}\}/g, version)}\n`,
    )
  }
  const client = `Client:\n Version:           ${version}\n API version:       1.41\n`
  if (trouble) return fail(1, trouble, client)
  return ok(
    `${client}\nServer:\n Engine:\n  Version:          ${version}\n  API version:      1.41 (minimum version 1.12)\n`,
  )
}

export const dockerShims: Shims = { docker }
