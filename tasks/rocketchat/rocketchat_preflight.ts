import { imageName, parseImage } from '../../lib/containers/reference.ts'
import { parseBytes } from '../../lib/containers/units.ts'
import { acceptable, accepting } from '../../lib/preflight/findings.ts'
import { type Machine, readMachine } from '../../lib/preflight/machine.ts'
import { machineFindings } from '../../lib/preflight/machine-findings.ts'
import { machineScript } from '../../lib/preflight/machine-script.ts'
import {
  acmeFindings,
  collectorFindings,
  nameFindings,
  type Place,
  registryFindings,
} from '../../lib/preflight/network-findings.ts'
import { type Address, addressOf, distinct, isPinned, registryOf } from '../../lib/preflight/places.ts'
import {
  isOurs,
  type ListedContainer,
  type ListedVolume,
  useFindings,
  wantedPort,
} from '../../lib/preflight/use-findings.ts'
import { matrixText, mismatch } from '../../lib/rocketchat/matrix.ts'
import { has, parseVersion } from '../../lib/rocketchat/version.ts'
import {
  type Answer,
  type Diagnostic,
  didYouMean,
  type Finding,
  problem,
  type Query,
  s,
  TaskError,
  task,
} from '../../lib/task.ts'

interface State {
  readonly machine: Machine
  readonly containers: readonly ListedContainer[]
  readonly volumes: readonly ListedVolume[]
  /** Names of images that are on the host. */
  readonly images: ReadonlySet<string>
  readonly info: Answer | undefined
  readonly now: number | undefined
  /** Addresses of the public name as this machine finds them; undefined when it was not asked. */
  readonly here: readonly string[] | undefined
  readonly registries: readonly Place[]
  readonly collector: Place | undefined
  /** Of the certificate; undefined when none is asked. */
  readonly authority: Place | undefined
}

const collector: Address = { host: 'collector.rocket.chat', port: 443 }

const args = s.args({
  rocketchat_version: s.string('Version of Rocket.Chat that is to be installed.'),
  mongodb_version: s.string('Version of MongoDB that is to be installed.'),
  url: s.string('Public address of the chat.'),
  images: s.list(
    s.object(
      {
        name: s.string('Name of the image with its exact tag or digest.'),
        archive: s.string('Archive that it is loaded from; empty when its registry has it.').default(''),
      },
      'One image.',
    ),
    'Images that will run.',
  ),
  containers: s.words('Names of the containers that will run.'),
  volumes: s.words('Names of the volumes that will hold the data.').default([]),
  ports: s.words('Ports that must be free or ours: "127.0.0.1:3000", or "443" for all addresses.').default([]),
  api_port: s.int('Port of the API on the loopback interface.').default(3000),
  memory: s.words('What the containers may take: "2g".').default([]),
  engine_packages: s.words('Packages that bring the Docker engine, the engine itself first.').default([]),
  proxy: s.string('Proxy through which the host reaches the outside.').default(''),
  registry_mirrors: s.words('Mirrors that are asked before the library of Docker.').default([]),
  licensed: s.boolean('The workspace has a licence, and does not need the statistics report.').default(false),
  acme_directory: s
    .string('Address of the directory of the authority that gives out the certificate; empty when none is asked.')
    .default(''),
  adopt: s.boolean('Containers and volumes of these names are ours to take over.').default(false),
  accept: s.words(`Refusals to be taken as warnings: ${acceptable.join(', ')}.`).default([]),
})
type Args = ReturnType<typeof args.type.parse>

export default task({
  summary: 'The host can carry the installation: all that speaks against it is found before anything is changed.',
  decides: true,
  args,
  examples: [
    `rocketchat_preflight:
  rocketchat_version: 8.6.1
  mongodb_version: 8.0.17
  url: https://chat.example.org
  images:
    - name: registry.example.org/rocketchat/rocket.chat:8.6.1
    - name: mongo:8.0.17
      archive: images/mongo.tar
  containers: [mongodb, rocketchat]
  volumes: [rocketchat_mongodb]
  ports: ["127.0.0.1:3000"]
  memory: [2g, 2g]`,
  ],
  returns: { warnings: 'Sentences of what is not as it should be, but stops nobody.' },

  validate: ({ images, accept, memory, ports }): readonly Finding[] => [
    ...images.flatMap(({ name }, index) =>
      isPinned(parseImage(name))
        ? []
        : [
            finding(
              ['images', index, 'name'],
              'image-not-pinned',
              `the image "${name}" has no exact tag`,
              'name the version, such as mongo:8.0.17, or the digest: what "latest" is changes by itself',
            ),
          ],
    ),
    ...accept.flatMap((one, index) =>
      (acceptable as readonly string[]).includes(one)
        ? []
        : [
            finding(
              ['accept', index],
              'wrong-argument',
              `"${one}" is no refusal that can be accepted`,
              didYouMean(one, acceptable) ?? `there are: ${acceptable.join(', ')}`,
            ),
          ],
    ),
    ...memory.flatMap((one, index) =>
      mebibytes(one) === undefined
        ? [finding(['memory', index], 'wrong-argument', `"${one}" is no amount of memory`, 'write it as 512m or 2g')]
        : [],
    ),
    ...ports.flatMap((one, index) =>
      Number.isInteger(wantedPort(one).port)
        ? []
        : [finding(['ports', index], 'wrong-argument', `"${one}" is no port`, 'write "443" or "127.0.0.1:3000"')],
    ),
  ],

  probe: (given, context) => {
    const name = URL.canParse(given.url) ? new URL(given.url).hostname.replace(/^\[|\]$/g, '') : ''
    const registries = registriesOf(given)
    const reports = needsCollector(given)
    const viaLink = (context.variable('rocketchat_api_via') ?? 'link') === 'link'
    const out = given.proxy === '' ? collector : addressOf(given.proxy, 3128)
    const authority = authorityOf(given)
    const tried = [...registries, ...(reports ? [out] : []), ...(authority ? [authority] : [])].map(
      ({ host, port }): Query => ({
        on: 'controller',
        observe: 'port',
        input: { host, port },
        from: 'host',
      }),
    )
    const fixed: readonly Query[] = [
      { on: 'shell', script: machineScript(name === '' ? 'localhost' : name) },
      { on: 'docker', path: '/containers/json?all=1' },
      { on: 'docker', path: '/volumes' },
      { on: 'docker', path: '/images/json' },
      { on: 'controller', observe: 'clock', input: {} },
      { on: 'controller', observe: 'addresses', input: { name: name === '' ? 'localhost' : name } },
    ]
    return {
      ask: [...fixed, ...tried, ...(viaLink ? [{ on: 'api', path: '/api/info', as: 'nobody' } as const] : [])],
      // Before Docker is installed there is no engine to ask, and before Rocket.Chat is, no API.
      evenWithout: true,
      read: (answers): State => {
        const [shell, containers, volumes, images, clock, addresses] = answers
        const places = answers.slice(fixed.length, fixed.length + tried.length)
        if (shell?.unavailable) throw new TaskError(shell.unavailable)
        return {
          machine: readMachine(shell),
          containers: containers?.ok ? (containers.json as readonly ListedContainer[]) : [],
          volumes: volumes?.ok ? ((volumes.json as { Volumes?: readonly ListedVolume[] | null }).Volumes ?? []) : [],
          images: namesOf(images),
          info: viaLink ? answers.at(-1) : undefined,
          now: (clock?.json as { seconds?: number } | undefined)?.seconds,
          here: addresses?.unavailable
            ? undefined
            : ((addresses?.json as { addresses?: readonly string[] } | undefined)?.addresses ?? []),
          registries: registries.map((one, index) => ({ ...one, answer: places[index] })),
          collector: reports ? { ...out, answer: places[registries.length] } : undefined,
          authority: authority && { ...authority, answer: places.at(-1) },
        }
      },
    }
  },

  diff: (given, state) => {
    const findings = findingsOf(given, state)
    const refusals = findings.filter((one) => one.severity === 'error')
    if (refusals.length === 0) return []
    throw new TaskError([...refusals, ...findings.filter((one) => one.severity === 'warning')])
  },

  result: (given, state) => {
    const warnings = findingsOf(given, state)
    return { values: { warnings: warnings.map((one) => one.message) }, warnings }
  },
})

function findingsOf(given: Args, state: State): readonly Diagnostic[] {
  const { machine, images } = state
  const missing = given.images.filter(({ name }) => !images.has(imageName(parseImage(name))))
  const wrong = mismatch(given.rocketchat_version, given.mongodb_version)
  const name = URL.canParse(given.url) ? new URL(given.url).hostname : ''
  const needed = new Set(
    missing
      .filter(({ archive }) => archive === '')
      .flatMap((one) => registriesOf({ ...given, images: [one] }))
      .map(keyOf),
  )
  const fresh = !state.containers.some((one) => isOurs(one) && one.State === 'running')
  return accepting(
    [
      ...machineFindings(machine, {
        mongodbVersion: given.mongodb_version,
        containersMiB: given.memory.reduce((sum, one) => sum + (mebibytes(one) ?? 0), 0),
        engine: given.engine_packages,
        imagesThere: missing.length === 0,
        now: state.now,
      }),
      ...(wrong
        ? [
            problem(wrong.code, wrong.message, {
              detail: matrixText(),
              mend: wrong.mend,
              argument: [wrong.about],
            }),
          ]
        : []),
      ...useFindings(
        { ...state, listeners: machine.listeners },
        { ...given, ports: given.ports.map(wantedPort), apiPort: given.api_port },
      ),
      ...nameFindings(name, machine.addresses, state.here),
      ...registryFindings(state.registries.filter((one) => needed.has(keyOf(one)))),
      ...(state.collector ? collectorFindings(state.collector, fresh) : []),
      ...(state.authority ? acmeFindings(state.authority, fresh) : []),
    ],
    given.accept,
  )
}

/** Where the images come from: the registries, or what stands before them. */
function registriesOf({
  images,
  proxy,
  registry_mirrors,
}: Pick<Args, 'images' | 'proxy' | 'registry_mirrors'>): readonly Address[] {
  const pulled = images.filter(({ archive }) => archive === '')
  if (pulled.length > 0 && proxy !== '') return [addressOf(proxy, 3128)]
  return distinct(
    pulled.map(({ name }) => {
      const registry = registryOf(name)
      const [mirror] = registry.host === 'registry-1.docker.io' ? registry_mirrors : []
      return mirror === undefined ? registry : addressOf(mirror, 80)
    }),
  )
}

/** Who gives out the certificate, or the proxy before it. */
function authorityOf({ acme_directory, proxy }: Args): Address | undefined {
  if (acme_directory === '') return undefined
  return proxy === '' ? addressOf(acme_directory, 443) : addressOf(proxy, 3128)
}

const keyOf = ({ host, port }: Address): string => `${host}:${port}`

function needsCollector({ rocketchat_version, licensed }: Args): boolean {
  const version = parseVersion(rocketchat_version)
  return !licensed && version !== undefined && has(version, 'statisticsRestriction')
}

/** The names under which the engine has images, also as they are written with the registry of Docker's library. */
function namesOf(answer: Answer | undefined): ReadonlySet<string> {
  if (!answer?.ok) return new Set()
  const list = answer.json as readonly { RepoTags?: readonly string[] | null; RepoDigests?: readonly string[] | null }[]
  return new Set(
    list
      .flatMap(({ RepoTags, RepoDigests }) => [...(RepoTags ?? []), ...(RepoDigests ?? [])])
      .flatMap((name) => [name, `docker.io/${name}`, `docker.io/library/${name}`]),
  )
}

function mebibytes(amount: string): number | undefined {
  try {
    return parseBytes(amount) / 2 ** 20
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function finding(path: Finding['path'], code: string, message: string, mend: string): Finding {
  return { path, diagnostic: problem(code, message, { mend }) }
}
