import { limit, maxText } from './budget.ts'
import { str } from './text.ts'
import { type Item, Undefined } from './values.ts'

/** What a template puts out. A single value keeps its type; several pieces become text. */
export class Output {
  #single: Item | undefined
  #count = 0
  #parts: string[] = []
  #size = 0

  text(text: string): void {
    if (text === '') return
    this.#flush()
    this.#count++
    this.#add(text)
  }

  value(item: Item): void {
    if (item instanceof Undefined && !item.soft) throw item.fault()
    this.#flush()
    if (this.#count++ === 0) this.#single = item
    else this.#add(item === null ? '' : str(item))
  }

  #flush(): void {
    const single = this.#single
    if (single === undefined) return
    this.#single = undefined
    this.#add(single === null ? '' : str(single))
  }

  #add(text: string): void {
    this.#size += text.length
    if (this.#size > maxText) throw limit('the template puts out more than 16 MB')
    this.#parts.push(text)
  }

  /** The one value put out, when nothing else was. */
  get single(): Item | undefined {
    return this.#single
  }

  /** All that was put out, as text. */
  join(): string {
    this.#flush()
    return this.#parts.join('')
  }
}
