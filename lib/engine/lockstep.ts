/** Where a host is in its play: indexes of the step, the step inside that block, and so on. */
export type Place = readonly number[]

/**
 * Lets one host wait until all others of the batch have come as far as itself: for `run_once`, for tasks that read other
 * hosts' results, for the end of a play asked for by one of them. Hosts otherwise run freely.
 */
export class Lockstep {
  readonly #places = new Map<string, Place | 'done'>()
  #waiting: { place: Place; host: string; go: () => void }[] = []

  constructor(hosts: readonly string[]) {
    for (const host of hosts) this.#places.set(host, [])
  }

  arrive(host: string, place: Place | 'done'): void {
    this.#places.set(host, place)
    const waiting = this.#waiting
    this.#waiting = []
    for (const one of waiting) {
      if (this.#allAt(one.place, one.host)) one.go()
      else this.#waiting.push(one)
    }
  }

  /** Resolves when every other host is at `place` or beyond, or out of the play. */
  async meet(host: string, place: Place): Promise<void> {
    this.arrive(host, place)
    if (this.#allAt(place, host)) return
    await new Promise<void>((go) => this.#waiting.push({ place, host, go }))
  }

  #allAt(place: Place, except: string): boolean {
    return [...this.#places].every(([host, other]) => host === except || other === 'done' || compare(other, place) >= 0)
  }
}

function compare(a: Place, b: Place): number {
  for (let index = 0; index < Math.max(a.length, b.length); index++) {
    const difference = (a[index] ?? -1) - (b[index] ?? -1)
    if (difference !== 0) return difference
  }
  return 0
}
