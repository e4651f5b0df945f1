import { flagEndHeaders, flagEndStream, protocolError } from './frame.ts'
import type { FrameReader } from './frame-reader.ts'
import { HeaderBlockBuffer, HeadersPayload } from './header-block-buffer.ts'
import { type HeaderBlock, HpackDecoder } from './hpack-decoder.ts'
import { Http2Error } from './http2-error.ts'
import type { Http2Settings } from './own-settings.ts'

/** The header blocks that a peer sends: one HEADERS frame, and CONTINUATION frames behind it where that is not all. */
export class HeaderBlocks {
  readonly #hpack: HpackDecoder
  readonly #buffer: HeaderBlockBuffer
  readonly #payload = new HeadersPayload()

  constructor(settings: Http2Settings) {
    this.#buffer = new HeaderBlockBuffer(settings.headerBytesMax)
    this.#hpack = new HpackDecoder({
      tableBytesMax: 4096,
      listBytesMax: settings.headerBytesMax,
      fieldCountMax: settings.headerPairsMax,
    })
  }

  /** Whether a CONTINUATION must follow, and nothing else may. */
  get isOpen(): boolean {
    return this.#buffer.isOpen
  }

  /** Of the open block. */
  get streamId(): number {
    return this.#buffer.streamId
  }
  get endsStream(): boolean {
    return this.#buffer.endsStream
  }

  /** Whether the last HEADERS frame made its stream depend on itself. */
  get dependsOnItself(): boolean {
    return this.#payload.dependsOnItself
  }

  /** The block of a HEADERS frame, decoded; undefined where it goes on. Throws `Http2Error`, `HpackError`. */
  headers(reader: FrameReader, bytes: Uint8Array, start: number, end: number): HeaderBlock | undefined {
    const { streamId, flags } = reader
    const payload = this.#payload
    const buffer = this.#buffer
    payload.read(reader, bytes, start, end)
    buffer.checkLength(payload.end - payload.start)
    if ((flags & flagEndHeaders) !== 0) return this.#hpack.decode(bytes, payload.start, payload.end)
    buffer.open(streamId, (flags & flagEndStream) !== 0)
    buffer.append(bytes, payload.start, payload.end)
    return undefined
  }

  /** The open block, decoded, where this CONTINUATION ends it; undefined where it goes on. Throws as `headers` does. */
  continuation(reader: FrameReader, bytes: Uint8Array, start: number, end: number): HeaderBlock | undefined {
    const buffer = this.#buffer
    if (reader.streamId !== buffer.streamId) throw new Http2Error(protocolError, 'CONTINUATION without HEADERS')
    buffer.continue(bytes, start, end)
    if ((reader.flags & flagEndHeaders) === 0) return undefined
    const decoded = this.#hpack.decode(buffer.bytes, 0, buffer.length)
    buffer.close()
    return decoded
  }
}
