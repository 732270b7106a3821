import { plainLines } from '../containers/log-text.ts'
import { type Io, problem, sh, TaskError } from '../task.ts'
import { difference, type Expected, type Shown } from './caddy-certificate.ts'
import { caddyLines, complaintIn, gaveUp, troubleIn } from './caddy-log.ts'

export interface Wish extends Expected {
  readonly config: string
  readonly folder: string
  readonly container: string
  readonly port: number
  /** Seconds. */
  readonly timeout: number
}

/** Milliseconds for one command of Caddy: a reload answers when what it closes has been closed. */
const patience = 60_000

/**
 * Takes the configuration into service without a restart. It is put beside the one in service, tried, loaded and looked at;
 * only then it takes its place, so that a restart of the machine at any moment comes up with one that works. Throws when it does
 * not work, with the old one back in service.
 */
export async function applyConfig(io: Io, wish: Wish): Promise<void> {
  const { folder, container } = wish
  const place = `${folder}/Caddyfile`
  await io.put(`${place}.candidate`, wish.config, { mode: 0o644, more: true })
  try {
    io.progress('Caddy looks at its new configuration')
    await caddy(io, container, 'validate', 'Caddyfile.candidate', (why) =>
      problem('proxy-config-refused', `Caddy refuses the new configuration: ${why}`, {
        detail: 'nothing was changed: the proxy goes on with the one before',
        mend: mendOf(why),
      }),
    )
    const since = (await logOf(io, container)).at(-1)?.time ?? 0
    await caddy(io, container, 'reload', 'Caddyfile.candidate', (why) =>
      problem('proxy-config-refused', `Caddy cannot go on with the new configuration: ${why}`, {
        detail: 'the proxy goes on with the one before',
        mend: mendOf(why),
      }),
    )
    await inService(io, wish, since).catch(async (error: unknown) => {
      await back(io, wish)
      throw error
    })
  } catch (error) {
    await io.sh(sh`rm -f ${`${place}.candidate`}`)
    throw error
  }
  await io.sh(sh`mv -f ${`${place}.candidate`} ${place}`)
  await tidy(io, wish)
}

/** The configuration that was in service before, if there was one. */
async function back(io: Io, { container }: Wish): Promise<void> {
  io.progress('Caddy goes back to the configuration before')
  await io.docker.exec(container, ['caddy', 'reload', '--config', '/etc/caddy/Caddyfile', '--adapter', 'caddyfile'], {
    timeout: patience,
  })
}

async function caddy(
  io: Io,
  container: string,
  verb: 'validate' | 'reload',
  file: string,
  trouble: (why: string) => ReturnType<typeof problem>,
): Promise<void> {
  const { code, stdout, stderr } = await io.docker.exec(
    container,
    ['caddy', verb, '--config', `/etc/caddy/${file}`, '--adapter', 'caddyfile'],
    { timeout: patience },
  )
  if (code !== 0) throw new TaskError(trouble(complaintIn(`${stdout}\n${stderr}`)))
}

function mendOf(why: string): string {
  if (/address already in use/.test(why))
    return 'another program holds that port inside the container; look at "docker logs caddy"'
  if (/private key does not match/.test(why)) return 'give the key that belongs to the certificate'
  return 'look at what it names; the template is playbooks/templates/Caddyfile.j2'
}

/** Waits until the proxy answers as the configuration says; throws with what kept it from that. */
async function inService(io: Io, wish: Wish, since: number): Promise<void> {
  const { name, port, source, timeout } = wish
  const plain = source === 'none'
  let last = 'nothing was looked at'
  let newest: readonly ReturnType<typeof caddyLines>[number][] = []
  const look = async (seen: (state: string) => void) => {
    const answer = await io.observe(
      plain ? 'port' : 'handshake',
      { host: '127.0.0.1', port, ...(plain ? {} : { name }) },
      'host',
    )
    const state = answer.ok
      ? plain
        ? undefined
        : difference(answer.json as Shown, wish)
      : (answer.unavailable?.message ?? answer.errors)
    if (state === undefined) return true
    last = state
    newest = (await logOf(io, wish.container)).filter(({ time }) => time > since)
    seen(troubleIn(newest) ?? state)
    return gaveUp(newest) ? false : undefined
  }
  const done = await io
    .until(`${plain ? 'an answer' : 'the certificate'} of ${name} at port ${port}`, look, {
      timeout: timeout * 1000,
      every: 500,
    })
    .catch((error: unknown) => {
      if (error instanceof TaskError && error.code === 'deadline-passed') return false
      throw error
    })
  if (!done) throw new TaskError(notInService(wish, troubleIn(newest), last))
}

function notInService(
  { name, port, source, timeout }: Wish,
  told: string | undefined,
  last: string,
): ReturnType<typeof problem> {
  const kept = 'the proxy goes on with the configuration before'
  if (source === 'acme')
    return problem(
      'certificate-not-obtained',
      `there is no certificate for ${name}: ${told ?? `none came within ${timeout} s (${last})`}`,
      {
        detail: kept,
        mend: acmeMend(told ?? ''),
      },
    )
  return problem(
    'certificate-not-served',
    `the proxy does not show what it should at port ${port} for ${name}: ${told ?? last}`,
    {
      detail: kept,
      mend: 'look at "docker logs caddy" on the host',
    },
  )
}

function acmeMend(told: string): string {
  if (/rateLimited|too many/i.test(told)) return 'the authority limits how often it is asked: wait as long as it says'
  if (/x509|certificate signed by unknown authority/i.test(told))
    return 'the directory shows a certificate of an authority that is not known: name the file with its root in rocketchat_acme_root'
  if (
    /dial tcp|no such host|connection refused|i\/o timeout|deadline exceeded|lookup /i.test(told) &&
    !/acme:error:/.test(told)
  )
    return 'the host must reach the address in rocketchat_acme_directory: look at its name service, its way out and its proxy'
  if (/acme:error:(connection|dns|unauthorized|tls)|Timeout|DNS|NXDOMAIN|not resolve/i.test(told))
    return 'the name must lead to this host, and the authority must reach its port 80 (http-01) or 443 (tls-alpn-01) from outside'
  return 'mend what the authority names, then run again'
}

/** Certificates and keys that no configuration names any more. */
async function tidy(io: Io, { folder, config }: Wish): Promise<void> {
  const listed = (await io.sh(sh`ls ${folder}`)).stdout.toString().split('\n')
  const old = listed.filter(
    (name) => /^(certificate|acme-root)-[0-9a-f]+\.(pem|key)$/.test(name) && !config.includes(name),
  )
  if (old.length > 0) await io.sh(sh`cd ${folder} && rm -f ${old}`)
}

async function logOf(io: Io, container: string): Promise<ReturnType<typeof caddyLines>> {
  const path = `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&timestamps=1&tail=200`
  const answer = await io.docker.request('GET', path)
  return answer.ok ? caddyLines(plainLines(answer.text)) : []
}
