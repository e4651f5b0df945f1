import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { Http1ServerConnection } from './h1/http1-server-connection.ts'
import { preface } from './h2/frame.ts'
import { Http2ServerConnection } from './h2/http2-server-connection.ts'
import { type Connection, http2Only } from './listener.ts'
import type { CloseReason, HttpProtocol, RequestHandler, ServerSettings } from './server.ts'
import type { ConnectionHost, ServerConnection } from './server-connection.ts'
import { withSharedBuffer } from './shared-read-buffer.ts'
import { WriteWatch } from './write-watch.ts'

/** How long a socket that we ended may take to end its side. */
const lingerMs = 100
/**
 * How long our last words may take where the peer has ended its side as well. After a reset in the middle of a body Node's TLS
 * reports only an end, and never that what we write goes nowhere.
 */
const farewellMsMax = 2_000
const requestLine = /^[A-Z]+ \S+ HTTP\/1\.[01]\r\n/

interface AcceptedSettings {
  readonly settings: ServerSettings
  /** Whose handler takes the next request. */
  readonly server: { readonly handler: RequestHandler }
  readonly closed: (reason: CloseReason) => void
}

/** A connection from accept to close: finds out what it speaks, and keeps the deadlines that belong to its socket. */
export class Accepted implements ConnectionHost, Connection {
  readonly settings: ServerSettings
  readonly remoteAddress: string
  readonly isPeerAuthorized: boolean
  readonly #server: AcceptedSettings['server']
  readonly #openedMs: number
  readonly #socket: Socket
  #connection: ServerConnection | undefined
  /** First bytes that do not yet tell the protocol. */
  #sniffed = Buffer.alloc(0)
  #reason: CloseReason | undefined
  #endedMs = -1
  #hasPeerEnded = false
  readonly #writes = new WriteWatch()

  constructor(socket: Socket, protocol: HttpProtocol | undefined, { settings, server, closed }: AcceptedSettings) {
    this.settings = settings
    this.#server = server
    this.#openedMs = settings.clock.nowMs()
    const address = socket.remoteAddress ?? ''
    this.remoteAddress = address.startsWith('::ffff:') ? address.slice(7) : address
    // Only a TLS socket has the property. Asking for its class would load TLS when the first plain connection comes.
    this.isPeerAuthorized = (socket as TLSSocket).authorized === true
    this.#socket = withSharedBuffer(socket, (bytes, end) => this.#receive(bytes, 0, end))
    this.#listen(closed)
    if (protocol !== undefined) this.#open(protocol)
    this.#socket.resume()
  }

  #listen(closed: (reason: CloseReason) => void): void {
    const socket = this.#socket
    socket.on('end', () => this.#peerEnded())
    socket.on('error', () => this.#note('peer_reset'))
    socket.on('drain', () => this.#connection?.drained())
    socket.on('close', () => {
      this.#note('peer')
      this.#connection?.closed()
      closed(this.#reason!)
    })
  }

  get handler(): RequestHandler {
    return this.#server.handler
  }

  get isBusy(): boolean {
    return this.#connection?.isBusy ?? false
  }

  get isSilent(): boolean {
    return this.#connection === undefined
  }

  #open(protocol: HttpProtocol): void {
    this.#connection =
      protocol === 'h2' ? new Http2ServerConnection(this.#socket, this) : new Http1ServerConnection(this.#socket, this)
  }

  #receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#endedMs >= 0) return
    if (this.#connection !== undefined) this.#connection.receive(bytes, start, end)
    else this.#sniff(bytes.subarray(start, end))
  }

  // "PRI" begins nothing that HTTP/1.1 knows; "P" alone may be a POST. Methods are upper-case letters.
  #sniff(bytes: Uint8Array): void {
    const head = this.#sniffed.length === 0 ? bytes : Buffer.concat([this.#sniffed, bytes])
    const isPreface = startsLike(head, preface)
    if (isPreface && head.length < 3) {
      this.#sniffed = Buffer.from(head)
      return
    }
    this.#sniffed = Buffer.alloc(0)
    const { http1, http2 } = this.settings
    if (isPreface ? !http2 : !http1 || head[0]! < 0x41 || head[0]! > 0x5a) {
      this.#refuse(Buffer.from(head.subarray(0, 1024)).toString('latin1'))
      return
    }
    this.#open(isPreface ? 'h2' : 'http/1.1')
    this.#connection?.receive(head, 0, head.length)
  }

  #refuse(head: string): void {
    if (requestLine.test(head)) this.#socket.write(http2Only)
    this.close('wrong_protocol')
  }

  #note(reason: CloseReason): void {
    this.#reason ??= reason
  }

  close(reason: CloseReason): void {
    this.#note(reason)
    if (this.#endedMs >= 0) return
    this.#endedMs = this.settings.clock.nowMs()
    this.#socket.end()
    // What the peer still sends is read and dropped: closing on unread bytes would cut off our last words.
    this.#socket.resume()
    this.settings.clock.after(lingerMs, () => this.#lingered())
  }

  #lingered(): void {
    const isTooLate = this.#hasPeerEnded && this.settings.clock.nowMs() - this.#endedMs >= farewellMsMax
    if (isTooLate || this.#socket.writableLength === 0) this.#socket.destroy()
  }

  destroy(reason: CloseReason): void {
    this.#note(reason)
    this.#socket.destroy()
  }

  #peerEnded(): void {
    this.#hasPeerEnded = true
    if (this.#endedMs >= 0) this.#socket.destroySoon()
    else if (this.#connection === undefined) this.close('peer')
    else this.#connection.ended()
  }

  sweep(nowMs: number): void {
    const socket = this.#socket
    if (this.#endedMs >= 0) {
      if (nowMs - this.#endedMs >= lingerMs) this.#lingered()
    } else if (this.#connection !== undefined) {
      this.#connection.check(nowMs)
    } else if (nowMs - this.#openedMs >= this.settings.limits.prefaceTimeoutMs) {
      this.destroy('preface_timeout')
    }
    const stalledMs = this.#writes.stalledMs(socket, nowMs)
    if (stalledMs > 0 && stalledMs >= this.settings.limits.writeTimeoutMs) this.destroy('write_timeout')
  }

  drain(): void {
    if (this.#connection === undefined) this.destroy('shutdown')
    else this.#connection.drain()
  }
}

function startsLike(bytes: Uint8Array, expected: Uint8Array): boolean {
  for (let i = 0; i < Math.min(3, bytes.length); i++) if (bytes[i] !== expected[i]) return false
  return true
}
