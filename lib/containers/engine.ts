import { type Answer, type Io, problem, TaskError } from '../task.ts'
import { type ImageReference, imageName } from './reference.ts'

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE'
type Options = NonNullable<Parameters<Io['docker']['request']>[2]>

/** One request to the engine; throws TaskError `docker-refused` with the engine's own words, unless the status is 2xx, 304 or one of `also`. */
export async function askEngine(
  io: Io,
  doing: string,
  method: Method,
  path: string,
  options: Options & { readonly also?: readonly number[] } = {},
): Promise<Answer> {
  const { also = [], ...rest } = options
  const answer = await io.docker.request(method, path, rest)
  if (answer.ok || answer.code === 304 || also.includes(answer.code)) return answer
  throw new TaskError(
    answer.unavailable ??
      problem('docker-refused', `Docker could not ${doing}: ${engineMessage(answer)}`, {
        mend: mendFor(engineMessage(answer)),
      }),
  )
}

/** What the engine says went wrong. */
export function engineMessage(answer: Answer): string {
  const message = (answer.json as { readonly message?: unknown } | undefined)?.message
  return typeof message === 'string' ? message : answer.text.trim() || `status ${answer.code}`
}

/** Pulls an image; the engine answers 200 and tells of failures within the stream. `timeout` in milliseconds. */
export async function pullImage(
  io: Io,
  image: ImageReference,
  options: { readonly platform?: string | undefined; readonly timeout?: number } = {},
): Promise<void> {
  const name = imageName(image)
  io.progress(`pulling ${name}`)
  const query = new URLSearchParams({ fromImage: image.repository, tag: image.digest ?? image.tag ?? 'latest' })
  if (options.platform !== undefined) query.set('platform', options.platform)
  const failures: string[] = []
  const answer = await io.docker.request('POST', `/images/create?${query}`, {
    timeout: options.timeout ?? 3_600_000,
    onProgress: (line) => {
      const { error, status, id, progress } = streamLine(line)
      if (error !== undefined) failures.push(error)
      else if (status !== undefined) io.progress(`pulling ${name}: ${[id, status, progress].filter(Boolean).join(' ')}`)
    },
  })
  const failure = failures[0] ?? (answer.ok ? undefined : engineMessage(answer))
  if (failure !== undefined) {
    throw new TaskError(
      answer.unavailable ??
        problem('image-not-pulled', `${name} could not be pulled: ${failure}`, { mend: mendFor(failure) }),
    )
  }
}

/** One line of the engine's JSON stream. */
export function streamLine(line: string): {
  readonly error?: string
  readonly status?: string
  readonly id?: string
  readonly progress?: string
  readonly stream?: string
} {
  try {
    const parsed = JSON.parse(line) as unknown
    return typeof parsed === 'object' && parsed !== null ? (parsed as { readonly error?: string }) : {}
  } catch {
    return {}
  }
}

/** The last lines that a container wrote, with the engine's frame headers taken off. */
export async function lastLines(io: Io, container: string, lines: number): Promise<string> {
  const answer = await io.docker.request(
    'GET',
    `/containers/${encodeURIComponent(container)}/logs?stdout=1&stderr=1&tail=${lines}`,
  )
  // Each frame begins with the stream's number, three zeros and four bytes of length.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what the frames are made of.
  return answer.ok ? answer.text.replace(/[\x01\x02]\0\0\0[\s\S]{4}/g, '').trimEnd() : ''
}

function mendFor(message: string): string | undefined {
  if (/manifest unknown|not found|does not exist/i.test(message) && /manifest|repository|tag|pull/i.test(message))
    return 'check the name and the tag of the image'
  if (/unauthorized|authentication required|access denied/i.test(message))
    return 'check the name of the image; a private registry needs "docker login" on the host'
  if (/toomanyrequests|rate limit/i.test(message))
    return 'the registry limits pulls; wait, log in on the host, or use a mirror'
  if (/no such host|i\/o timeout|connection refused|TLS handshake|network is unreachable/i.test(message))
    return 'the host cannot reach the registry: check its network, DNS and proxy'
  if (/port is already allocated|address already in use/i.test(message))
    return 'something else on the host listens on that port: find it with "ss -ltnp"'
  if (/no space left/i.test(message)) return 'free space on the host, for example with "docker image prune"'
  if (/No such image/i.test(message)) return 'load or pull the image first, with docker_image'
  return undefined
}
