const emptyBytes = new Uint8Array(0)

/** Bytes that wait until their span is complete. */
export class ByteRange {
  bytes: Uint8Array = emptyBytes
  start = 0
  end = 0
  isSet = false

  set(bytes: Uint8Array, start: number, end: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.isSet = true
  }

  copy(other: ByteRange): void {
    this.bytes = other.bytes
    this.start = other.start
    this.end = other.end
    this.isSet = other.isSet
  }

  /** Forgets the range, not yet the bytes that it is of. */
  clear(): void {
    this.start = 0
    this.end = 0
    this.isSet = false
  }

  /** Lets go of the bytes too. */
  release(): void {
    this.clear()
    this.bytes = emptyBytes
  }

  get isEmpty(): boolean {
    return this.start === this.end
  }

  equals(text: Uint8Array): boolean {
    if (this.end - this.start !== text.length) return false
    for (let i = 0; i < text.length; i++) if (this.bytes[this.start + i] !== text[i]) return false
    return true
  }
}
