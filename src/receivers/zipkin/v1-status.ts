import { KeyTable } from '../../wire/key-table.ts'
import { ByteRange } from './byte-range.ts'
import { parsedTag, tagAsInt } from './parsed-tag.ts'
import type { ZipkinTraceWriter } from './trace-writer.ts'

const censusCode = 1
const censusMessage = 2
const otelCode = 3
const otelMessage = 4
const httpCode = 5
const httpMessage = 6
const error = 7
const statusOk = 1
const statusError = 2

const table = new KeyTable([
  ['census.status_code', censusCode],
  ['census.status_description', censusMessage],
  ['opencensus.status_description', censusMessage],
  ['otel.status_code', otelCode],
  ['otel.status_description', otelMessage],
  ['http.status_code', httpCode],
  ['http.response.status_code', httpCode],
  ['http.status_message', httpMessage],
  ['error', error],
])

/** The status of a v1 span from its binary annotations, in the Collector's order of trust. */
export class V1Status {
  #census = -1
  #otel = Number.NaN
  #http = -1
  #hasError = false
  readonly #censusMessage = new ByteRange()
  readonly #otelMessage = new ByteRange()
  readonly #httpMessage = new ByteRange()

  begin(): void {
    this.#census = -1
    this.#otel = Number.NaN
    this.#http = -1
    this.#hasError = false
    this.#censusMessage.clear()
    this.#otelMessage.clear()
    this.#httpMessage.clear()
  }

  /** Takes a binary annotation of text; true where it is not an attribute too. */
  take(
    hash: number,
    key: Uint8Array,
    keyStart: number,
    keyEnd: number,
    text: Uint8Array,
    start: number,
    end: number,
  ): boolean {
    const kind = table.find(hash, key, keyStart, keyEnd)
    if (kind === 0) return false
    const code =
      kind === censusCode || kind === otelCode || kind === httpCode ? smallInteger(text, start, end) : Number.NaN
    switch (kind) {
      case censusCode:
        // OpenCensus counts as gRPC does: 0 is fine.
        if (!Number.isNaN(code)) this.#census = code === 0 ? statusOk : statusError
        return true
      case censusMessage:
        this.#censusMessage.set(text, start, end)
        return true
      case otelCode:
        if (!Number.isNaN(code)) this.#otel = code
        return true
      case otelMessage:
        this.#otelMessage.set(text, start, end)
        return true
      case httpCode:
        this.number(hash, key, keyStart, keyEnd, code)
        return false
      case httpMessage:
        this.#httpMessage.set(text, start, end)
        return false
      default:
        this.#hasError = true
        return true
    }
  }

  /** Takes a binary annotation of a number; true where it is not an attribute too. */
  number(hash: number, key: Uint8Array, keyStart: number, keyEnd: number, value: number): boolean {
    const kind = table.find(hash, key, keyStart, keyEnd)
    if (kind === httpCode && !Number.isNaN(value)) this.#http = value >= 100 && value < 400 ? 0 : statusError
    else if (kind === censusCode && !Number.isNaN(value)) this.#census = value === 0 ? statusOk : statusError
    else if (kind === otelCode) this.#otel = value
    else if (kind === error) this.#hasError = true
    return kind !== 0 && kind !== httpCode && kind !== httpMessage
  }

  write(writer: ZipkinTraceWriter): void {
    if (this.#census >= 0) writer.status(this.#census, this.#censusMessage)
    else if (!Number.isNaN(this.#otel)) writer.status(this.#otel, this.#otelMessage)
    else if (this.#hasError) {
      writer.status(statusError, this.#censusMessage.isSet ? this.#censusMessage : this.#otelMessage)
    } else if (this.#http >= 0) writer.status(this.#http, this.#httpMessage)
  }
}

function smallInteger(text: Uint8Array, start: number, end: number): number {
  if (parsedTag.parse(text, start, end) !== tagAsInt) return Number.NaN
  const { low, high } = parsedTag
  const value = low | 0
  return high === (value >> 31) >>> 0 ? value : Number.NaN
}
