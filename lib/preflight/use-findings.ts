import { type Answer, type Diagnostic, problem } from '../task.ts'
import { type Listener, overlap } from './listeners.ts'

/** Beginning of the labels that this program gives to what it makes. */
const mark = 'org.ametys.rocketchat.'

/** A container as the engine lists it. */
export interface ListedContainer {
  readonly Names?: readonly string[]
  readonly Image: string
  readonly State?: string
  readonly Labels?: { readonly [name: string]: string } | null
  readonly Ports?: readonly { readonly IP?: string; readonly PublicPort?: number; readonly Type?: string }[]
  readonly Mounts?: readonly { readonly Type?: string; readonly Name?: string }[]
}

export interface ListedVolume {
  readonly Name: string
  readonly Labels?: { readonly [name: string]: string } | null
}

/** A port that the installation wants: `127.0.0.1:3000`, or `443` on all addresses. */
export interface WantedPort {
  readonly address: string
  readonly port: number
}

export interface Use {
  readonly containers: readonly ListedContainer[]
  readonly volumes: readonly ListedVolume[]
  readonly listeners: readonly Listener[]
  /** What a Rocket.Chat said at the port of the API, when one answers there. */
  readonly info: Answer | undefined
}

export interface Wanted {
  readonly containers: readonly string[]
  readonly volumes: readonly string[]
  readonly ports: readonly WantedPort[]
  readonly apiPort: number
  readonly adopt: boolean
}

export const isOurs = ({ Labels }: { readonly Labels?: { readonly [name: string]: string } | null }): boolean =>
  Object.keys(Labels ?? {}).some((name) => name.startsWith(mark))

const nameOf = ({ Names }: ListedContainer): string => (Names?.[0] ?? '').replace(/^\//, '')

/** Reads `443` and `127.0.0.1:3000`. */
export function wantedPort(text: string): WantedPort {
  const colon = text.lastIndexOf(':')
  return { address: colon < 0 ? '0.0.0.0' : text.slice(0, colon), port: Number(text.slice(colon + 1)) }
}

/** What speaks against a machine because it is in use: by other containers, volumes, programs on its ports, another Rocket.Chat. */
export function useFindings(use: Use, wanted: Wanted): readonly Diagnostic[] {
  const foreign = use.containers.filter((one) => !isOurs(one))
  return [
    ...(wanted.adopt ? [] : [...containerFindings(foreign, wanted), ...volumeFindings(use, wanted)]),
    ...portFindings(use, foreign, wanted),
  ]
}

function containerFindings(foreign: readonly ListedContainer[], wanted: Wanted): readonly Diagnostic[] {
  return foreign.flatMap((one) => {
    const name = nameOf(one)
    if (wanted.containers.includes(name))
      return [
        problem(
          'server-in-use',
          `there is a container named ${name} that this program did not make (${one.Image}, ${one.State ?? 'state unknown'})`,
          {
            mend: 'use a server of its own; or rename that container; or, if it is yours to be replaced, set rocketchat_adopt: true for this host',
          },
        ),
      ]
    if (/(^|\/)rocket\.chat(:|@|$)/.test(one.Image))
      return [
        problem(
          'server-in-use',
          `another Rocket.Chat is on this machine: the container ${name} (${one.Image}, ${one.State ?? 'state unknown'})`,
          {
            mend: 'use a server of its own for Ametys; if both shall live here, set rocketchat_adopt: true for this host',
          },
        ),
      ]
    return []
  })
}

function volumeFindings({ volumes, containers }: Use, wanted: Wanted): readonly Diagnostic[] {
  const mounted = new Set(containers.filter(isOurs).flatMap(({ Mounts }) => (Mounts ?? []).map(({ Name }) => Name)))
  return volumes
    .filter((one) => wanted.volumes.includes(one.Name) && !isOurs(one) && !mounted.has(one.Name))
    .map(({ Name }) =>
      problem(
        'server-in-use',
        `there is a volume named ${Name} that this program did not make: it holds data of something else`,
        {
          mend: `look what it is ("docker volume inspect ${Name}"); if its data is yours to go on with, set rocketchat_adopt: true for this host. A run never deletes a volume`,
        },
      ),
    )
}

/** Ports that containers of ours publish are ours, whoever holds them for Docker. */
function portFindings(use: Use, foreign: readonly ListedContainer[], wanted: Wanted): readonly Diagnostic[] {
  const published = (list: readonly ListedContainer[]) =>
    list.flatMap((one) =>
      (one.Ports ?? []).flatMap(({ IP = '0.0.0.0', PublicPort, Type = 'tcp' }) =>
        PublicPort === undefined || Type !== 'tcp' ? [] : [{ address: IP, port: PublicPort, name: nameOf(one) }],
      ),
    )
  const ours = published(use.containers.filter(isOurs))
  return wanted.ports.flatMap(({ address, port }) => {
    const takes = (one: { readonly address: string; readonly port: number }) =>
      one.port === port && overlap(address, one.address)
    if (ours.some(takes)) return []
    const container = published(foreign).find(takes)
    const listener = use.listeners.find(takes)
    // A container that is to be adopted gives its port up when it is replaced.
    if (container && wanted.adopt && wanted.containers.includes(container.name)) return []
    if (container === undefined && listener === undefined) return []
    const chat = port === wanted.apiPort && use.info?.ok === true && isChat(use.info.json)
    const who = container
      ? `the container ${container.name}`
      : listener?.process
        ? `the program ${listener.process}`
        : 'a program'
    if (chat && !wanted.containers.includes(container?.name ?? ''))
      return [
        problem(
          'server-in-use',
          `a Rocket.Chat answers at port ${port} already (${who}), which this program did not install`,
          {
            mend: 'use a server of its own; to configure that one without installing, use playbooks/configure.ts',
          },
        ),
      ]
    return [
      problem('port-taken', `port ${port} is taken: ${who} listens at ${container?.address ?? listener?.address}`, {
        mend: container
          ? `stop that container, or let it publish another port`
          : `stop that program or move it to another port; "ss -ltnp" on the host shows it; ${
              port === wanted.apiPort
                ? 'rocketchat_api_port chooses another for the API of Rocket.Chat'
                : 'if it is a proxy of yours that shall stay, set rocketchat_certificate: external'
            }`,
      }),
    ]
  })
}

function isChat(json: unknown): boolean {
  return typeof json === 'object' && json !== null && 'version' in json && 'success' in json
}
