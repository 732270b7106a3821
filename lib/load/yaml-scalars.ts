const words: ReadonlyMap<string, boolean | null | number> = new Map<string, boolean | null | number>([
  ['', null],
  ['~', null],
  ...['null', 'Null', 'NULL'].map((word) => [word, null] as const),
  ...['yes', 'Yes', 'YES', 'true', 'True', 'TRUE', 'on', 'On', 'ON'].map((word) => [word, true] as const),
  ...['no', 'No', 'NO', 'false', 'False', 'FALSE', 'off', 'Off', 'OFF'].map((word) => [word, false] as const),
  ...['.inf', '.Inf', '.INF', '+.inf', '+.Inf', '+.INF'].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...['-.inf', '-.Inf', '-.INF'].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ...['.nan', '.NaN', '.NAN'].map((word) => [word, Number.NaN] as const),
])

/**
 * Reads a plain (unquoted) scalar as PyYAML does: YAML 1.1 with `yes`/`no`/`on`/`off`, octal `0644` and base 60
 * `12:30`. Dates stay text. So do whole numbers too large to be exact here. See https://yaml.org/type/ and PyYAML's
 * `resolver.py` and `constructor.py`.
 */
export function readPlain(text: string): string | number | boolean | null {
  const first = text.charCodeAt(0)
  const digit = first >= 48 && first <= 57
  if (!digit && text.length > 5) {
    if (first !== 43 && first !== 45 && first !== 46) return text
  } else if (!digit) {
    const word = words.get(text)
    if (word !== undefined) return word
  }
  if (digit || first === 43 || first === 45 || first === 46) return readNumber(text)
  return text
}

function readNumber(text: string): string | number {
  if (/^[-+]?(?:0|[1-9][0-9_]*)$/.test(text)) return whole(text, Number(text.replaceAll('_', '')))
  if (/^[-+]?0[0-7_]+$/.test(text)) return whole(text, based(text, 8, 1))
  if (/^[-+]?0x[0-9a-fA-F_]+$/.test(text)) return whole(text, based(text, 16, 2))
  if (/^[-+]?0b[0-1_]+$/.test(text)) return whole(text, based(text, 2, 2))
  if (/^[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+$/.test(text)) return whole(text, sexagesimal(text))
  if (/^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?)$/.test(text)) {
    return Number(text.replaceAll('_', ''))
  }
  if (/^[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*$/.test(text)) return sexagesimal(text)
  return text
}

function whole(text: string, value: number): string | number {
  return Number.isSafeInteger(value) ? value : text
}

function based(text: string, base: number, prefix: number): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '').slice(prefix).replaceAll('_', '')
  return digits === '' ? 0 : sign * Number.parseInt(digits, base)
}

function sexagesimal(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const parts = text.replace(/^[-+]/, '').replaceAll('_', '').split(':')
  return sign * parts.reduce((sum, part) => sum * 60 + Number(part), 0)
}

/** True when a number that was read says less than its text did: `7.10` is the number 7.1. */
export function losesDigits(text: string, value: number): boolean {
  return /^[-+]?\d+\.\d*0$/.test(text) && String(value) !== text
}
