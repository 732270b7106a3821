import { needsModernProcessor } from '../rocketchat/matrix.ts'
import { type Diagnostic, problem } from '../task.ts'
import { caution } from './findings.ts'
import type { Machine } from './machine.ts'

/** The systems on which this is known to work, as /etc/os-release names them. */
const systems: { readonly [id: string]: readonly string[] } = { debian: ['12', '13'], ubuntu: ['22.04', '24.04'] }

/** MiB of memory below which Rocket.Chat and MongoDB do not start beside each other; machines sold with 2 GB show a little less. */
const leastMemory = 1800

/** GiB: images, layers and an empty database need about four; from then on it is room to grow. */
const diskForImages = 5
const leastDisk = 1
const roomyDisk = 10

/** Seconds that a clock may be off: the answer took its time; beyond the second, certificates and package lists are refused. */
const clockTolerance = 60
const clockLimit = 300

export interface Needs {
  readonly mongodbVersion: string
  /** Memory that the containers may take, in MiB. */
  readonly containersMiB: number
  /** Packages that bring the Docker engine; empty when no matter. */
  readonly engine: readonly string[]
  /** All images are on the host already. */
  readonly imagesThere: boolean
  /** Seconds since 1970 by the clock of this machine, when it could be told. */
  readonly now: number | undefined
}

/** What speaks against a machine itself: system, account, processor, memory, disk, clock. */
export function machineFindings(machine: Machine, needs: Needs): readonly Diagnostic[] {
  return [
    ...systemFindings(machine),
    ...engineFindings(machine, needs.engine),
    ...processorFindings(machine, needs.mongodbVersion),
    ...memoryFindings(machine, needs.containersMiB),
    ...diskFindings(machine, needs.imagesThere),
    ...clockFindings(machine, needs.now),
  ]
}

function systemFindings({ system, systemd, root }: Machine): readonly Diagnostic[] {
  const found: Diagnostic[] = []
  if (!systems[system.id]?.includes(system.version))
    found.push(
      problem('system-unsupported', `${system.name} is not supported`, {
        mend: 'use Debian 12 or 13, or Ubuntu 22.04 or 24.04',
      }),
    )
  if (!systemd)
    found.push(
      problem('no-systemd', 'the machine was not started by systemd, which has to keep Docker running', {
        mend: 'use a whole machine, real or virtual, instead of a bare container',
      }),
    )
  if (!root)
    found.push(
      problem('not-root', 'the tasks would not run as root, and installing needs that', {
        mend: 'set ansible_become: true for this host, or sign in as root',
      }),
    )
  return found
}

/** The packages of Docker's two sources exclude each other: to install one, apt would remove the other while it runs. */
function engineFindings({ engines }: Machine, wanted: readonly string[]): readonly Diagnostic[] {
  const others = wanted.length === 0 ? [] : engines.filter((one) => !wanted.includes(one))
  return others.map((one) => {
    const source = one === 'docker-ce' ? 'vendor' : 'distribution'
    const packages = one === 'docker-ce' ? 'docker-ce docker-ce-cli containerd.io' : 'docker.io containerd runc'
    return problem('docker-of-other-source', `Docker is there from another source: ${one}, and not ${wanted[0]}`, {
      detail: `The packages of both sources exclude each other; apt would remove ${one}, and every container would stop.`,
      mend: `keep it with docker_source: ${source}; or change over at a quiet hour: apt-get remove ${packages} on the host, then run again (images, volumes and containers stay)`,
    })
  })
}

function processorFindings(machine: Machine, mongodb: string): readonly Diagnostic[] {
  const { architecture, features, processors } = machine
  const found: Diagnostic[] = []
  if (architecture !== 'x86_64' && architecture !== 'aarch64')
    found.push(
      problem('architecture-unsupported', `there are no images for a processor of kind ${architecture}`, {
        mend: 'use a machine with a 64-bit processor of Intel, AMD or ARM',
      }),
    )
  else if (needsModernProcessor(mongodb) && !features.has(architecture === 'x86_64' ? 'avx' : 'atomics'))
    found.push(
      problem(
        'processor-too-old',
        architecture === 'x86_64'
          ? `the processor does not offer AVX, without which MongoDB ${mongodb} ends at once (exit code 132)`
          : `the processor is older than ARMv8.2, for which MongoDB ${mongodb} is built`,
        {
          mend:
            architecture === 'x86_64'
              ? 'on a virtual machine let it see the real processor (CPU type "host"), otherwise use another machine; MongoDB 4.4 does without, for Rocket.Chat 6'
              : 'use a machine with a newer processor; MongoDB 4.4 does without, for Rocket.Chat 6',
        },
      ),
    )
  if (processors < 2)
    found.push(
      caution(
        'processors-few',
        `the machine has ${processors === 1 ? 'one processor' : 'no processor that it tells of'}`,
        {
          mend: 'give it two or more: the first start takes minutes, and health checks may time out',
        },
      ),
    )
  return found
}

function memoryFindings({ memoryMiB, swapMiB }: Machine, containersMiB: number): readonly Diagnostic[] {
  if (memoryMiB < leastMemory)
    return [
      problem('memory-short', `the machine has ${size(memoryMiB)} of memory, and at least 2 GiB are needed`, {
        mend: 'give it 4 GiB',
      }),
    ]
  // The kernel keeps a part for itself: a machine sold with 4 GiB shows about 3.8.
  if (memoryMiB + swapMiB >= containersMiB * 0.9) return []
  return [
    caution(
      'memory-below-limits',
      `the machine has ${size(memoryMiB)} of memory and ${size(swapMiB)} of swap, while the containers may take ${size(containersMiB)}`,
      { mend: 'give it more, or lower rocketchat_memory and mongodb_memory' },
    ),
  ]
}

function diskFindings({ disk }: Machine, imagesThere: boolean): readonly Diagnostic[] {
  const { path, freeGiB } = disk
  const message = `there are ${freeGiB.toFixed(1)} GiB free on the disk of ${path}`
  const needed = imagesThere ? leastDisk : diskForImages
  if (freeGiB < needed)
    return [
      problem('disk-short', `${message}, and at least ${needed} are needed`, {
        mend: 'free some or enlarge the disk; "docker system df" tells what Docker itself holds',
      }),
    ]
  return freeGiB < roomyDisk && !imagesThere
    ? [caution('disk-tight', `${message}: enough to install, not for long`, { mend: 'plan for 30 GiB or more' })]
    : []
}

function clockFindings({ clock }: Machine, now: number | undefined): readonly Diagnostic[] {
  const off = now === undefined ? 0 : Math.round(clock - now)
  if (Math.abs(off) <= clockTolerance) return []
  const message = `the clock of the machine is ${Math.abs(off)} s ${off > 0 ? 'ahead of' : 'behind'} that of this one`
  const mend = 'let it follow a time server: apt-get install systemd-timesyncd; and check the clock of this machine too'
  return [
    Math.abs(off) > clockLimit ? problem('clock-wrong', message, { mend }) : caution('clock-off', message, { mend }),
  ]
}

function size(mebibytes: number): string {
  return mebibytes < 1024 ? `${mebibytes} MiB` : `${(mebibytes / 1024).toFixed(1)} GiB`
}
