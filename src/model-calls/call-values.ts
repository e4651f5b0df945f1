import * as otlp from '../pdata/otlp-fields.ts'
import { ValueReader, valueBool, valueDouble, valueInt, valueString } from '../pdata/value.ts'
import { wireVarint } from '../wire/wire-type.ts'

const intTag = (otlp.anyInt << 3) | wireVarint

const noBytes = new Uint8Array(0)
const noView = new DataView(noBytes.buffer)

/** Where the values of a record's roles stand, by role; a start of -1 where there is none, whatever the end says. */
export interface RolePlaces {
  readonly starts: Int32Array
  readonly ends: Int32Array
}

/** Reads the values of a record's roles without allocating, in whatever type an SDK wrote them. */
export class CallValues implements RolePlaces {
  readonly #reader = new ValueReader()
  readonly starts: Int32Array
  readonly ends: Int32Array
  bytes: Uint8Array = noBytes
  /** Over `bytes`. */
  view: DataView = noView

  constructor({ starts, ends }: RolePlaces) {
    this.starts = starts
    this.ends = ends
  }

  /** What the roles' offsets are into. */
  reset(bytes: Uint8Array, view: DataView): void {
    // The same for all calls of a request: what is young is noted by the collector each time that it is stored.
    if (this.bytes !== bytes) this.bytes = bytes
    if (this.view !== view) this.view = view
  }

  /** Forgets what `reset` was given. */
  release(): void {
    this.reset(noBytes, noView)
    this.#reader.reset(noBytes, 0, 0)
  }

  has(role: number): boolean {
    return this.starts[role]! >= 0
  }

  /** A count or an amount: int, double, or a number written as text; NaN for everything else and for an absent role. */
  number(role: number): number {
    const start = this.starts[role]!
    return start < 0 ? Number.NaN : this.#numberIn(start, this.ends[role]!)
  }

  #numberIn(start: number, end: number): number {
    const { bytes } = this
    // Nearly all counts: an int in up to three bytes, and nothing behind it.
    if (bytes[start] === intTag && end - start <= 4) {
      let value = 0
      let offset = start + 1
      for (let shift = 0; offset < end; shift += 7) {
        const byte = bytes[offset++]!
        value |= (byte & 127) << shift
        if (byte < 128) break
      }
      if (offset === end && bytes[end - 1]! < 128) return value
    }
    const reader = this.#reader.reset(bytes, start, end)
    if (reader.kind === valueInt) return Number(reader.int())
    if (reader.kind === valueDouble) return reader.double()
    if (reader.kind !== valueString || reader.end - reader.start > 32 || reader.end === reader.start) return Number.NaN
    return Number(reader.text())
  }

  /** Text of a string, or of a number or bool as it would print; empty where there is none. Allocates. */
  text(role: number): string {
    const start = this.starts[role]!
    return start < 0 ? '' : this.textIn(start, this.ends[role]!)
  }

  /** The same of the `AnyValue` in `[start, end)`. */
  textIn(start: number, end: number): string {
    const reader = this.#reader.reset(this.bytes, start, end)
    if (reader.kind === valueString) return reader.text()
    if (reader.kind === valueInt) return String(reader.int())
    if (reader.kind === valueDouble) return String(reader.double())
    return reader.kind === valueBool ? String(reader.bool()) : ''
  }

  /** Where the value's `AnyValue` stands; an empty range where there is none. */
  start(role: number): number {
    const start = this.starts[role]!
    return start < 0 ? 0 : start
  }

  end(role: number): number {
    return this.starts[role]! < 0 ? 0 : this.ends[role]!
  }
}
