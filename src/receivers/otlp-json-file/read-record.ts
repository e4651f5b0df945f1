import { zstdDecompressSync } from 'node:zlib'
import { countItems } from '../../pdata/count.ts'
import { jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import type { OtlpBatch, Signal } from '../../pdata/otlp-batch.ts'
import { copyBytes } from '../../wire/copy-bytes.ts'
import type { OtlpJsonFileConfig } from './config.ts'
import { recordBytesMax } from './record-splitter.ts'
import { signalOfLine } from './signal-of-line.ts'

type Format = Pick<OtlpJsonFileConfig, 'format' | 'compression' | 'signal'>

/** Makes a batch of a record; undefined for one of a signal that nobody takes. One that is no request throws. */
export function recordReader(
  { format, compression, signal }: Format,
  takes: (signal: Signal) => boolean,
): (record: Uint8Array) => OtlpBatch | undefined {
  const plainOf = (record: Uint8Array) =>
    compression === 'zstd' ? zstdDecompressSync(record, { maxOutputLength: recordBytesMax }) : record
  if (format === 'proto' && signal !== '') {
    return record => {
      if (!takes(signal)) return undefined
      // What was read lies in a buffer with other records.
      const bytes = compression === '' ? copyBytes(record) : plainOf(record)
      return { signal, bytes, itemCount: countItems(signal, bytes) }
    }
  }
  return record => {
    const line = plainOf(record)
    const found = signalOfLine(line)
    if (found === undefined) {
      throw new Error('it does not begin with resourceSpans, resourceMetrics or resourceLogs')
    }
    if (!takes(found)) return undefined
    const bytes = jsonToOtlp(found, line)
    return { signal: found, bytes, itemCount: countItems(found, bytes) }
  }
}
