import { countItems } from '../pdata/count.ts'
import type { OtlpBatch } from '../pdata/otlp-batch.ts'
import { FieldCursor } from '../wire/field-cursor.ts'
import { WireWriter } from '../wire/wire-writer.ts'

/** One traces request with `count` spans numbered from `first` on in their names: enough to see what arrived, and in which order. */
export function spanBatch(first: number, count: number, paddingBytes = 0): OtlpBatch {
  const writer = new WireWriter(256)
  const padding = new Uint8Array(paddingBytes)
  const resource = writer.open(1)
  const scope = writer.open(2)
  for (let i = first; i < first + count; i++) {
    const span = writer.open(2)
    writer.stringField(5, String(i).padStart(6, '0'))
    if (paddingBytes > 0) writer.bytesField(15_000, padding)
    writer.close(span)
  }
  writer.close(scope)
  writer.close(resource)
  const bytes = writer.finish()
  return { signal: 'traces', bytes, itemCount: countItems('traces', bytes) }
}

/** The numbers of the spans in a request, in order. */
export function spanNumbers(parts: readonly Uint8Array[]): number[] {
  const numbers: number[] = []
  for (const part of parts) {
    for (const resource of children(part, 1)) {
      for (const scope of children(resource, 2)) {
        for (const span of children(scope, 2)) {
          for (const name of children(span, 5)) numbers.push(Number(Buffer.from(name).toString('utf8')))
        }
      }
    }
  }
  return numbers
}

function* children(bytes: Uint8Array, fieldNumber: number): Generator<Uint8Array> {
  const cursor = new FieldCursor(bytes)
  while (cursor.next()) if (cursor.fieldNumber === fieldNumber) yield cursor.slice()
}
