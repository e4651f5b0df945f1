/**
 * One header field as HPACK keeps it. Immutable, so that a table, a remembered block and many requests can share it.
 * Characters of both strings are bytes (latin1), as in HTTP.
 */
export class HeaderField {
  readonly name: string
  readonly value: string
  /** Its size by the rule of RFC 7541, section 4.1. */
  readonly listBytes: number
  /** False where RFC 9113, section 8.2.1, calls a message with this field malformed. */
  readonly isWellFormed: boolean

  constructor(name: string, value: string) {
    this.name = name
    this.value = value
    this.listBytes = name.length + value.length + 32
    this.isWellFormed = isFieldName(name) && isFieldValue(value)
  }
}

// RFC 9110 token characters without upper case, which HTTP/2 forbids; one colon may start a pseudo-header's name.
const nameCharacters = new Uint8Array(256)
for (const character of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")
  nameCharacters[character.charCodeAt(0)] = 1

function isFieldName(name: string): boolean {
  const first = name.charCodeAt(0) === 0x3a ? 1 : 0
  if (name.length === first) return false
  for (let i = first; i < name.length; i++) {
    if (nameCharacters[name.charCodeAt(i)] !== 1) return false
  }
  return true
}

/** No control character but a tab, and no space or tab at either end (RFC 9113, section 8.2.1; RFC 9110, section 5.5). */
function isFieldValue(value: string): boolean {
  const length = value.length
  if (length === 0) return true
  for (let i = 0; i < length; i++) {
    const code = value.charCodeAt(i)
    if (code < 0x20 ? code !== 9 : code === 0x7f || code > 0xff) return false
  }
  const first = value.charCodeAt(0)
  const last = value.charCodeAt(length - 1)
  return first !== 0x20 && first !== 9 && last !== 0x20 && last !== 9
}
