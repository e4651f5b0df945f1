import { inspect } from 'node:util'

const redacted = '[REDACTED]'

/** A secret from the configuration. Every way of printing it gives `[REDACTED]`; only `reveal` gives the text. */
export class Opaque {
  readonly #text: string

  constructor(text: string) {
    this.#text = text
  }

  /** The secret itself; ask for it where it is used, never where something is logged. */
  reveal(): string {
    return this.#text
  }

  get isEmpty(): boolean {
    return this.#text === ''
  }

  toString(): string {
    return redacted
  }

  toJSON(): string {
    return redacted
  }

  [inspect.custom](): string {
    return redacted
  }
}
