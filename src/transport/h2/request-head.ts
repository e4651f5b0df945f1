import type { HeaderField } from './header-field.ts'
import type { HeaderBlock } from './hpack-decoder.ts'

const pseudoMethod = 1
const pseudoScheme = 2
const pseudoPath = 4
const pseudoAuthority = 8
const pseudoBits = new Map([
  [':method', pseudoMethod],
  [':scheme', pseudoScheme],
  [':path', pseudoPath],
  [':authority', pseudoAuthority],
])
/** Fields of HTTP/1.1 connections (RFC 9113, section 8.2.2). */
const connectionFields = new Set(['connection', 'proxy-connection', 'keep-alive', 'transfer-encoding', 'upgrade'])

/** A request's header block, read by the rules of RFC 9113, section 8.3. Immutable but for the notes: equal blocks share it. */
export class RequestHead {
  method = ''
  path = ''
  query = ''
  authority: string | undefined = undefined
  /** -1: not declared. */
  contentLength = -1
  isGrpc = false
  /** The handler's; see `Exchange`. */
  notes: unknown = undefined
  /** Why the request is malformed; empty if it is not. */
  problem = ''
  readonly #fields: readonly HeaderField[]
  #firstRegular = 0

  constructor(block: HeaderBlock) {
    this.#fields = block.fields
    this.problem = block.isWellFormed ? this.#read() : 'a field is malformed'
  }

  header(name: string): string | undefined {
    const fields = this.#fields
    let found: string | undefined
    for (let i = this.#firstRegular; i < fields.length; i++) {
      const field = fields[i]!
      if (field.name === name) found = found === undefined ? field.value : `${found}, ${field.value}`
    }
    if (found === undefined && name === 'host') return this.authority
    return found
  }

  headers(): Map<string, string[]> {
    const map = new Map<string, string[]>()
    for (let i = this.#firstRegular; i < this.#fields.length; i++) {
      const { name, value } = this.#fields[i]!
      const values = map.get(name)
      if (values === undefined) map.set(name, [value])
      else values.push(value)
    }
    if (this.authority !== undefined && !map.has('host')) map.set('host', [this.authority])
    return map
  }

  #read(): string {
    const fields = this.#fields
    let seen = 0
    let position = 0
    for (; position < fields.length; position++) {
      const { name, value } = fields[position]!
      if (name.charCodeAt(0) !== 0x3a) break
      const bit = pseudoBits.get(name) ?? 0
      if (bit === 0 || (seen & bit) !== 0) return `the pseudo-header ${name}`
      seen |= bit
      if (bit === pseudoMethod) this.method = value
      else if (bit === pseudoPath) this.#readPath(value)
      else if (bit === pseudoAuthority) this.authority = value
    }
    this.#firstRegular = position
    const required = pseudoMethod | pseudoScheme | pseudoPath
    if ((seen & required) !== required) return 'a pseudo-header is missing'
    if (this.path === '') return 'an empty path'
    for (; position < fields.length; position++) {
      const problem = this.#readField(fields[position]!)
      if (problem !== '') return problem
    }
    return ''
  }

  #readPath(value: string): void {
    const mark = value.indexOf('?')
    this.path = mark < 0 ? value : value.slice(0, mark)
    this.query = mark < 0 ? '' : value.slice(mark + 1)
    if (this.path.charCodeAt(0) !== 0x2f && !(value === '*' && this.method === 'OPTIONS')) this.path = ''
  }

  #readField({ name, value }: HeaderField): string {
    if (name.charCodeAt(0) === 0x3a) return 'a pseudo-header after other fields'
    if (connectionFields.has(name)) return `the field ${name}`
    if (name === 'te') return value === 'trailers' ? '' : 'the field te'
    if (name === 'content-length') {
      const length = readContentLength(value)
      if (length < 0 || (this.contentLength >= 0 && this.contentLength !== length)) return 'the field content-length'
      this.contentLength = length
    } else if (name === 'content-type') {
      this.isGrpc = value.startsWith('application/grpc')
    } else if (name === 'host') {
      if (this.authority !== undefined && this.authority !== value) return 'two authorities'
    }
    return ''
  }
}

/** Decimal digits only, within what a number holds exactly; -1 otherwise. */
function readContentLength(value: string): number {
  if (value.length === 0 || value.length > 15) return -1
  let length = 0
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30
    if (digit < 0 || digit > 9) return -1
    length = length * 10 + digit
  }
  return length
}

/** The head that a block stands for; a block that was remembered has it already. */
export function requestHead(block: HeaderBlock): RequestHead {
  if (block.meaning instanceof RequestHead) return block.meaning
  const head = new RequestHead(block)
  block.meaning = head
  return head
}
