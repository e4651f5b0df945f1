import { cr, endOf, HeadFields, Http1Error, isToken, lf, readFields, readLength, space } from './head-fields.ts'

/**
 * The head of an HTTP/1.1 request (RFC 9112), read strictly: this port may stand behind a proxy, so whatever two parsers
 * could read in two ways is refused. Immutable but for the notes, so that equal heads share one.
 */
export class Http1Head extends HeadFields {
  method = ''
  path = ''
  query = ''
  /** The connection may carry another request afterwards. */
  keepsAlive = true
  expectsContinue = false
  /** What heads that differ in the body's length only have in common: the handler's notes, see `Exchange`. */
  shared: { notes: unknown } = { notes: undefined }

  headers(): Map<string, string[]> {
    const map = new Map<string, string[]>()
    this.names.forEach((name, i) => {
      const values = map.get(name)
      if (values === undefined) map.set(name, [this.values[i]!])
      else values.push(this.values[i]!)
    })
    return map
  }

  /** The same head for a body of another length. */
  withLength(length: number): Http1Head {
    if (length === this.contentLength) return this
    const head = new Http1Head()
    head.method = this.method
    head.path = this.path
    head.query = this.query
    head.contentLength = length
    head.keepsAlive = this.keepsAlive
    head.expectsContinue = this.expectsContinue
    head.shared = this.shared
    head.names = this.names
    head.values = this.values.slice()
    head.values[this.names.indexOf('content-length')] = String(length)
    return head
  }
}

const isTarget = new Uint8Array(256).fill(1, 0x21, 0x7f)
isTarget[0x23] = 0 // a fragment is never sent
isTarget[0x22] = isTarget[0x3c] = isTarget[0x3e] = isTarget[0x5c] = isTarget[0x5e] = isTarget[0x60] = 0
isTarget[0x7b] = isTarget[0x7c] = isTarget[0x7d] = 0

/** Reads a head. `text` ends with the empty line; every line must end with CR LF. Throws `Http1Error`. */
export function parseHead(text: string, headerPairsMax: number): Http1Head {
  const head = new Http1Head()
  // Some clients send an empty line after a body; RFC 9112, section 2.2, lets it pass.
  const offset = readRequestLine(text.startsWith('\r\n') ? text.slice(2) : text, head)
  readFields(text, text.startsWith('\r\n') ? offset + 2 : offset, head, headerPairsMax)
  readMeaning(head)
  return head
}

function readRequestLine(text: string, head: Http1Head): number {
  const methodEnd = endOf(isToken, text, 0)
  if (methodEnd === 0 || text.charCodeAt(methodEnd) !== space) throw new Http1Error(0, 'no method')
  const targetEnd = endOf(isTarget, text, methodEnd + 1)
  if (targetEnd === methodEnd + 1 || text.charCodeAt(targetEnd) !== space) throw new Http1Error(0, 'no target')
  head.method = text.slice(0, methodEnd)
  const lineEnd = targetEnd + 9
  const version = text.slice(targetEnd + 1, lineEnd)
  if (!version.startsWith('HTTP/')) throw new Http1Error(0, 'no version')
  if (text.charCodeAt(lineEnd) !== cr || text.charCodeAt(lineEnd + 1) !== lf) throw new Http1Error(400, 'no version')
  if (version === 'HTTP/1.0') head.keepsAlive = false
  else if (version !== 'HTTP/1.1') throw new Http1Error(505, 'an unknown version')
  readTarget(head, text.slice(methodEnd + 1, targetEnd))
  return lineEnd + 2
}

function readTarget(head: Http1Head, target: string): void {
  let start = 0
  if (target.charCodeAt(0) !== 0x2f && target !== '*') {
    // The absolute form, which every server has to accept (RFC 9112, section 3.2.2).
    if (!/^https?:\/\/[^/?]/i.test(target)) throw new Http1Error(400, 'not a path')
    start = target.indexOf('/', 8)
    if (start < 0) start = target.length
  } else if (target === '*' && head.method !== 'OPTIONS') {
    throw new Http1Error(400, 'not a path')
  }
  const mark = target.indexOf('?', start)
  head.path = (mark < 0 ? target.slice(start) : target.slice(start, mark)) || '/'
  head.query = mark < 0 ? '' : target.slice(mark + 1)
}

function readMeaning(head: Http1Head): void {
  let hostCount = 0
  let options = ''
  const isOld = !head.keepsAlive
  for (let i = 0; i < head.names.length; i++) {
    const value = head.values[i]!
    switch (head.names[i]) {
      case 'host':
        hostCount++
        break
      case 'content-length':
        if (head.contentLength >= 0) throw new Http1Error(400, 'two lengths')
        head.contentLength = readLength(value)
        break
      case 'transfer-encoding':
        if (head.isChunked || isOld) throw new Http1Error(400, 'an ambiguous transfer encoding')
        if (value.toLowerCase() !== 'chunked') throw new Http1Error(501, 'an unknown transfer encoding')
        head.isChunked = true
        break
      case 'connection':
        options += `,${value.toLowerCase()}`
        break
      case 'expect':
        if (value.toLowerCase() !== '100-continue') throw new Http1Error(417, 'an unknown expectation')
        head.expectsContinue = !isOld
    }
  }
  if (options !== '') {
    const tokens = options.split(',').map(token => token.trim())
    head.keepsAlive = !tokens.includes('close') && (head.keepsAlive || tokens.includes('keep-alive'))
  }
  if (head.isChunked && head.contentLength >= 0) throw new Http1Error(400, 'a length with chunked')
  if (hostCount > 1 || (hostCount === 0 && !isOld)) throw new Http1Error(400, `${hostCount} Host fields`)
}
