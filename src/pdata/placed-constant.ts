/** Bytes that many records get: a key, a whole attribute. Copied into the buffer once in a run, then pointed at. */
export interface PlacedConstant {
  readonly bytes: Uint8Array
  generation: number
  offset: number
}
