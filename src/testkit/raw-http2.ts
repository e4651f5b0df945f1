import net from 'node:net'

/** HTTP/2 frames by hand, for peers that do what no library would. Numbers are those of RFC 9113. */
export function rawFrame(type: number, flags: number, streamId: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const frame = Buffer.alloc(9 + payload.length)
  frame.writeUIntBE(payload.length, 0, 3)
  frame[3] = type
  frame[4] = flags
  frame.writeUInt32BE(streamId, 5)
  frame.set(payload, 9)
  return frame
}

export const rawPreface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')

/** A header block of literals without indexing, names and values in turn. */
export function rawHeaders(...list: string[]): Buffer {
  const parts: Buffer[] = []
  for (let i = 0; i + 1 < list.length; i += 2) {
    parts.push(Buffer.of(0), rawString(list[i]!), rawString(list[i + 1]!))
  }
  return Buffer.concat(parts)
}

function rawString(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length = [Math.min(bytes.length, 127)]
  for (let rest = bytes.length - 127; length[0] === 127; rest = Math.floor(rest / 128)) {
    length.push(rest >= 128 ? (rest % 128) | 128 : rest)
    if (rest < 128) break
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

/** What a request begins with. */
export const rawPost = rawHeaders(':method', 'POST', ':scheme', 'http', ':path', '/x', ':authority', 'test')

export interface RawFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Buffer
}

/** A peer that sends what it is told and keeps what it gets. */
export class RawPeer {
  readonly socket: net.Socket
  readonly frames: RawFrame[] = []
  /** Set to stop reading: the other side's answers stay with the kernel. */
  isClosed = false
  #held = Buffer.alloc(0)
  #changed: (() => void)[] = []

  constructor(socket: net.Socket) {
    this.socket = socket
    socket.on('data', bytes => this.#receive(bytes as Buffer))
    socket.on('error', () => undefined)
    socket.on('close', () => {
      this.isClosed = true
      this.#notify()
    })
  }

  /** Connects, and sends the preface and empty settings, or the given bytes instead. */
  static async connect(
    port: number,
    first: Uint8Array = Buffer.concat([rawPreface, rawFrame(4, 0, 0)]),
  ): Promise<RawPeer> {
    const socket = net.connect(port, '127.0.0.1')
    const peer = new RawPeer(socket)
    await new Promise<void>((resolve, reject) => {
      socket.once('connect', resolve)
      socket.once('error', reject)
    })
    if (first.length > 0) socket.write(first)
    return peer
  }

  send(...frames: Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames))
  }

  /** Sends as much as the socket takes, again and again, until the other side has had enough. */
  async flood(bytes: Uint8Array, times: number): Promise<void> {
    for (let i = 0; i < times && !this.isClosed; i++) {
      if (this.socket.write(bytes)) continue
      await new Promise<void>(resolve => {
        this.socket.once('drain', resolve)
        this.#changed.push(resolve)
      })
    }
  }

  /** The first frame of that type, and on that stream if one is given. */
  async frame(type: number, streamId?: number): Promise<RawFrame> {
    while (true) {
      const found = this.frames.find(
        each => each.type === type && (streamId === undefined || each.streamId === streamId),
      )
      if (found !== undefined) return found
      if (this.isClosed) throw new Error(`closed without a frame of type ${type}`)
      await new Promise<void>(resolve => this.#changed.push(resolve))
    }
  }

  /** The error code of GOAWAY, or undefined where the connection ended without one. */
  async goaway(): Promise<number | undefined> {
    while (!this.isClosed && !this.frames.some(each => each.type === 7)) {
      await new Promise<void>(resolve => this.#changed.push(resolve))
    }
    return this.frames.find(each => each.type === 7)?.payload.readUInt32BE(4)
  }

  async closed(): Promise<void> {
    while (!this.isClosed) await new Promise<void>(resolve => this.#changed.push(resolve))
  }

  #notify(): void {
    const waiting = this.#changed
    this.#changed = []
    for (const resolve of waiting) resolve()
  }

  #receive(bytes: Buffer): void {
    let rest = Buffer.concat([this.#held, bytes])
    while (rest.length >= 9 && rest.length >= 9 + rest.readUIntBE(0, 3)) {
      const length = rest.readUIntBE(0, 3)
      const payload = rest.subarray(9, 9 + length)
      this.frames.push({ type: rest[3]!, flags: rest[4]!, streamId: rest.readUInt32BE(5), payload })
      rest = rest.subarray(9 + length)
    }
    this.#held = rest
    this.#notify()
  }
}
