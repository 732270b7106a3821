/** Where a host is in its play: indexes of the step, the step inside that block, and so on. */
export type Place = readonly number[]

/** Hosts that wait at one place, and those that have not come as far. */
interface Meeting {
  readonly place: Place
  readonly behind: Set<string>
  readonly waiting: (() => void)[]
}

/**
 * Lets one host wait until all others of the batch have come as far as itself: for `run_once`, for tasks that read other
 * hosts' results, for the end of a play asked for by one of them. Hosts otherwise run freely. Each step of a host costs one
 * comparison per place at which somebody waits, however many hosts there are.
 */
export class Lockstep {
  readonly #places = new Map<string, Place | 'done'>()
  readonly #meetings = new Map<string, Meeting>()

  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.#places.set(host, [])
  }

  arrive(host: string, place: Place | 'done'): void {
    this.#places.set(host, place)
    for (const [key, meeting] of this.#meetings) {
      if (reaches(place, meeting.place)) meeting.behind.delete(host)
      else meeting.behind.add(host)
      if (meeting.behind.size > 0) continue
      this.#meetings.delete(key)
      for (const go of meeting.waiting) go()
    }
  }

  /** Resolves when every other host is at `place` or beyond, or out of the play. */
  async meet(host: string, place: Place): Promise<void> {
    this.arrive(host, place)
    const key = place.join('.')
    const meeting = this.#meetings.get(key) ?? this.#meeting(place)
    if (meeting.behind.size === 0) return
    this.#meetings.set(key, meeting)
    await new Promise<void>((go) => meeting.waiting.push(go))
  }

  #meeting(place: Place): Meeting {
    const behind = [...this.#places].filter(([, at]) => !reaches(at, place)).map(([host]) => host)
    return { place, behind: new Set(behind), waiting: [] }
  }
}

function reaches(at: Place | 'done', place: Place): boolean {
  return at === 'done' || compare(at, place) >= 0
}

function compare(a: Place, b: Place): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
