import { encodeRecordHeader, encodeRecordInto, type LogRecord, recordHeaderBytes } from './record.ts'

/** To copy a payload of this size costs less than to give the system one more piece of memory. */
const smallBytesMax = 8 * 1024
const scratchBytes = 256 * 1024

/**
 * Records as pieces of memory for one write. Small ones, with their headers, share a piece: two pieces for each of 32
 * requests of ten spans cost more than the write itself. Valid until the next call.
 */
export class GroupEncoder {
  #scratch: Uint8Array | undefined
  #view: DataView | undefined

  encode(records: readonly LogRecord[]): Uint8Array[] {
    const buffers: Uint8Array[] = []
    let start = 0
    let end = 0
    for (const record of records) {
      const { length } = record.payload
      if (length <= smallBytesMax && end + recordHeaderBytes + length <= scratchBytes) {
        end = this.#append(record, end)
        continue
      }
      if (end > start) buffers.push(this.#piece(start, end))
      start = end
      buffers.push(encodeRecordHeader(record), record.payload)
    }
    if (end > start) buffers.push(this.#piece(start, end))
    return buffers
  }

  #append(record: LogRecord, offset: number): number {
    this.#scratch ??= new Uint8Array(scratchBytes)
    this.#view ??= new DataView(this.#scratch.buffer)
    return encodeRecordInto(this.#scratch, this.#view, offset, record)
  }

  #piece(start: number, end: number): Uint8Array {
    return (this.#scratch as Uint8Array).subarray(start, end)
  }
}
