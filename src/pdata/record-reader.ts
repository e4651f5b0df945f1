import type { AttributeKey } from './attribute-key.ts'

// What a processor may ask about a record without caring how it is read: through the views of a walk, which show edits of
// processors before it, or in an `OrdinaryRecord`, which is faster and knows only what it was told to look for.

/** The fields of one message. Offsets are into `bytes`. */
export interface FieldReader {
  readonly bytes: Uint8Array
  has(field: number): boolean
  /** Where the payload of a field, or its number, begins; 0 where there is none. */
  valueStart(field: number): number
  valueEnd(field: number): number
  /** Offset of a payload of exactly that many bytes; 0 where the field is absent or of another length. */
  payloadOf(field: number, length: number): number
  /** Empty where the field is absent. */
  text(field: number): string
  /** A varint's low 32 bits; 0 where absent. */
  uint32(field: number): number
  fixed32(field: number): number
  /** Raw bits, unsigned; 0 where absent. */
  fixed64(field: number): bigint
  /** A time in nanoseconds since the Unix epoch as milliseconds, exact to the microsecond; 0 where absent. */
  milliseconds(field: number): number
  /** Whether no attribute has that key, as far as that is known without reading them all. */
  lacksAttribute(key: AttributeKey): boolean
}

/** Attributes by key. */
export interface AttributeReader {
  readonly bytes: Uint8Array
  /** Index of the attribute with that key; -1 where there is none. */
  find(key: AttributeKey): number
  /** Where the `AnyValue` of the attribute begins. */
  valueStart(index: number): number
  valueEnd(index: number): number
}

/** A resource or a scope. */
export interface SurroundingReader {
  readonly message: FieldReader
  readonly attributes: AttributeReader
}

/** What records of all signals have. */
export interface MetricReader {
  readonly message: FieldReader
  readonly resource: SurroundingReader
  readonly scope: SurroundingReader
}

export interface LogReader extends MetricReader {
  readonly attributes: AttributeReader
  /** Offset of the 16 bytes; 0 where the record has none of that length. */
  readonly traceIdStart: number
  readonly severityNumber: number
  /** The body's `AnyValue`; empty where there is none. */
  readonly bodyStart: number
  readonly bodyEnd: number
}

export interface SpanReader extends MetricReader {
  readonly attributes: AttributeReader
  readonly status: FieldReader
  readonly traceIdStart: number
  /** 0 for a root span. */
  readonly parentSpanIdStart: number
  readonly kind: number
  readonly traceState: string
}
