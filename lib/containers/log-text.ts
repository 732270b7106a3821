/**
 * The lines of a container's output that were asked for with their times. The engine puts a head before each piece: the stream's
 * number, three zeros and four bytes of length, which are no text and may have become one to four characters.
 */
export function plainLines(text: string): readonly string[] {
  return (
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what the heads are made of.
      .replace(/[\x01\x02]\0\0\0[\s\S]{1,4}?(?=\d{4}-\d\d-\d\dT)/g, '')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line, index, all) => line !== '' || index < all.length - 1)
  )
}
