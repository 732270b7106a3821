import { limit, maxText } from './budget.ts'
import { touch, watch } from './secrecy.ts'
import { str } from './text.ts'
import { type Item, labelOf, Undefined } from './values.ts'

/** What a template puts out. A single value keeps its type; several pieces become text. */
export class Output {
  #single: Item | undefined
  #count = 0
  #parts: string[] = []
  #shown: string[] = []
  #size = 0

  text(text: string): void {
    if (text === '') return
    this.#flush()
    this.#count++
    this.#add(text, text)
  }

  value(item: Item): void {
    if (item instanceof Undefined && !item.soft) throw item.fault()
    this.#flush()
    if (this.#count++ === 0) this.#single = item
    else this.#put(item)
  }

  #flush(): void {
    const single = this.#single
    if (single === undefined) return
    this.#single = undefined
    this.#put(single)
  }

  #put(item: Item): void {
    const { result: text, labels } = watch(() => (item === null ? '' : str(item)))
    touch(labels)
    this.#add(text, labels.size > 0 ? `<secret ${labelOf(labels)}>` : text)
  }

  #add(text: string, shown: string): void {
    this.#size += text.length
    if (this.#size > maxText) throw limit('the template puts out more than 16 MB')
    this.#parts.push(text)
    this.#shown.push(shown)
  }

  /** The one value put out, when nothing else was. */
  get single(): Item | undefined {
    return this.#single
  }

  /** The same with labels where secrets were put out; harmless as long as no secret decided what was put out. */
  shown(): string {
    this.#flush()
    return this.#shown.join('')
  }

  /** All that was put out, as text. */
  join(): string {
    this.#flush()
    return this.#parts.join('')
  }
}
