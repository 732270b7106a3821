import { randomBytes } from 'node:crypto'
import { statSync } from 'node:fs'
import { homedir, hostname, userInfo } from 'node:os'
import type { Connection } from './core/connection.ts'
import type { Become, Target } from './core/host.ts'
import type { Secret } from './core/secret.ts'
import type { Store } from './core/store.ts'
import type { ApiLink, DockerLink, Services } from './engine/services.ts'
import type { Scope } from './load/scope.ts'
import { findSource } from './load/source.ts'
import type { Templar } from './load/template.ts'
import { createHostLock, type LockTerms } from './lock/host-lock.ts'

export interface Surroundings {
  readonly templar: Templar
  /** The secrets of a host, kept beside the inventory. */
  store(host: string): Store
  /** Opens a file that ansible-vault encrypted as a whole. */
  openFile(text: string, file: string): Promise<Secret>
  /** `SSH_AUTH_SOCK`. */
  readonly agent: string | undefined
  /** How a host with `ansible_connection: sandbox` is really reached. */
  sandbox(host: string): Promise<Target>
  /** Is the host a machine of the rehearsal? */
  rehearses(host: string): boolean
  /** Who runs us and what for, as the locks of the hosts say it. */
  readonly lockTerms: LockTerms
}

/** Many questions as one script, and how its output is taken apart. */
const batched: Services['riding'] = async (scripts) => {
  const { batch, unbatch } = await import('./connect/batch.ts')
  const mark = randomBytes(12).toString('hex')
  return {
    script: batch(scripts, mark),
    read: (output) =>
      unbatch(scripts, mark, output).map(({ code, stdout, stderr }) => ({
        code,
        stdout: stdout.toString(),
        stderr: stderr.toString(),
      })),
  }
}

/** Puts the real connections, engines, stores and files together; what a run does not need is never loaded. */
export function composeServices(around: Surroundings): Services {
  return {
    connect: async (host, target, options) => {
      if (target.via === 'local') {
        const { connectLocal } = await import('./connect/local.ts')
        return connectLocal({ user: userInfo().username })
      }
      const { connectSsh } = await import('./connect/ssh.ts')
      if (target.via === 'sandbox') return connectSsh(await around.sandbox(host), options)
      return connectSsh(target, { ...options, account: accountOf(around.agent) })
    },
    batch: async (connection, scripts, { become, signal, timeout }) => {
      const { script, read } = await batched(scripts)
      const what = 'looking at the state of the host'
      return read(await connection.exec(script, { become, signal, timeout, what }))
    },
    riding: batched,
    docker: lazyDocker,
    api: lazyApi,
    observe: async (name, input, how) => {
      const { observe } = await import('./observe/observe.ts')
      return observe(name, input, { ...how, rehearsal: around.rehearses(how.host) })
    },
    http: async (request, way) => (await import('./net/exchange.ts')).exchange(request, way),
    answer: async (request, way) => (await import('./net/answer.ts')).answerOf(request, way),
    keep: async (file, content) => (await import('./connect/keep.ts')).keep(file, content),
    source: (kind, name, searchPath, scope, { destination, ...reading } = {}) =>
      findSource(
        kind,
        name,
        searchPath,
        (text, file) =>
          around.templar.renderTemplateFile(text, withTemplate(scope, text, { name, file, destination }), {
            path: file,
            ...reading,
          }),
        around.openFile,
      ),
    store: around.store,
    lock: (host) => createHostLock(around.lockTerms, host),
  }
}

/** What a template can say of itself, where it asks for it. */
function withTemplate(
  scope: Scope,
  text: string,
  {
    name,
    file,
    destination,
  }: { readonly name: string; readonly file: string; readonly destination: string | undefined },
): Scope {
  if (!/template_|ansible_managed/.test(text)) return scope
  const known = { template_path: name, template_fullpath: file, template_host: hostname(), template_uid: ownerOf(file) }
  const where = destination === undefined ? {} : { template_destpath: destination }
  return scope.with({ ...known, ...where, ansible_managed: 'Ansible managed' })
}

/** Name of the owner where it is us or root, else the number. */
function ownerOf(file: string): string | number {
  const { uid } = statSync(file)
  const me = userInfo()
  return uid === me.uid ? me.username : uid === 0 ? 'root' : uid
}

function accountOf(agent: string | undefined) {
  return { name: userInfo().username, home: homedir(), ...(agent !== undefined && { agent }) }
}

function lazyDocker(connection: Connection, become: Become | undefined): DockerLink {
  let link: Promise<DockerLink> | undefined
  const open = () => {
    link ??= import('./connect/docker.ts').then(({ openDocker }) => openDocker(connection, { become }))
    return link
  }
  return {
    request: async (...args) => (await open()).request(...args),
    exec: async (...args) => (await open()).exec(...args),
    close: () => {
      link?.then((one) => one.close()).catch(() => undefined)
    },
  }
}

function lazyApi(options: Parameters<Services['api']>[0]): ApiLink {
  let link: Promise<ApiLink> | undefined
  let opened: ApiLink | undefined
  const open = () => {
    link ??= import('./rocketchat/client.ts').then(({ openApi }) => {
      opened = openApi(options)
      return opened
    })
    return link
  }
  return {
    get: async (...args) => (await open()).get(...args),
    request: async (...args) => (await open()).request(...args),
    proves: async (...args) => (await open()).proves(...args),
    get calls() {
      return opened?.calls ?? 0
    },
    renew: () => opened?.renew(),
    close: async () => opened?.close(),
  }
}
