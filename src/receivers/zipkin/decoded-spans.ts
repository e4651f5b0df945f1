/** Foreign spans as an OTLP traces request. */
export interface DecodedSpans {
  readonly bytes: Uint8Array
  readonly spanCount: number
}

export interface DecodeSettings {
  /** Most spans of one request. */
  readonly spansMax: number
  /** Most tags, annotations and list values of one request. */
  readonly elementsMax: number
  /** Tags that look like numbers or booleans become such. */
  readonly parseStringTags: boolean
}
