/** Names (lower-case) and values of a head, in its order, and where it says how long the body is. */
export class HeadFields {
  names: string[] = []
  values: string[] = []
  /** -1: none declared. */
  contentLength = -1
  isChunked = false
  /** Where the digits of the length stand in the head's bytes; an empty range without one. */
  lengthStart = 0
  lengthEnd = 0

  /** Several of one name are joined. */
  header(name: string): string | undefined {
    let found: string | undefined
    for (let i = 0; i < this.names.length; i++) {
      if (this.names[i] === name) found = found === undefined ? this.values[i] : `${found}, ${this.values[i]}`
    }
    return found
  }
}

/** A message that is refused by its head, with the status that says so to a client. */
export class Http1Error extends Error {
  override readonly name = 'Http1Error'
  /** 0: not even a request line, so there is nobody to answer. */
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}

export const isToken = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") {
  isToken[character.charCodeAt(0)] = 1
}
/** Visible characters, space, tab and the upper half that old texts use. */
export const isValue = new Uint8Array(256).fill(1, 0x20, 0x7f).fill(1, 0x80)
isValue[9] = 1

export const space = 0x20
const tab = 9
export const cr = 13
export const lf = 10

/** Reads fields up to and with the empty line; every line must end with CR LF. Throws `Http1Error`. */
export function readFields(text: string, start: number, head: HeadFields, pairsMax: number): void {
  let offset = start
  while (text.charCodeAt(offset) !== cr) {
    if (head.names.length >= pairsMax) throw new Http1Error(431, 'too many header fields')
    offset = readField(text, offset, head)
  }
  if (text.charCodeAt(offset + 1) !== lf) throw new Http1Error(400, 'CR without LF')
}

function readField(text: string, offset: number, head: HeadFields): number {
  const nameEnd = endOf(isToken, text, offset)
  // A line that starts with a space is obsolete folding; a space before the colon is how smuggling starts.
  if (nameEnd === offset || text.charCodeAt(nameEnd) !== 0x3a) throw new Http1Error(400, 'a malformed header field')
  let start = nameEnd + 1
  while (text.charCodeAt(start) === space || text.charCodeAt(start) === tab) start++
  const lineEnd = endOf(isValue, text, start)
  if (text.charCodeAt(lineEnd) !== cr || text.charCodeAt(lineEnd + 1) !== lf) {
    throw new Http1Error(400, 'a malformed header field')
  }
  let end = lineEnd
  while (end > start && (text.charCodeAt(end - 1) === space || text.charCodeAt(end - 1) === tab)) end--
  const name = text.slice(offset, nameEnd).toLowerCase()
  head.names.push(name)
  head.values.push(text.slice(start, end))
  if (name === 'content-length') {
    head.lengthStart = start
    head.lengthEnd = end
  }
  return lineEnd + 2
}

/** The offset of the first character that is not of the set. */
export function endOf(isAllowed: Uint8Array, text: string, offset: number): number {
  while (isAllowed[text.charCodeAt(offset)] === 1) offset++
  return offset
}

/** The value of `Content-Length`. Throws `Http1Error`. */
export function readLength(value: string): number {
  if (!/^[0-9]{1,15}$/.test(value)) throw new Http1Error(400, 'a malformed length')
  return Number(value)
}
