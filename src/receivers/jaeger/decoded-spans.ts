/** Foreign spans as an OTLP traces request. */
export interface DecodedSpans {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

export interface SpanLimits {
  /** Most spans of one request. */
  readonly spansMax: number
  /** Most tags, logs and references of one request. */
  readonly elementsMax: number
}
