/** What was answered to each question: the text that was printed, or `refused`. */
export type Observed = { readonly [question: string]: string }

/** The questions that two answered differently. */
export function differences(theirs: Observed, ours: Observed): readonly string[] {
  return Object.keys({ ...theirs, ...ours }).filter((question) => theirs[question] !== ours[question])
}

/** The differing lines of two answers, for a person: `-` Ansible, `+` ours. */
export function told(theirs: Observed, ours: Observed): string {
  return differences(theirs, ours)
    .flatMap((question) => {
      const [a, b] = [(theirs[question] ?? '').split('\n'), (ours[question] ?? '').split('\n')]
      const missing = (lines: readonly string[], others: readonly string[], mark: string) =>
        lines.filter((line) => !others.includes(line)).map((line) => `    ${mark} ${line}`)
      const lines = [...missing(a, b, '-'), ...missing(b, a, '+')]
      return [`  ${question}:`, ...(lines.length === 0 ? ['    another order:', ...a, '    ours:', ...b] : lines)]
    })
    .join('\n')
}
