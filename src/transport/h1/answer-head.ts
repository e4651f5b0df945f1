import { STATUS_CODES } from 'node:http'
import type { HeaderList } from '../headers.ts'

/** Encoded status line and fields of lists that never change, by identity. */
const encodings = new WeakMap<HeaderList, { status: number; bytes: Buffer }>()
const lengths: Buffer[] = []
const lengthsMax = 1024
const forbidden = /[^\t\x20-\x7e\x80-\xff]/

let dateMs = 0
let dateField = Buffer.alloc(0)

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
  if (Object.isFrozen(headers)) encodings.set(headers, { status, bytes })
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
