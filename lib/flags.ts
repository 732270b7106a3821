/** What a flag's words came to: a value, or what is wrong with them. */
export type Reading<Value> = { readonly value: Value } | { readonly wrong: string; readonly mend?: string }

/** One flag, as data: parsing and help both come from it. Its long name is its key in kebab-case. */
export interface Flag<Value> {
  /** One letter. */
  readonly short?: string
  /** Placeholder of its value in the help; a flag without one is a switch. */
  readonly takes?: string
  readonly help: string
  /** Heading it stands under in the help. */
  readonly group: string
  /** May be given more than once. */
  readonly several: boolean
  /** Turns what was given, in order, into the value; a switch gets one empty text for each time. */
  read(given: readonly string[]): Reading<Value>
}

export type Flags = { readonly [key: string]: Flag<unknown> }

/** The values of flags, under their keys. */
export type Options<F extends Flags> = { readonly [Key in keyof F]: F[Key] extends Flag<infer Value> ? Value : never }

/** What every kind of flag says of itself. */
export interface About {
  readonly short?: string
  readonly group: string
  readonly help: string
}

/** A switch: given or not. */
export function toggle(about: About): Flag<boolean> {
  return { ...about, several: true, read: (given) => ({ value: given.length > 0 }) }
}

/** A switch whose repetition counts, up to `most`: `-vvv`. */
export function count(most: number, about: About): Flag<number> {
  return { ...about, several: true, read: (given) => ({ value: Math.min(most, given.length) }) }
}

/** One text, or undefined. */
export function text(takes: string, about: About): Flag<string | undefined> {
  return { ...about, takes, several: false, read: (given) => ({ value: given[0] }) }
}

/** One text for each time it is given. */
export function list(takes: string, about: About): Flag<readonly string[]> {
  return { ...about, takes, several: true, read: (given) => ({ value: given }) }
}

/** Words separated by commas, from all times it is given. */
export function words(takes: string, about: About): Flag<readonly string[]> {
  const split = (given: readonly string[]) => given.flatMap((one) => one.split(',')).map((word) => word.trim())
  return { ...about, takes, several: true, read: (given) => ({ value: split(given).filter((word) => word !== '') }) }
}

/** A whole number of at least `least`. */
export function number(
  takes: string,
  limits: { readonly least: number; readonly usual: number },
  about: About,
): Flag<number> {
  return {
    ...about,
    takes,
    several: false,
    read([given]) {
      if (given === undefined) return { value: limits.usual }
      const value = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN
      if (value >= limits.least) return { value }
      return {
        wrong: `must be a whole number from ${limits.least} up, not "${given}"`,
        mend: `leave it out to have ${limits.usual}`,
      }
    },
  }
}

/** One of some words; the first is meant when none is given. */
export function choice<const Choices extends readonly [string, ...string[]]>(
  choices: Choices,
  about: About,
): Flag<Choices[number]> {
  return {
    ...about,
    takes: choices.join('|'),
    several: false,
    read([given]) {
      if (given === undefined) return { value: choices[0] }
      const value = choices.find((one) => one === given)
      if (value !== undefined) return { value }
      return { wrong: `must be ${choices.join(' or ')}, not "${given}"`, mend: `leave it out to have ${choices[0]}` }
    },
  }
}

/** `--start-at-task` of the key `startAtTask`. */
export function longName(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)
}
