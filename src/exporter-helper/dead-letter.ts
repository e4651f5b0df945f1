/** Why a backend refused a request for good, kept beside the request. */
export interface DeadLetterReason {
  readonly reason: string
  readonly message: string
  readonly httpStatus?: number | undefined
  readonly grpcStatus?: number | undefined
}

export interface DeadLetter extends DeadLetterReason {
  readonly request: Uint8Array
}

export const deadLetterFolder = 'dead-letters'
export const deadLetterKind = 1

/** Length of the reason (4 bytes, little-endian), the reason as JSON, the request. */
export function encodeDeadLetter(why: DeadLetterReason, parts: readonly Uint8Array[]): Uint8Array {
  const json = Buffer.from(JSON.stringify(why))
  const length = Buffer.alloc(4)
  length.writeUInt32LE(json.length)
  return Buffer.concat([length, json, ...parts])
}

/** Undefined for bytes that are none. */
export function decodeDeadLetter(payload: Uint8Array): DeadLetter | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length)
  if (bytes.length < 4 || bytes.readUInt32LE(0) + 4 > bytes.length) return undefined
  const end = 4 + bytes.readUInt32LE(0)
  try {
    const why: unknown = JSON.parse(bytes.toString('utf8', 4, end))
    if (typeof why !== 'object' || why === null) return undefined
    const { reason, message, httpStatus, grpcStatus } = why as Partial<DeadLetterReason>
    return { reason: reason ?? '', message: message ?? '', httpStatus, grpcStatus, request: payload.subarray(end) }
  } catch {
    return undefined
  }
}
