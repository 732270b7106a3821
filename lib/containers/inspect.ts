import { type Answer, problem, TaskError } from '../task.ts'

/** What the engine says of a container; only what is looked at. */
export interface Container {
  readonly Id: string
  readonly Name: string
  /** Id of the image. */
  readonly Image: string
  readonly State: {
    readonly Status: string
    readonly Running: boolean
    readonly Paused?: boolean
    readonly Restarting?: boolean
    readonly ExitCode?: number
    readonly Error?: string
    readonly Health?: {
      readonly Status: string
      readonly Log?: readonly { readonly ExitCode: number; readonly Output: string }[]
    }
  }
  readonly Config: {
    readonly Image: string
    readonly Env?: readonly string[] | null
    readonly Labels?: { readonly [key: string]: string } | null
    readonly [key: string]: unknown
  }
  readonly HostConfig: {
    readonly NetworkMode?: string
    readonly Memory?: number
    readonly MemorySwap?: number
    readonly [key: string]: unknown
  }
  readonly NetworkSettings: { readonly Networks?: { readonly [name: string]: Endpoint } | null }
}

export interface Endpoint {
  readonly Aliases?: readonly string[] | null
  readonly DNSNames?: readonly string[] | null
  readonly IPAMConfig?: { readonly IPv4Address?: string; readonly IPv6Address?: string } | null
}

/** The thing asked about, or undefined when the engine has none of that name (404); throws TaskError for any other refusal. */
export function found<T>(answer: Answer | undefined): T | undefined {
  if (answer?.ok) return answer.json as T
  if (answer === undefined || answer.code === 404) return undefined
  throw new TaskError(
    answer.unavailable ??
      problem('docker-refused', `Docker could not be asked: ${answer.text.trim() || `status ${answer.code}`}`),
  )
}
