import * as otlp from '../../pdata/otlp-fields.ts'
import { WireWriter } from '../../wire/wire-writer.ts'
import type { RangeLists } from './range-lists.ts'
import type { SpanIndex } from './span-index.ts'

const spansMax = 8192
const bytesMax = 4 * 1024 * 1024
/** For the groups around the spans: more than these, and the writer grows. */
const spareBytes = 16 * 1024
/** Most bytes of a span's tag and length. */
const headerBytesMax = 6

/** A span on its way out, with attributes that are appended to it. */
export interface LeavingSpan {
  readonly span: number
  /** Encoded `attributes` fields; empty for none. */
  readonly extra: Uint8Array
}

export interface AssembledRequest {
  readonly bytes: Uint8Array
  readonly itemCount: number
}

/**
 * Writes spans into as few requests as sensible: those that came under one resource and scope of one request go out under
 * them again. The spans' own bytes are copied as they are.
 */
export function assembleSpans(index: SpanIndex, leaving: LeavingSpan[]): AssembledRequest[] {
  leaving.sort(
    (a, b) =>
      index.request(a.span) - index.request(b.span) ||
      index.scope(a.span) - index.scope(b.span) ||
      index.start(a.span) - index.start(b.span),
  )
  const requests: AssembledRequest[] = []
  let restBytes = roughBytes(index, leaving)
  const writer = new WireWriter(Math.min(restBytes, bytesMax) + spareBytes)
  let at = 0
  while (at < leaving.length) {
    const from = at
    while (at < leaving.length && at - from < spansMax && writer.length < bytesMax)
      at = writeResource(writer, index, leaving, at, from + spansMax)
    restBytes = Math.max(0, restBytes - writer.length)
    requests.push({ bytes: writer.release(Math.min(restBytes, bytesMax) + spareBytes), itemCount: at - from })
  }
  return requests
}

/** What the spans take, without what is around them. */
function roughBytes(index: SpanIndex, leaving: readonly LeavingSpan[]): number {
  let bytes = 0
  for (let i = 0; i < leaving.length; i++) {
    const { span, extra } = leaving[i]!
    bytes += index.end(span) - index.start(span) + extra.length + headerBytesMax
  }
  return bytes
}

function writeResource(
  writer: WireWriter,
  index: SpanIndex,
  leaving: readonly LeavingSpan[],
  from: number,
  end: number,
): number {
  const requestIndex = index.request(leaving[from]!.span)
  const request = index.requestAt(requestIndex)
  const resource = request.scopeResources[index.scope(leaving[from]!.span)]!
  const group = writer.open(otlp.requestResources)
  writeRanges(writer, request.bytes, request.resources, resource)
  let at = from
  while (at < leaving.length && at < end && index.request(leaving[at]!.span) === requestIndex) {
    const scope = index.scope(leaving[at]!.span)
    if (request.scopeResources[scope] !== resource) break
    const scopeGroup = writer.open(otlp.groupScopes)
    writeRanges(writer, request.bytes, request.scopes, scope)
    while (
      at < leaving.length &&
      at < end &&
      index.request(leaving[at]!.span) === requestIndex &&
      index.scope(leaving[at]!.span) === scope
    ) {
      const { span, extra } = leaving[at++]!
      if (extra.length === 0)
        writer.bytesField(otlp.scopeGroupRecords, request.bytes, index.start(span), index.end(span))
      else {
        const record = writer.open(otlp.scopeGroupRecords)
        writer.raw(request.bytes, index.start(span), index.end(span))
        writer.raw(extra)
        writer.close(record)
      }
    }
    writer.close(scopeGroup)
  }
  writer.close(group)
  return at
}

function writeRanges(writer: WireWriter, bytes: Uint8Array, ranges: RangeLists, list: number): void {
  const to = ranges.to(list)
  for (let i = ranges.from(list); i < to; i += 2) writer.raw(bytes, ranges.bound(i), ranges.bound(i + 1))
}
