/** Colours and weights, which are dropped rather than shown: without them the text reads as it was meant. */
const colours = new RegExp(`${String.fromCharCode(0x1b)}\\[[\\d;:]*m`, 'g')

/** Control characters, and the marks that break lines or turn the direction of writing around. */
const controls = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/gu

/** Most texts: nothing but plain characters and line breaks. */
const harmless = /^[\n\x20-\x7e]*$/

/**
 * Text from elsewhere made harmless for a terminal: control characters become visible signs (`␛`, `␍`, `<U+202E>`), so
 * that no output can move the cursor, hide or overwrite a line. Line breaks and (as two spaces) tabs keep their meaning.
 */
export function visible(text: string): string {
  if (harmless.test(text)) return text
  return text.replaceAll('\r\n', '\n').replace(colours, '').replaceAll('\t', '  ').replace(controls, sign)
}

/** The same on one line: breaks become `␊`. */
export function visibleLine(text: string): string {
  return visible(text).replaceAll('\n', '␊')
}

/** The lines of a text, without the empty one that a last line break would give. */
export function visibleLines(text: string): readonly string[] {
  const lines = visible(text).split('\n')
  return lines.at(-1) === '' ? lines.slice(0, -1) : lines
}

function sign(character: string): string {
  if (character === '\n') return character
  const code = character.charCodeAt(0)
  if (code < 0x20) return String.fromCharCode(0x2400 + code)
  if (code === 0x7f) return '␡'
  return `<U+${code.toString(16).toUpperCase().padStart(4, '0')}>`
}
