/** Values of the database that JSON has no form for, as extended JSON writes them (relaxed form). */
const extended = (value: unknown): unknown => {
  if (value instanceof Date || Object.prototype.toString.call(value) === '[object Date]') {
    // A date made in the script's own realm is no instance of ours.
    return { $date: new Date(value as Date).toISOString() }
  }
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(extended)
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, extended(inner)]))
  }
  return value
}

/** `EJSON.stringify(value, replacer?, space?)` and `EJSON.stringify(value, options)`. */
export const stringify = (value: unknown, second?: unknown, space?: unknown): string => {
  const indent = typeof space === 'number' || typeof space === 'string' ? space : undefined
  const keys = Array.isArray(second) ? second.map(String) : null
  return JSON.stringify(extended(value), keys, indent) ?? 'undefined'
}
