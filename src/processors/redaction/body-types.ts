import type { LogRecordView } from '../../pdata/views.ts'

const bodyTag = 0x2a
const stringTag = 0x0a
/** Tags of AnyValue for what is no text: bool, int, double, list, map, bytes. */
const otherTags = /* @__PURE__ */ (() => {
  const table = new Uint8Array(256)
  for (const tag of [0x10, 0x18, 0x21, 0x2a, 0x32, 0x3a]) table[tag] = 1
  return table
})()

/**
 * Whether a request of logs may hold a body that is no text: the numbers in it are text to patterns, and no search over
 * bytes finds them. The tag of a body is the sign `*`, which text seldom has.
 */
export function hasOtherBodies(bytes: Uint8Array): boolean {
  for (let at = bytes.indexOf(bodyTag); at >= 0; at = bytes.indexOf(bodyTag, at + 1)) {
    let content = at + 1
    while (content < bytes.length && bytes[content]! >= 0x80) content++
    if (otherTags[bytes[content + 1] ?? 0] === 1) return true
  }
  return false
}

/** Whether the body of a record is there and no text. */
export function hasOtherBody({ attributes, bodyStart, bodyEnd }: LogRecordView): boolean {
  return bodyEnd > bodyStart && attributes.bytes[bodyStart] !== stringTag
}
