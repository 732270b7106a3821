import { flag, type Handler, type Output, timestamp } from './call.ts'
import { containerNamed } from './containers.ts'
import type { Engine } from './engine.ts'
import { type OutputStream, wire } from './frames.ts'
import { type LogLine, readLog } from './log-file.ts'
import type { ContainerRecord } from './records.ts'
import { badParameter } from './refusal.ts'

interface Choice {
  readonly streams: readonly OutputStream[]
  /** Seconds since 1970. */
  readonly since: number | undefined
  readonly until: number | undefined
  /** How many of the last lines; undefined for all. */
  readonly tail: number | undefined
  readonly timestamps: boolean
}

const chosen = (line: LogLine, { streams, since, until }: Choice): boolean => {
  const time = Date.parse(line.time) / 1000
  return (
    streams.includes(line.stream) && (since === undefined || time >= since) && (until === undefined || time <= until)
  )
}

const send = (out: Output, tty: boolean, { log, stream, time }: LogLine, timestamps: boolean): void =>
  out.write(wire(tty, stream, timestamps ? `${time} ${log}` : log))

/** Hands over each new line until the container ends, the client goes away or the double closes. */
const follow = (engine: Engine, container: ContainerRecord, out: Output, choice: Choice): Promise<void> =>
  new Promise((resolve) => {
    const line = (found: LogLine) => {
      if (chosen(found, choice)) send(out, container.Config.Tty, found, choice.timestamps)
    }
    const ends = [`exit:${container.Id}`, `gone:${container.Id}`, 'close']
    const done = () => {
      engine.bus.off(`log:${container.Id}`, line)
      for (const name of ends) engine.bus.off(name, done)
      resolve()
    }
    engine.bus.on(`log:${container.Id}`, line)
    for (const name of ends) engine.bus.on(name, done)
    out.gone.addEventListener('abort', done, { once: true })
  })

/** `GET /containers/{id}/logs` */
export const containerLogs: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  const streams = (['stdout', 'stderr'] as const).filter((stream) => flag(query, stream))
  if (streams.length === 0) throw badParameter('Bad parameters: you must choose at least one stream')
  const tail = query.get('tail') ?? 'all'
  const choice: Choice = {
    streams,
    since: timestamp(query, 'since'),
    until: timestamp(query, 'until'),
    // Any other text means all lines, as with the real engine.
    tail: /^\d+$/.test(tail) ? Number(tail) : undefined,
    timestamps: flag(query, 'timestamps'),
  }
  const { Tty } = container.Config
  return {
    kind: 'stream',
    type: Tty ? 'application/vnd.docker.raw-stream' : 'application/vnd.docker.multiplexed-stream',
    run: async (out) => {
      const past = readLog(engine, container.Id).filter((line) => chosen(line, choice))
      const wanted = choice.tail === undefined ? past : choice.tail === 0 ? [] : past.slice(-choice.tail)
      for (const line of wanted) send(out, Tty, line, choice.timestamps)
      if (flag(query, 'follow') && container.State.Running) await follow(engine, container, out, choice)
    },
  }
}

/** `POST /containers/{id}/attach`: the output from now on (with `logs`, from the start); input is read and dropped. */
export const attachContainer: Handler = ({ engine, params, query }) => {
  const container = containerNamed(engine, params.id ?? '')
  const streams = (['stdout', 'stderr'] as const).filter((stream) => flag(query, stream))
  const choice: Choice = { streams, since: undefined, until: undefined, tail: undefined, timestamps: false }
  return {
    kind: 'hijack',
    tty: container.Config.Tty,
    run: async (out) => {
      if (flag(query, 'logs')) {
        for (const line of readLog(engine, container.Id)) {
          if (chosen(line, choice)) send(out, container.Config.Tty, line, false)
        }
      }
      // A container that has not started yet may be attached to first; its output follows.
      if (flag(query, 'stream') && container.State.Status !== 'exited') await follow(engine, container, out, choice)
    },
  }
}
