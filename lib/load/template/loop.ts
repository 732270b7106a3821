import { str } from './text.ts'
import { Callable, type Item, tuple } from './values.ts'

/** What `loop` knows inside a loop. */
export class LoopEntries extends Map<string, Item> {
  readonly #items: readonly Item[]
  #last: Item | undefined
  index = 0

  constructor(items: readonly Item[]) {
    super()
    this.#items = items
  }

  override get(name: string): Item | undefined {
    const { length } = this.#items
    switch (name) {
      case 'index':
        return this.index + 1
      case 'index0':
        return this.index
      case 'revindex':
        return length - this.index
      case 'revindex0':
        return length - this.index - 1
      case 'first':
        return this.index === 0
      case 'last':
        return this.index === length - 1
      case 'length':
        return length
      case 'previtem':
        return this.#items[this.index - 1]
      case 'nextitem':
        return this.#items[this.index + 1]
      case 'cycle':
        return new Callable('loop.cycle', (items) => items[this.index % items.length] ?? null)
      case 'changed':
        return new Callable('loop.changed', (items) => {
          const seen = str(tuple(...items))
          const changed = seen !== this.#last
          this.#last = seen
          return changed
        })
      default:
        return undefined
    }
  }
}
