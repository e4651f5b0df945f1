import {
  enhanceYourCalm,
  flowControlError,
  frameBytesDefault,
  frameBytesLargest,
  frameSizeError,
  protocolError,
  readUint32,
  settingEnablePush,
  settingHeaderTableSize,
  settingInitialWindowSize,
  settingMaxConcurrentStreams,
  settingMaxFrameSize,
  windowDefault,
  windowLargest,
} from './frame.ts'
import { Http2Error } from './http2-error.ts'

const settingBytes = 6
const settingsCountMax = 64

/** What the peer has announced (RFC 9113, section 6.5.2). */
export class PeerSettings {
  /** Its first SETTINGS have come. */
  isKnown = false
  /** Window of a new stream. */
  streamWindow = windowDefault
  frameBytesMax = frameBytesDefault
  streamsMax = 0x7fffffff
  #tableBytes = 4096
  #mustResizeTable = false

  /** Takes a frame's payload; returns by how much the windows of open streams move. Throws `Http2Error`. */
  read(bytes: Uint8Array, start: number, end: number): number {
    const length = end - start
    if (length % settingBytes !== 0) throw new Http2Error(frameSizeError, 'SETTINGS of a wrong length')
    if (length > settingBytes * settingsCountMax) throw new Http2Error(enhanceYourCalm, 'too many settings', 'flood')
    const windowBefore = this.streamWindow
    for (let offset = start; offset < end; offset += settingBytes) {
      this.#set((bytes[offset]! << 8) | bytes[offset + 1]!, readUint32(bytes, offset + 2))
    }
    this.isKnown = true
    return this.streamWindow - windowBefore
  }

  #set(identifier: number, value: number): void {
    if (identifier === settingHeaderTableSize) {
      if (value < this.#tableBytes) this.#mustResizeTable = true
      this.#tableBytes = value
    } else if (identifier === settingEnablePush) {
      if (value > 1) throw new Http2Error(protocolError, 'SETTINGS_ENABLE_PUSH')
    } else if (identifier === settingMaxConcurrentStreams) {
      this.streamsMax = value
    } else if (identifier === settingInitialWindowSize) {
      if (value > windowLargest) throw new Http2Error(flowControlError, 'SETTINGS_INITIAL_WINDOW_SIZE')
      this.streamWindow = value
    } else if (identifier === settingMaxFrameSize) {
      if (value < frameBytesDefault || value > frameBytesLargest) {
        throw new Http2Error(protocolError, 'SETTINGS_MAX_FRAME_SIZE')
      }
      this.frameBytesMax = value
    }
  }

  /** Whether the next header block must confirm a lowered table limit; true once for each lowering. */
  takeTableResize(): boolean {
    const must = this.#mustResizeTable
    this.#mustResizeTable = false
    return must
  }
}
