import { type Connection, fenced } from '../core/connection.ts'
import { type Diagnostic, TaskError, ToolError } from '../core/diagnostic.ts'
import type { Become } from '../core/host.ts'
import type { HostLock } from '../core/lock.ts'
import type { Script } from '../core/script.ts'
import { whenNeeded } from '../core/when-needed.ts'
import type { LockRecord } from './record.ts'
import type { Told } from './scripts.ts'

const scripts = whenNeeded<typeof import('./scripts.ts')>('./scripts.ts', import.meta.url)
const records = whenNeeded<typeof import('./record.ts')>('./record.ts', import.meta.url)
const trouble = whenNeeded<typeof import('./trouble.ts')>('./trouble.ts', import.meta.url)

/** Who runs us, and what is to be done about locks of others: the same for all hosts of a run. */
export interface LockTerms {
  readonly record: LockRecord
  /** `--take-over`: locks of others are taken. */
  readonly takeOver: boolean
  /** Does a process of that id live on this machine? */
  alive(pid: number): boolean
  /** Starts to measure; what it gives says how many milliseconds have passed since, sleep of this machine included. */
  stopwatch(): () => number
}

export interface LockedHost {
  readonly host: string
  /** The folder that the inventory names for locks of this host. */
  folder(): string | undefined
  connection(): Promise<Connection>
  /** Is there a link, so that nothing has to be waited for? */
  linked(): boolean
  note(diagnostic: Diagnostic): void
  /** Aborted when everything is to be cut; giving the lock back goes on. */
  readonly signal: AbortSignal
}

interface Held {
  readonly file: string
  readonly boot: string
  readonly become: Become | undefined
  readonly fence: Script
  /** Milliseconds since the lease was renewed last. */
  age: () => number
}

/** Milliseconds that a script of the lock may take; at the end of a run nobody waits that long. */
const patience = 60_000
const patienceAtEnd = 10_000

/** The lock of one host, kept for one run: taken at the first write, renewed while it is held, given back at the end. */
export function createHostLock({ record, takeOver, alive, stopwatch }: LockTerms, at: LockedHost): HostLock {
  const lease = record.lease * 1000
  let held: Held | undefined
  /** Why this run may not change the host: said again for every write. */
  let refused: TaskError | undefined
  /** An answer that never came may have been "taken". */
  let uncertain: { readonly become: Become | undefined } | undefined
  let timer: NodeJS.Timeout | undefined
  let turn: Promise<unknown> = Promise.resolve()

  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const next = turn.then(work)
    turn = next.catch(() => undefined)
    return next
  }

  /** `undone`: this run has not changed the host before. */
  const refuse = (why: Diagnostic, undone = false): never => {
    held = undefined
    refused = new TaskError(why, { undone })
    clearInterval(timer)
    throw refused
  }

  /** Puts a question after which the lock may be ours although no answer came. */
  const reach = async (script: Script, become: Become | undefined, what: string) => {
    uncertain = { become }
    try {
      const answer = await ask(script, become, what)
      uncertain = undefined
      return answer
    } catch (error) {
      if (error instanceof TaskError && error.code !== 'command-timeout') uncertain = undefined
      throw error
    }
  }

  const ask = async (script: Script, become: Become | undefined, what: string, atEnd = false) => {
    const connection = await at.connection()
    const limits = atEnd ? { timeout: patienceAtEnd } : { timeout: patience, signal: at.signal }
    const { stdout, stderr } = await connection.exec(script, { become, what, ...limits })
    const told = scripts().readTold(stdout.toString())
    const said = stderr.toString().trim()
    if (!told) throw new TaskError(trouble().stuck(at.host, 'of this program', said))
    return { told, said }
  }

  const keep = (told: Told, become: Become | undefined, age: () => number) => {
    held = { file: told.file, boot: told.boot, become, fence: scripts().fenceScript(told.file, record), age }
    clearInterval(timer)
    timer = setInterval(() => {
      if (at.linked()) void inTurn(() => renew()).catch(() => undefined)
    }, lease / 5)
    timer.unref()
  }

  /** `again`: it was ours before, and must be nobody's now. */
  const take = async (become: Become | undefined, again = false): Promise<void> => {
    for (let tries = 1; ; tries++) {
      const age = stopwatch()
      const { told, said } = await reach(scripts().takeScript(at.folder(), record), become, 'taking the lock')
      const { verdict, found } = told
      if (verdict === 'taken') return keep(told, become, age)
      if (verdict === 'stuck' || (found === undefined && tries === 3))
        return refuse(trouble().stuck(at.host, told.file, said), !again)
      // Whoever had it has just given it back.
      if (found === undefined) continue
      const holder = records().readRecord(found.text)
      // Another name of the same machine in the same inventory.
      if (holder?.run === record.run) return keep(told, become, age)
      if (again) return refuse(trouble().lost(at.host, told, record.lease))
      const ownDead = holder?.owner === record.owner && holder.space === record.space && !alive(holder.pid)
      const may = (takeOver || ownDead) && found.kind.startsWith('regular')
      if (!may || tries === 3) return refuse(trouble().refusal(at.host, told, found), true)
      const ageNow = stopwatch()
      const over = await reach(scripts().takeOverScript(at.folder(), record, found.sum), become, 'taking over the lock')
      if (over.told.verdict === 'kept') return refuse(trouble().kept(at.host, told, found, over.said), true)
      if (over.told.verdict === 'stuck') return refuse(trouble().stuck(at.host, told.file, over.said), true)
      if (over.told.verdict !== 'taken') continue
      at.note(trouble().takenOver(at.host, found, ownDead))
      return keep(over.told, become, ageNow)
    }
  }

  const renew = async (): Promise<void> => {
    if (!held) return
    const { become, boot, age } = held
    const fresh = stopwatch()
    const script = scripts().renewScript(at.folder(), record, age() > lease)
    const { told, said } = await ask(script, become, 'renewing the lock')
    if (!held) return
    switch (told.verdict) {
      case 'ours':
        held.age = fresh
        return
      case 'absent':
        // A restart of the host clears it away; anybody else who does takes it from us.
        return told.boot === boot ? refuse(trouble().lost(at.host, told, record.lease)) : take(become, true)
      case 'kept':
        return refuse(trouble().stuck(at.host, told.file, said))
      default:
        return refuse(trouble().lost(at.host, told, record.lease))
    }
  }

  const ready = async (become: Become | undefined, now = false): Promise<Held> => {
    if (refused) throw refused
    if (!held) await take(become)
    else if (now || held.age() > lease / 2) await renew()
    // Both throw when they leave none.
    return held as unknown as Held
  }

  return {
    get held() {
      return held !== undefined || refused !== undefined
    },
    async hold(become) {
      await inTurn(() => ready(become))
    },
    async guard(become, send) {
      for (;;) {
        const before = await inTurn(() => ready(become))
        const sent = await send(before.fence)
        if (sent.code !== fenced) return sent
        // Either the fence did not hold, or the script has a code of its own that is the same.
        const after = await inTurn(() => ready(become, true))
        if (after === before) return sent
      }
    },
    async release(reachable, last) {
      clearInterval(timer)
      await turn
      const mine = held ?? uncertain
      held = undefined
      uncertain = undefined
      if (!mine || !reachable) return undefined
      const along = last !== undefined && last.become?.user === mine.become?.user ? [last.script] : []
      try {
        const script = scripts().releaseScript(at.folder(), record, along)
        const { said } = await ask(script, mine.become, 'giving the lock back', true)
        return along.length === 0 ? undefined : said === '' ? {} : { trouble: said }
      } catch (error) {
        if (!(error instanceof ToolError)) throw error
        const file = 'file' in mine ? (mine as Held).file : 'the lock'
        at.note(trouble().leftBehind(at.host, file, record.lease, error.message))
        return along.length === 0 ? undefined : { trouble: error.message }
      }
    },
  }
}
