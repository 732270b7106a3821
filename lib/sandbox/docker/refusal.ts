/** A request the engine turns down: the HTTP status and the text of `{"message": …}`, worded as the real engine words it. */
export class Refusal extends Error {
  readonly status: number
  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const badParameter = (message: string): Refusal => new Refusal(400, message)
export const forbidden = (message: string): Refusal => new Refusal(403, message)
export const notFound = (message: string): Refusal => new Refusal(404, message)
export const conflict = (message: string): Refusal => new Refusal(409, message)
export const systemError = (message: string): Refusal => new Refusal(500, message)
