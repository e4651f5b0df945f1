import { scopeValueLengthMax } from '../../component/spend.ts'

/**
 * The values of a scope's keys, outermost first, as one name: `payments/checkout`. In a scope of several keys a slash inside
 * a value is written `%2F`, so that no two scopes have one name; a scope of one key is called by its value as it is.
 */
export function scopeValueOf(values: readonly string[]): string {
  return values.length === 1 ? values[0]! : values.map(escapeSlashes).join('/')
}

/** A percent sign is escaped only where it would be read as one of the two escapes. */
function escapeSlashes(value: string): string {
  return value.includes('/') || value.includes('%') ? value.replace(/%(?=2F|25)/g, '%25').replaceAll('/', '%2F') : value
}

/** A scope as somebody asks for it in a URL, still percent-encoded. Throws `URIError` where it is not properly so. */
export class AskedScope {
  /** Values by slashes as they stand in the URL: an encoded one belongs to its value. */
  readonly #parts: readonly string[]
  /** The same where all of it was encoded as one. */
  readonly #decodedParts: readonly string[]
  readonly whole: string

  constructor(path: string) {
    const whole = decodeURIComponent(path)
    this.whole = cut(whole)
    this.#parts = path === '' ? [] : path.split('/').map(part => cut(decodeURIComponent(part)))
    this.#decodedParts = this.#parts.length === 1 ? whole.split('/').map(cut) : this.#parts
  }

  get isEmpty(): boolean {
    return this.#parts.length === 0
  }

  /** The outermost `depth` values as a budget over that many keys calls them; undefined where fewer are asked for. */
  outermost(depth: number): string | undefined {
    const parts = this.#parts.length < depth ? this.#decodedParts : this.#parts
    return parts.length < depth ? undefined : scopeValueOf(parts.slice(0, depth))
  }

  /** The outermost value of several, also where all of them were encoded as one. */
  get first(): string {
    return this.#decodedParts[0] ?? ''
  }
}

/** Spends under a longer value are under its beginning. */
function cut(value: string): string {
  return value.slice(0, scopeValueLengthMax)
}
