/** HTTP/2 frames (RFC 9113, sections 4, 6 and 7): names for the numbers on the wire, and the writing of small frames. */
export const frameHeaderBytes = 9
/** The smallest, and the first, value of SETTINGS_MAX_FRAME_SIZE. */
export const frameBytesDefault = 16_384
export const frameBytesLargest = 16_777_215
export const windowDefault = 65_535
export const windowLargest = 2 ** 31 - 1
export const streamIdLargest = 2 ** 31 - 1

export const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1')

export const frameData = 0
export const frameHeaders = 1
export const framePriority = 2
export const frameRstStream = 3
export const frameSettings = 4
export const framePushPromise = 5
export const framePing = 6
export const frameGoaway = 7
export const frameWindowUpdate = 8
export const frameContinuation = 9

export const flagEndStream = 0x1
export const flagAck = 0x1
export const flagEndHeaders = 0x4
export const flagPadded = 0x8
export const flagPriority = 0x20

export const settingHeaderTableSize = 1
export const settingEnablePush = 2
export const settingMaxConcurrentStreams = 3
export const settingInitialWindowSize = 4
export const settingMaxFrameSize = 5
export const settingMaxHeaderListSize = 6

export const noError = 0
export const protocolError = 1
export const internalError = 2
export const flowControlError = 3
export const settingsTimeout = 4
export const streamClosed = 5
export const frameSizeError = 6
export const refusedStream = 7
export const cancel = 8
export const compressionError = 9
export const connectError = 10
export const enhanceYourCalm = 11
export const inadequateSecurity = 12
export const http11Required = 13

const errorNames = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
  'INADEQUATE_SECURITY',
  'HTTP_1_1_REQUIRED',
]

export function errorName(code: number): string {
  return errorNames[code] ?? `error ${code}`
}

/** Writes a frame header at `offset`; returns the offset after it. */
export function writeFrameHeader(
  target: Uint8Array,
  offset: number,
  frame: { length: number; type: number; flags: number; streamId: number },
): number {
  const { length, streamId } = frame
  target[offset] = length >>> 16
  target[offset + 1] = length >>> 8
  target[offset + 2] = length
  target[offset + 3] = frame.type
  target[offset + 4] = frame.flags
  return writeUint32(target, offset + 5, streamId)
}

function writeUint32(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value >>> 24
  target[offset + 1] = value >>> 16
  target[offset + 2] = value >>> 8
  target[offset + 3] = value
  return offset + 4
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  return ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>> 0
}

/** A SETTINGS frame with the given pairs of identifier and value. */
export function settingsFrame(pairs: readonly (readonly [number, number])[]): Buffer {
  const bytes = Buffer.alloc(frameHeaderBytes + pairs.length * 6)
  let offset = writeFrameHeader(bytes, 0, { length: pairs.length * 6, type: frameSettings, flags: 0, streamId: 0 })
  for (const [identifier, value] of pairs) {
    bytes[offset] = identifier >>> 8
    bytes[offset + 1] = identifier
    offset = writeUint32(bytes, offset + 2, value)
  }
  return bytes
}
