import { STATUS_CODES } from 'node:http'
import type { HeaderList } from '../headers.ts'

interface Encoding {
  readonly status: number
  readonly bytes: Buffer
  /** The last whole head that began with it, for a length and a second. */
  whole: Buffer
  wholeLength: number
  wholeDateMs: number
}

/** Encoded status line and fields of lists that never change, by identity. */
const encodings = new WeakMap<HeaderList, Encoding>()
const lengths: Buffer[] = []
const lengthsMax = 1024
export const emptyLine = Buffer.from('\r\n', 'latin1')
const forbidden = /[^\t\x20-\x7e\x80-\xff]/

let dateMs = 0
let dateField = Buffer.alloc(0)

/** All of the head of an answer with a body, on a connection that goes on; most answers of a second share one. */
export function wholeHead(status: number, headers: HeaderList, length: number, wallMs: number): Buffer {
  const start = answerHead(status, headers)
  const date = currentDateField(wallMs)
  const encoding = encodings.get(headers)
  if (encoding === undefined || encoding.bytes !== start) {
    return Buffer.concat([start, date, lengthField(length), emptyLine])
  }
  if (encoding.wholeLength !== length || encoding.wholeDateMs !== dateMs) {
    encoding.whole = Buffer.concat([start, date, lengthField(length), emptyLine])
    encoding.wholeLength = length
    encoding.wholeDateMs = dateMs
  }
  return encoding.whole
}

/** Status line and fields, without length, date and the empty line. */
export function answerHead(status: number, headers: HeaderList): Buffer {
  const known = encodings.get(headers)
  if (known !== undefined && known.status === status) return known.bytes
  let text = `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n`
  for (let i = 0; i + 1 < headers.length; i += 2) {
    const name = headers[i]!
    // The length is the connection's affair; a value that would end its line is never sent.
    if (name === 'content-length' || name === 'connection' || name === 'transfer-encoding') continue
    text += `${name}: ${forbidden.test(headers[i + 1]!) ? '' : headers[i + 1]}\r\n`
  }
  const bytes = Buffer.from(text, 'latin1')
  if (Object.isFrozen(headers)) {
    encodings.set(headers, { status, bytes, whole: bytes, wholeLength: -1, wholeDateMs: -1 })
  }
  return bytes
}

export function lengthField(length: number): Buffer {
  if (length >= lengthsMax) return Buffer.from(`content-length: ${length}\r\n`, 'latin1')
  return (lengths[length] ??= Buffer.from(`content-length: ${length}\r\n`, 'latin1'))
}

/** The `Date` field; made anew once a second. */
export function currentDateField(wallMs: number): Buffer {
  if (wallMs - dateMs >= 1000 || wallMs < dateMs) {
    dateMs = wallMs - (wallMs % 1000)
    dateField = Buffer.from(`date: ${new Date(dateMs).toUTCString()}\r\n`, 'latin1')
  }
  return dateField
}
