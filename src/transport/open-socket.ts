import net, { type Socket } from 'node:net'
import tls from 'node:tls'
import type { Clock } from '../clock/clock.ts'
import { basicCredentials } from '../config/url-credentials.ts'
import { TransportError } from './client.ts'
import { connectErrorText, proxyErrorText, refusedConnectText } from './connect-error.ts'
import { intoSharedBuffer } from './shared-read-buffer.ts'
import type { ClientTls } from './tls.ts'

export type SocketAddress = { readonly host: string; readonly port: number } | { readonly path: string }

export interface OpenSettings {
  readonly address: SocketAddress
  /** The name that the certificate is for; the address's host where it is undefined. */
  readonly serverName: string | undefined
  readonly tls: ClientTls | undefined
  readonly protocol: 'h2' | 'http/1.1'
  /** An HTTP proxy to ask with CONNECT. */
  readonly proxy: URL | undefined
  readonly connectTimeoutMs: number
  readonly clock: Clock
  /**
   * Gets what a plain socket without a proxy reads, lent until it returns; such a socket has no data events then. Others
   * have, always.
   */
  readonly onBytes?: ((bytes: Uint8Array, end: number) => void) | undefined
  /** Gives the attempt up. */
  readonly signal?: AbortSignal | undefined
}

const proxyAnswerBytesMax = 16 * 1024

/** Connects, through a proxy and TLS where they are wanted. Rejects with `TransportError` of kind `connect`. */
export function openSocket(settings: OpenSettings): Promise<Socket> {
  return new Promise((resolve, reject) => {
    let current: Socket | undefined
    let isOver = false
    let isAtProxy = settings.proxy !== undefined
    const timer = settings.clock.after(settings.connectTimeoutMs, () =>
      fail(new Error(`no connection within ${settings.connectTimeoutMs} ms`)),
    )
    function fail(error: Error) {
      if (isOver) return
      isOver = true
      timer.cancel()
      settings.signal?.removeEventListener('abort', aborted)
      current?.destroy()
      const text = isAtProxy ? proxyErrorText(settings.proxy!, error) : connectErrorText(error)
      reject(new TransportError('connect', text, error))
    }
    function done(socket: Socket) {
      if (isOver) return
      isOver = true
      timer.cancel()
      settings.signal?.removeEventListener('abort', aborted)
      socket.off('error', fail)
      socket.off('close', closed)
      socket.setNoDelay(true)
      resolve(socket)
    }
    function aborted() {
      fail(new Error('the attempt was given up'))
    }
    settings.signal?.addEventListener('abort', aborted)
    function closed() {
      fail(new Error('the connection was closed before it was ready'))
    }
    function watch(socket: Socket): Socket {
      current = socket
      socket.on('error', fail)
      socket.on('close', closed)
      return socket
    }
    function secure(raw: Socket | undefined) {
      const socket = watch(startTls(settings, raw))
      socket.once('secureConnect', () => done(socket))
    }
    try {
      if (settings.proxy !== undefined && !('path' in settings.address)) {
        const socket = watch(connectPlain({ host: settings.proxy.hostname, port: Number(settings.proxy.port || 80) }))
        const through = () => {
          isAtProxy = false
          if (settings.tls === undefined) done(socket)
          else secure(socket)
        }
        socket.once('connect', () => askProxy(socket, settings).then(through, fail))
      } else if (settings.tls === undefined) {
        const socket = watch(connectPlain(settings.address, settings.onBytes))
        socket.once('connect', () => done(socket))
      } else {
        secure(undefined)
      }
    } catch (error) {
      // A certificate that does not parse throws at once.
      fail(error as Error)
    }
  })
}

function connectPlain(address: SocketAddress, onBytes?: OpenSettings['onBytes']): Socket {
  return net.connect({ ...address, noDelay: true, ...(onBytes && { onread: intoSharedBuffer(onBytes) }) })
}

function startTls({ address, serverName, tls: settings, protocol }: OpenSettings, raw: Socket | undefined): Socket {
  const name = serverName ?? ('path' in address ? 'localhost' : address.host)
  return tls.connect({
    ...settings!.current(),
    ...(raw === undefined ? address : { socket: raw, host: name }),
    ...(net.isIP(name) === 0 ? { servername: name } : {}),
    rejectUnauthorized: !settings!.skipsVerification,
    ALPNProtocols: [protocol],
  })
}

/** Sends CONNECT and waits for its 200. */
function askProxy(socket: Socket, { address, proxy }: OpenSettings): Promise<void> {
  const { host, port } = address as { host: string; port: number }
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`
  let head = `CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n`
  if (proxy !== undefined && proxy.username !== '') {
    head += `proxy-authorization: ${basicCredentials(proxy)}\r\n`
  }
  socket.write(`${head}\r\n`)
  return new Promise((resolve, reject) => {
    let answer = ''
    socket.on('data', read)
    function read(bytes: Buffer) {
      answer += bytes.toString('latin1')
      const end = answer.indexOf('\r\n\r\n')
      if (end < 0) {
        if (answer.length > proxyAnswerBytesMax) reject(new Error('it answers too much'))
        return
      }
      socket.off('data', read)
      socket.pause()
      const status = /^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1]
      if (status !== '200') reject(new Error(refusedConnectText(status ?? 'no HTTP', authority)))
      else if (answer.length > end + 4) reject(new Error('it sent bytes of its own after CONNECT'))
      else resolve()
    }
  })
}
