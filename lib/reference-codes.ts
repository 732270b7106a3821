import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { argumentsIn, literalsIn, propertyIn, statementOf } from './source-text.ts'

/** What a code says and what mends it, as far as the sources tell; `…` stands for what is known at run time only. */
export interface CodeUse {
  readonly messages: ReadonlySet<string>
  readonly mends: ReadonlySet<string>
  /** Is a mend given that the sources do not tell? */
  readonly depends: boolean
}

/** Functions that make a diagnostic: the code is their first argument, the message the second. */
const makers =
  /\b(problem|problemAt|report|reportAt|warn|warning|caution|wrong|refuse|Fault)\(\s*'([a-z]+(?:-[a-z0-9]+)+)'/g

/** Which argument of a maker is the mend itself, where it is not a property of an object. */
const positional: { readonly [maker: string]: number } = { report: 3, reportAt: 3, refuse: 2 }

const nearest = 'take the name that is meant: the nearest ones are shown'

/** Every code in the files below these folders, by name. */
export function codesIn(folders: readonly string[]): ReadonlyMap<string, CodeUse> {
  const uses = new Map<string, { messages: Set<string>; mends: Set<string>; depends: boolean }>()
  for (const file of folders.flatMap(sources)) {
    if (file.includes(`${path.sep}sandbox${path.sep}`)) continue
    const text = readFileSync(file, 'utf8')
    for (const { 0: call, 1: maker = '', 2: code = '', index } of text.matchAll(makers)) {
      const use = uses.get(code) ?? { messages: new Set<string>(), mends: new Set<string>(), depends: false }
      uses.set(code, use)
      const [, message = '', ...rest] = argumentsIn(text, index + call.indexOf('('))
      const source = { text, index }
      for (const one of textsOf(message, source)) use.messages.add(one)
      const mend = mendOf(maker, rest, source)
      if (mend === undefined) continue
      const told = textsOf(mend, source).filter((one) => /\w \S/.test(one))
      for (const one of told) use.mends.add(one)
      use.depends ||= told.length === 0
    }
  }
  return new Map([...uses].sort(([a], [b]) => (a < b ? -1 : 1)))
}

interface Source {
  readonly text: string
  /** Where the call stands: names are looked up before it. */
  readonly index: number
}

/** The expression of the mend among the arguments behind the message. */
function mendOf(maker: string, rest: readonly string[], source: Source): string | undefined {
  for (const argument of rest) {
    const written = /^\w+$/.test(argument) ? statementOf(source.text, argument, source.index) : argument
    const found = written?.trimStart().startsWith('{') ? propertyIn(written, 'mend') : undefined
    if (found !== undefined) return found
  }
  return rest[(positional[maker] ?? Number.NaN) - 2]
}

/** The texts that an expression can be: its literals, those of the names in it and of the functions of the file that it calls. */
function textsOf(expression: string, source: Source, depth = 0): readonly string[] {
  const { literals, code } = literalsIn(expression)
  const texts = literals
    .map((one) => one.trim().replaceAll(/…+/g, '…'))
    .filter((one) => one !== '' && !one.includes('\\n'))
  if (/\bdidYouMean\(/.test(code)) texts.push(nearest)
  if (depth > 2) return texts
  const names = [...code.matchAll(/(?<![.\w])([a-z]\w*)\b(?!\s*:)/g)].map(([, name = '']) => name)
  const meant = names.flatMap((name) => {
    const written = statementOf(source.text, name, source.index)
    return written === undefined ? [] : textsOf(written, source, depth + 1).filter((one) => one.includes(' '))
  })
  return [...texts, ...meant]
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name)
    return entry.isDirectory() ? sources(full) : entry.name.endsWith('.ts') ? [full] : []
  })
}
