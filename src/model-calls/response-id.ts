import * as otlp from '../pdata/otlp-fields.ts'
import { wireBytes } from '../wire/wire-type.ts'
import type { CallValues } from './call-values.ts'
import { roleIndex } from './role-traits.ts'

const quote = 0x22
const idOpening = new TextEncoder().encode('{"id":"')
/** Bytes of a response's JSON in which its id begins, if it stands first. */
const idWithinBytes = 64
const idLengthMax = 256
const stringTag = (otlp.anyString << 3) | wireBytes
const idPlace = roleIndex('responseId')
const bodyPlace = roleIndex('responseBody')

/** Which response a call has got: where its id's text stands, valid after a `find` that has found it. */
export class ResponseId {
  start = 0
  end = 0

  /** Whether the call says it, by an attribute or at the beginning of the response itself. */
  find(values: CallValues): boolean {
    const isBody = !values.has(idPlace)
    const role = isBody ? bodyPlace : idPlace
    if (!values.has(role)) return false
    const { bytes } = values
    const end = values.end(role)
    let start = textStart(bytes, values.start(role), end)
    this.end = end
    if (isBody) {
      start = idInJson(bytes, start, Math.min(end, start + idWithinBytes))
      if (start < 0) return false
      const limit = Math.min(end, start + idLengthMax)
      let at = start
      while (at < limit && bytes[at] !== quote) at++
      if (at === limit) return false
      this.end = at
    }
    this.start = start
    return this.end > start
  }
}

/** Where the text of a string begins whose `AnyValue` stands in `[start, end)`; `start` for anything else. */
function textStart(bytes: Uint8Array, start: number, end: number): number {
  if (bytes[start] !== stringTag) return start
  let at = start + 1
  while (at < end && bytes[at]! > 127) at++
  return Math.min(at + 1, end)
}

/** Where the id begins in `{"id": "resp_...`; -1 where the JSON begins with anything else. */
function idInJson(bytes: Uint8Array, start: number, end: number): number {
  let at = start
  for (const expected of idOpening) {
    while (at < end && isSpace(bytes[at]!)) at++
    if (at >= end || bytes[at++] !== expected) return -1
  }
  return at
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09
}
