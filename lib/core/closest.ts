/** The candidate that `word` was probably meant to be, or undefined when none is near (at most a third of its letters off). */
export function closest(word: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1
  for (const candidate of candidates) {
    const distance = candidate.toLowerCase() === word.toLowerCase() ? 0 : edits(word, candidate, bestDistance)
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** "did you mean "x"?" when something is near, otherwise the whole list when it is short enough to help. */
export function didYouMean(word: string, candidates: Iterable<string>, listed = 'known names'): string | undefined {
  const all = [...candidates]
  const best = closest(word, all)
  const list = all.length > 0 && all.length <= 40 ? `${listed}: ${all.join(', ')}` : undefined
  if (best !== undefined) return list === undefined ? `did you mean "${best}"?` : `did you mean "${best}"? (${list})`
  return list
}

/** Edit distance with swapped neighbours counted once; stops early and answers `limit` when it is reached. */
function edits(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit
  let before: number[] = []
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1
      let value = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost)
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        value = Math.min(value, (before[j - 2] ?? 0) + 1)
      row.push(value)
    }
    before = previous
    previous = row
  }
  return previous[b.length] ?? limit
}
