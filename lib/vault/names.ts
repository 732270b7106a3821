const speaking = /pass(word|wd|phrase)?$|passw|secret|token|credential|api_?key|(^|_)key$|private_key/i

/** Names that hold a word of secrecy and something that is none: where a key is, how long it is, whose it is. */
const harmless =
  /_(file|path|dir|folder|url|uri|name|user|id|length|size|type|bits|hash|algorithm|days|lifetime|expires?)$|public/i

/** Whether the name of a variable says that its value is a secret. */
export function looksSecret(name: string): boolean {
  return speaking.test(name) && !harmless.test(name)
}

/** Whether a text can be a secret by itself: no template, no place to fill in, not empty. */
export function isOpenly(value: string): boolean {
  return value.trim() !== '' && !/\{\{|\{%|<CHANGE/.test(value)
}
