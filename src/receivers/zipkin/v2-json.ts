import { JsonError } from '../../wire/json-error.ts'
import { JsonReader } from '../../wire/json-reader.ts'
import { hashRange } from '../../wire/key-hash.ts'
import { KeyTable } from '../../wire/key-table.ts'
import { uint64 } from '../../wire/uint64.ts'
import { ByteRange } from './byte-range.ts'
import type { DecodedSpans, DecodeSettings } from './decoded-spans.ts'
import { JsonText, readHexId } from './json-text.ts'
import { ZipkinTraceWriter } from './trace-writer.ts'

/** Keys of a span, in the order in which Zipkin's own clients write them. */
const spanKeys = [
  'traceId',
  'parentId',
  'id',
  'kind',
  'name',
  'timestamp',
  'duration',
  'localEndpoint',
  'remoteEndpoint',
  'annotations',
  'tags',
  'debug',
  'shared',
]
const [
  keyTraceId,
  keyParentId,
  keyId,
  keyKind,
  keyName,
  keyTimestamp,
  keyDuration,
  keyLocal,
  keyRemote,
  keyAnnotations,
  keyTags,
  keyDebug,
  keyShared,
] = spanKeys.map((_, i) => i + 1) as [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  number,
]
const spanTable = new KeyTable(spanKeys.map((key, i) => [key, i + 1]))
const quotedKeys = ['', ...spanKeys].map(key => Buffer.from(`"${key}":`))

const endpointTable = new KeyTable([
  ['serviceName', 1],
  ['ipv4', 2],
  ['ipv6', 3],
  ['port', 4],
])
const annotationTable = new KeyTable([
  ['timestamp', 1],
  ['value', 2],
])
/** OTLP's kinds of a span. */
const kindTable = new KeyTable([
  ['SERVER', 2],
  ['CLIENT', 3],
  ['PRODUCER', 4],
  ['CONSUMER', 5],
])
const portMax = 65_535

/** Reads a list of spans as Zipkin's v2 API takes it. Throws `JsonError`. */
export function decodeV2Json(json: Uint8Array, settings: DecodeSettings): DecodedSpans {
  return decoder.decode(json, settings)
}

class V2JsonDecoder {
  readonly #reader = new JsonReader()
  readonly #writer = new ZipkinTraceWriter()
  readonly #text = new JsonText()
  /** The key that followed each key last time: a guess that saves hashing. */
  readonly #followers = new Uint8Array(spanKeys.length + 1)
  #seen = 0
  /** The local endpoint read last: its text in the document, and what it says. */
  #localStart = 0
  #localEnd = 0
  readonly #lastServiceName = new ByteRange()
  readonly #lastLocal = new ByteRange()
  #lastPort = 0
  readonly #tagGuesses: TagGuess[] = []

  decode(json: Uint8Array, settings: DecodeSettings): DecodedSpans {
    const reader = this.#reader.reset(json, { depthMax: 64, elementsMax: settings.elementsMax })
    const writer = this.#writer.reset(settings.parseStringTags, true)
    this.#localEnd = 0
    try {
      reader.enterArray()
      for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) {
        if (writer.spanCount >= settings.spansMax) {
          throw new JsonError(`more than ${settings.spansMax} spans`, reader.offset, 'budget')
        }
        this.#span()
      }
      reader.finish()
      const bytes = writer.finish()
      return { bytes, spanCount: writer.spanCount }
    } finally {
      reader.clear()
      writer.clear()
      this.#lastServiceName.release()
      this.#lastLocal.release()
    }
  }

  #span(): void {
    const reader = this.#reader
    const writer = this.#writer
    const start = reader.offset
    writer.beginSpan()
    this.#text.begin()
    this.#seen = 0
    reader.enterObject()
    let previous = 0
    for (let isFirst = true; ; isFirst = false) {
      let key = this.#followers[previous]!
      if (key === 0 || !reader.tryKey(isFirst, quotedKeys[key]!)) {
        if (!reader.nextKey(isFirst)) break
        key = spanTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
        this.#followers[previous] = key
      }
      previous = key
      if (key === 0) reader.skipValue()
      else if (!reader.tryNull()) this.#value(key)
    }
    const needed = (1 << keyTraceId) | (1 << keyId)
    if ((this.#seen & needed) !== needed) throw reader.error('a span without traceId or id', start)
    writer.endSpan()
  }

  #value(key: number): void {
    const reader = this.#reader
    const writer = this.#writer
    if ((this.#seen & (1 << key)) !== 0) throw reader.error(`a second ${spanKeys[key - 1]}`)
    this.#seen |= 1 << key
    switch (key) {
      case keyTraceId:
        this.#id(0, 16)
        return
      case keyParentId:
        readHexId(reader, writer.ids, 24, 8)
        return
      case keyId:
        this.#id(16, 8)
        return
      case keyKind: {
        reader.string()
        const { bytes, stringStart, stringEnd } = reader
        writer.kind = kindTable.find(hashRange(bytes, stringStart, stringEnd), bytes, stringStart, stringEnd)
        return
      }
      case keyName:
        this.#text.read(reader)
        writer.name.set(this.#text.bytes, this.#text.start, this.#text.end)
        return
      case keyTimestamp:
        this.#microseconds(writer.timestamp)
        return
      case keyDuration:
        this.#microseconds(writer.duration)
        return
      case keyLocal:
        this.#localEndpoint()
        return
      case keyRemote:
        this.#endpoint(true)
        return
      case keyAnnotations:
        reader.enterArray()
        for (let isFirst = true; reader.nextElement(isFirst); isFirst = false) this.#annotation()
        return
      case keyTags:
        this.#tags()
        return
      case keyDebug:
        writer.isDebug = reader.boolean()
        return
      case keyShared:
        writer.isShared = reader.boolean()
    }
  }

  /** An id that must not be zero. */
  #id(at: number, size: number): void {
    const { ids } = this.#writer
    readHexId(this.#reader, ids, at, size)
    for (let i = at; i < at + size; i++) if (ids[i] !== 0) return
    throw this.#reader.error('an id of zero')
  }

  /** Microseconds are numbers, not text, and whole. */
  #microseconds(target: { low: number; high: number }): void {
    const reader = this.#reader
    if (reader.peek() === 0x22) throw reader.error('a number was expected')
    reader.uint64()
    target.low = uint64.low
    target.high = uint64.high
  }

  /** Spans of one client have one local endpoint: the same text as last time is not read again. */
  #localEndpoint(): void {
    const reader = this.#reader
    const writer = this.#writer
    const { bytes } = reader
    reader.peek()
    const start = reader.offset
    const { serviceName, local } = writer
    if (this.#localEnd > 0 && isRepeated(bytes, this.#localStart, this.#localEnd, start, reader.end)) {
      reader.offset = start + this.#localEnd - this.#localStart
      serviceName.copy(this.#lastServiceName)
      if (this.#lastLocal.isSet) local.copy(this.#lastLocal)
      writer.writeLocal(this.#lastPort)
      return
    }
    this.#lastPort = 0
    this.#endpoint(false)
    // What has escapes stands elsewhere, and only until the next span.
    const isPlain = (!serviceName.isSet || serviceName.bytes === bytes) && (!local.isSet || local.bytes === bytes)
    this.#localStart = start
    this.#localEnd = isPlain ? reader.offset : 0
    this.#lastServiceName.copy(serviceName)
    this.#lastLocal.copy(local)
    writer.writeLocal(this.#lastPort)
  }

  #endpoint(isRemote: boolean): void {
    const reader = this.#reader
    const writer = this.#writer
    const text = this.#text
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const key = endpointTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
      if (key === 0) {
        reader.skipValue()
        continue
      }
      if (reader.tryNull()) continue
      if (key === 4) {
        const port = reader.integer(0, portMax)
        if (isRemote) writer.remotePort(port)
        else this.#lastPort = port
        continue
      }
      text.read(reader)
      if (key !== 1) {
        if (isRemote) writer.remoteAddress(text.bytes, text.start, text.end)
        else writer.local.set(text.bytes, text.start, text.end)
      } else if (isRemote) writer.remoteServiceName(text.bytes, text.start, text.end)
      else writer.serviceName.set(text.bytes, text.start, text.end)
    }
  }

  #annotation(): void {
    const reader = this.#reader
    const text = this.#text
    let low = 0
    let high = 0
    text.end = text.start
    reader.enterObject()
    for (let isFirst = true; reader.nextKey(isFirst); isFirst = false) {
      const key = annotationTable.find(reader.keyHash, reader.keyBytes, reader.keyStart, reader.keyEnd)
      if (key === 0) reader.skipValue()
      else if (reader.tryNull()) continue
      else if (key === 2) text.read(reader)
      else {
        if (reader.peek() === 0x22) throw reader.error('a number was expected')
        reader.uint64()
        low = uint64.low
        high = uint64.high
      }
    }
    this.#writer.annotation(low, high, text.bytes, text.start, text.end)
  }

  /** Spans of one kind have the same tags in the same order: the key that stood there before is tried first. */
  #tags(): void {
    const reader = this.#reader
    const text = this.#text
    reader.enterObject()
    for (let index = 0; ; index++) {
      let guess = this.#tagGuesses[index]
      let key: Uint8Array
      let keyStart = 0
      let keyEnd: number
      let hash: number
      if (guess !== undefined && reader.tryKey(index === 0, guess.quoted)) {
        key = guess.key
        keyEnd = key.length
        hash = guess.hash
        guess.missCount = 0
      } else {
        if (!reader.nextKey(index === 0)) return
        key = reader.keyBytes
        keyStart = reader.keyStart
        keyEnd = reader.keyEnd
        hash = reader.keyHash
        if (index < tagGuessesMax && (guess === undefined || ++guess.missCount > missesMax)) {
          guess = tagGuess(key, keyStart, keyEnd, hash)
          if (guess !== undefined) this.#tagGuesses[index] = guess
        }
      }
      if (reader.tryNull()) continue
      text.read(reader)
      this.#writer.tag(hash, key, keyStart, keyEnd, text.bytes, text.start, text.end)
    }
  }
}

interface TagGuess {
  readonly key: Uint8Array
  /** The key in quotes, with its colon. */
  readonly quoted: Uint8Array
  readonly hash: number
  missCount: number
}

const tagGuessesMax = 64
/** A guess that is wrong this often in a row makes place for another. */
const missesMax = 8

/** Undefined for keys that have escapes in JSON, or that are long. */
function tagGuess(bytes: Uint8Array, start: number, end: number, hash: number): TagGuess | undefined {
  if (end - start > 128) return undefined
  const key = Uint8Array.prototype.slice.call(bytes, start, end)
  if (key.some(byte => byte < 0x20 || byte === 0x22 || byte === 0x5c)) return undefined
  return { key, quoted: Buffer.from(`"${Buffer.from(key).toString('utf8')}":`), hash, missCount: 0 }
}

/** Whether the text in `[start, end)` stands at `at` too. */
function isRepeated(bytes: Uint8Array, start: number, end: number, at: number, limit: number): boolean {
  if (at + end - start > limit) return false
  for (let i = start, j = at; i < end; i++, j++) if (bytes[i] !== bytes[j]) return false
  return true
}

const decoder = new V2JsonDecoder()
