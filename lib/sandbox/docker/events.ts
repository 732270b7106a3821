/** What happened to what; the attributes are texts, as the engine sends them. */
export interface EngineEvent {
  readonly Type: 'container' | 'image' | 'network' | 'volume'
  readonly Action: string
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> }
  readonly scope: 'local'
  /** Seconds since 1970, and the same in nanoseconds. */
  readonly time: number
  readonly timeNano: number
}

export interface EventLog {
  readonly emit: (
    type: EngineEvent['Type'],
    action: string,
    id: string,
    attributes: Readonly<Record<string, string>>,
  ) => void
  readonly past: () => readonly EngineEvent[]
  /** Calls `listener` for every later event until the returned function is called. */
  readonly listen: (listener: (event: EngineEvent) => void) => () => void
}

/** As many events as the real engine remembers. */
const remembered = 256

/** The engine's events: the last ones, and those to come. */
export const eventLog = (): EventLog => {
  const past: EngineEvent[] = []
  const listeners = new Set<(event: EngineEvent) => void>()
  return {
    emit: (Type, Action, ID, Attributes) => {
      const now = Date.now()
      const event: EngineEvent = {
        Type,
        Action,
        Actor: { ID, Attributes },
        scope: 'local',
        time: Math.floor(now / 1000),
        timeNano: now * 1e6,
      }
      past.push(event)
      if (past.length > remembered) past.shift()
      for (const listener of [...listeners]) listener(event)
    },
    past: () => past,
    listen: (listener) => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  }
}
