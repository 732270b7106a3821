import type { Event } from '../core/event.ts'

/** Fields that hold words of ours, from closed lists: a secret that happens to be such a word must not break the stream. */
const ours: { readonly [field: string]: readonly string[] } = {
  event: ['kind', 'status', 'stream', 'at'],
  changes: ['action'],
  diagnostic: ['code', 'severity'],
  diagnostics: ['code', 'severity'],
}

/** The event with `mask` applied to every text in it, keys and numbers that are a secret included. */
export function maskEvent<E extends Event>(event: E, mask: (text: string) => string): E {
  return maskValue(event, mask, 'event') as E
}

function maskValue(value: unknown, mask: (text: string) => string, place: string): unknown {
  if (typeof value === 'string') return mask(value)
  if (typeof value === 'number') return place === 'plain' ? maskNumber(value, mask) : value
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one) => maskValue(one, mask, place))
  const kept = ours[place]
  const entries = Object.entries(value)
  for (const entry of entries) {
    const [key, inner] = entry
    if (kept === undefined) entry[0] = mask(key)
    if (!kept?.includes(key)) entry[1] = maskValue(inner, mask, below(place, key))
  }
  return Object.fromEntries(entries)
}

/** Where a field leads: into an object of ours, or into values that came from elsewhere. */
function below(place: string, key: string): string {
  if (place === 'event' && (key === 'diagnostic' || key === 'diagnostics' || key === 'changes')) return key
  if (key === 'result' || key === 'before' || key === 'after' || place === 'plain') return 'plain'
  return 'ours'
}

function maskNumber(value: number, mask: (text: string) => string): unknown {
  const text = String(value)
  const shown = mask(text)
  return shown === text ? value : shown
}
