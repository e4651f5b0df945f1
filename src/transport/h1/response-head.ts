import { cr, endOf, HeadFields, Http1Error, isValue, lf, readFields, readLength, space } from './head-fields.ts'

/** How the end of an answer's body is found (RFC 9112, section 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'close'

/** The head of an HTTP/1.1 answer. Immutable, so that equal heads share one. */
export class ResponseHead extends HeadFields {
  status = 0
  framing: BodyFraming = 'none'
  /** The connection may carry another request afterwards. */
  keepsAlive = true
  /** How long the server says it keeps a connection without a request, in milliseconds; -1 where it does not say. */
  keepAliveMs = -1
}

/**
 * Reads the head of the answer to a POST. `text` ends with the empty line; every line must end with CR LF. What two
 * parsers could read in two ways is refused: the bytes behind it would be taken for somebody else's answer. Throws
 * `Http1Error`.
 */
export function parseResponseHead(text: string, headerPairsMax: number): ResponseHead {
  const head = new ResponseHead()
  readFields(text, readStatusLine(text, head), head, headerPairsMax)
  readMeaning(head)
  return head
}

// "HTTP/1.1 200 OK"; the space behind the status may be missing, as many servers have no reason to give.
function readStatusLine(text: string, head: ResponseHead): number {
  const version = text.slice(0, 8)
  if (version === 'HTTP/1.0') head.keepsAlive = false
  else if (version !== 'HTTP/1.1') throw malformed('no HTTP/1.1')
  const status = /^ ([1-9][0-9]{2})(?![0-9])/.exec(text.slice(8, 13))?.[1]
  if (status === undefined) throw malformed('no status')
  head.status = Number(status)
  const statusEnd = 12
  const lineEnd = text.charCodeAt(statusEnd) === space ? endOf(isValue, text, statusEnd) : statusEnd
  if (text.charCodeAt(lineEnd) !== cr || text.charCodeAt(lineEnd + 1) !== lf) throw malformed('a malformed status line')
  return lineEnd + 2
}

function readMeaning(head: ResponseHead): void {
  let options = ''
  const isOld = !head.keepsAlive
  for (let i = 0; i < head.names.length; i++) {
    const value = head.values[i]!
    switch (head.names[i]) {
      case 'content-length':
        if (head.contentLength >= 0) throw malformed('two lengths')
        head.contentLength = readLength(value)
        break
      case 'transfer-encoding':
        if (head.isChunked || isOld) throw malformed('an ambiguous transfer encoding')
        if (value.toLowerCase() !== 'chunked') throw malformed('an unknown transfer encoding')
        head.isChunked = true
        break
      case 'connection':
        options += `,${value.toLowerCase()}`
        break
      case 'keep-alive': {
        const seconds = /(?:^|[\s,;])timeout=([0-9]{1,6})(?![0-9])/i.exec(value)?.[1]
        if (seconds !== undefined) head.keepAliveMs = Number(seconds) * 1000
      }
    }
  }
  if (head.isChunked && head.contentLength >= 0) throw malformed('a length with chunked')
  if (options !== '') {
    const tokens = options.split(',').map(token => token.trim())
    head.keepsAlive = !tokens.includes('close') && (head.keepsAlive || tokens.includes('keep-alive'))
  }
  head.framing = framingOf(head)
  if (head.framing === 'close') head.keepsAlive = false
}

function framingOf({ status, isChunked, contentLength }: ResponseHead): BodyFraming {
  if (status < 200 || status === 204 || status === 304) return 'none'
  if (isChunked) return 'chunked'
  if (contentLength < 0) return 'close'
  return contentLength === 0 ? 'none' : 'length'
}

function malformed(message: string): Http1Error {
  return new Http1Error(400, message)
}
