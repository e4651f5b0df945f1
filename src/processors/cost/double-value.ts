import * as otlp from '../../pdata/otlp-fields.ts'
import { wireFixed64 } from '../../wire/wire-type.ts'

/** Encodes one double after the other as an `AnyValue` in the same nine bytes; whoever takes it copies it at once. */
export class DoubleValue {
  readonly #bytes = new Uint8Array(9)
  readonly #view = new DataView(this.#bytes.buffer)

  constructor() {
    this.#bytes[0] = (otlp.anyDouble << 3) | wireFixed64
  }

  /** Valid until the next call. */
  encode(value: number): Uint8Array {
    this.#view.setFloat64(1, value, true)
    return this.#bytes
  }
}
