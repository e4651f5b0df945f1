import type { HeaderList } from '../headers.ts'
import { isToken, isValue } from './head-fields.ts'

/** From here on a part is a piece of its own and is never copied. */
const partBytesMin = 32 * 1024
const pieceBytesMax = 256 * 1024

/** Fields by which a caller would change where this request ends, or what the connection is. They are the client's own. */
const reserved = new Set([
  'content-length',
  'transfer-encoding',
  'connection',
  'keep-alive',
  'upgrade',
  'te',
  'expect',
  'trailer',
])

/**
 * Writes requests to one host. A sender's requests differ in their length only, so what stands before it is written once
 * and found again by comparing the strings.
 */
export class RequestEncoder {
  readonly #host: string
  /** Stands before each path: empty, or the origin where a proxy is asked for the whole URL. */
  readonly #prefix: string
  readonly #common: HeaderList
  #path = ''
  #headers: HeaderList = []
  #start: Buffer | undefined

  constructor(host: string, prefix: string, common: HeaderList) {
    this.#host = host
    this.#prefix = prefix
    this.#common = common
  }

  /**
   * The request in pieces to write one after the other: small parts are joined, large ones go by reference. Headers of
   * the request replace those that all requests have. Throws where a header cannot be sent.
   */
  encode(path: string, headers: HeaderList, parts: readonly Uint8Array[]): Uint8Array[] {
    const start = this.#startOf(path, headers)
    let length = 0
    for (const part of parts) length += part.length
    const end = `${length}\r\n\r\n`
    const pieces: Uint8Array[] = []
    let joinedBytes = start.length + end.length
    let next = 0
    while (next < parts.length && isJoined(parts[next]!, joinedBytes)) joinedBytes += parts[next++]!.length
    const piece = Buffer.allocUnsafe(joinedBytes)
    piece.set(start, 0)
    piece.write(end, start.length, 'latin1')
    copyParts(parts, 0, next, piece, start.length + end.length)
    pieces.push(piece)
    while (next < parts.length) next = this.#piece(parts, next, pieces)
    return pieces
  }

  #piece(parts: readonly Uint8Array[], first: number, pieces: Uint8Array[]): number {
    let joinedBytes = 0
    let next = first
    while (next < parts.length && isJoined(parts[next]!, joinedBytes)) joinedBytes += parts[next++]!.length
    if (next <= first + 1) {
      pieces.push(parts[first]!)
      return first + 1
    }
    const piece = Buffer.allocUnsafe(joinedBytes)
    copyParts(parts, first, next, piece, 0)
    pieces.push(piece)
    return next
  }

  #startOf(path: string, headers: HeaderList): Buffer {
    if (this.#start !== undefined && path === this.#path && isSame(headers, this.#headers)) return this.#start
    this.#start = Buffer.from(this.#write(path, headers), 'latin1')
    this.#path = path
    this.#headers = [...headers]
    return this.#start
  }

  #write(path: string, headers: HeaderList): string {
    if (!/^[\x21-\x7e]+$/.test(path)) throw new Error(`the path ${JSON.stringify(path)} cannot be sent`)
    const own = new Set<string>()
    for (let i = 0; i + 1 < headers.length; i += 2) own.add(headers[i]!)
    let host = this.#host
    let fields = ''
    for (const list of [headers, this.#common]) {
      for (let i = 0; i + 1 < list.length; i += 2) {
        const name = list[i]!
        if (list === this.#common && own.has(name)) continue
        const value = list[i + 1]!
        check(name, value)
        if (name === 'host') host = value
        else fields += `${name}: ${value}\r\n`
      }
    }
    return `POST ${this.#prefix}${path} HTTP/1.1\r\nhost: ${host}\r\n${fields}content-length: `
  }
}

function isJoined(part: Uint8Array, joinedBytes: number): boolean {
  return part.length < partBytesMin && joinedBytes + part.length <= pieceBytesMax
}

function copyParts(parts: readonly Uint8Array[], first: number, end: number, piece: Buffer, start: number): void {
  let offset = start
  for (let i = first; i < end; i++) {
    piece.set(parts[i]!, offset)
    offset += parts[i]!.length
  }
}

function isSame(list: HeaderList, other: HeaderList): boolean {
  if (list.length !== other.length) return false
  for (let i = 0; i < list.length; i++) if (list[i] !== other[i]) return false
  return true
}

function check(name: string, value: string): void {
  if (reserved.has(name)) throw new Error(`the header ${name} cannot be set: it belongs to the connection`)
  if (name === '' || [...name].some(each => isToken[each.charCodeAt(0)] !== 1)) {
    throw new Error(`the header name ${JSON.stringify(name)} cannot be sent`)
  }
  for (let i = 0; i < value.length; i++) {
    if (isValue[value.charCodeAt(i)] !== 1) throw new Error(`the value of the header ${name} cannot be sent`)
  }
}
