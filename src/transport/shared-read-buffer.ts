import { type OnReadOpts, Socket } from 'node:net'

/**
 * One buffer for the reads of all sockets: the kernel fills it in one call, the callback takes what it needs
 * before it returns, and no memory is allocated per read. Node offers this (`onread`) to sockets that connect; for an
 * accepted one it works through its handle. Where the handle is not as expected, plain data events do the same, slower.
 */
const bufferBytes = 512 * 1024
let shared: Buffer | undefined

interface HandleOwner {
  _handle: { useUserBuffer?: unknown } | null
}

/** The `onread` of a socket that is about to connect. */
export function intoSharedBuffer(onBytes: (bytes: Uint8Array, end: number) => void): OnReadOpts {
  shared ??= Buffer.allocUnsafeSlow(bufferBytes)
  return {
    buffer: shared,
    callback: (end: number, bytes: Uint8Array) => {
      onBytes(bytes, end)
      return true
    },
  }
}

/** Takes over a socket that a server accepted with `pauseOnConnect`; reading begins with `resume`. */
export function withSharedBuffer(accepted: Socket, onBytes: (bytes: Uint8Array, end: number) => void): Socket {
  const owner = accepted as unknown as HandleOwner
  const handle = owner._handle
  if (handle === null || typeof handle.useUserBuffer !== 'function') {
    accepted.on('data', (bytes: Buffer) => onBytes(bytes, bytes.length))
    return accepted
  }
  owner._handle = null
  const settings = {
    handle,
    allowHalfOpen: true,
    onread: intoSharedBuffer(onBytes),
  }
  return new Socket(settings as object)
}
