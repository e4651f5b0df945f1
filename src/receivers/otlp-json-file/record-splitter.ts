/** A longer record is not a request of ours. */
export const recordBytesMax = 64 << 20

/** Where a record lies in the bytes that were read so far. */
export interface RecordPlace {
  readonly start: number
  readonly end: number
  /** Where the next one begins. */
  readonly next: number
}

/** How records follow each other in a file. */
export interface RecordSplitter {
  /**
   * The record at `start`; undefined where it is not all there. `scanned` bytes of it are known to hold no end. Throws where there
   * is no way to tell where it ends.
   */
  find(bytes: Buffer, start: number, scanned: number): RecordPlace | undefined
  /** Whether a record that is too long can be passed over. */
  readonly canSkip: boolean
}

export const lines: RecordSplitter = {
  canSkip: true,
  find(bytes, start, scanned) {
    const end = bytes.indexOf(10, start + scanned)
    return end === -1 ? undefined : { start, end, next: end + 1 }
  },
}

/** Four bytes of length before each, the highest first, as the Collector's file exporter writes protobuf and compressed records. */
export const frames: RecordSplitter = {
  canSkip: false,
  find(bytes, start) {
    if (bytes.length - start < 4) return undefined
    const length = bytes.readUInt32BE(start)
    if (length > recordBytesMax) throw new Error(`a record of ${length} bytes is none of ours`)
    const end = start + 4 + length
    return end > bytes.length ? undefined : { start: start + 4, end, next: end }
  },
}
