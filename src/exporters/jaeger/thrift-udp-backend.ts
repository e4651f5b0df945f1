import { createSocket, type Socket } from 'node:dgram'
import { isIPv6 } from 'node:net'
import type { ComponentSettings } from '../../component/component.ts'
import { ConsumeError } from '../../component/consumer.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import type { Backend, ExportRequest, ExportResult } from '../../exporter-helper/export-request.ts'
import { readTraces } from '../../pdata/trace-objects.ts'
import { encodeDatagrams } from './encode-thrift.ts'
import { jaegerBatches } from './jaeger-batches.ts'
import { notCarriedCounter } from './not-carried.ts'

/** Sends datagrams to a Jaeger agent. Nobody answers: a span counts as exported once the kernel has taken it. */
export class JaegerThriftUdpBackend implements Backend {
  readonly #settings: ComponentSettings
  readonly #host: string
  readonly #port: number
  readonly #bytesMax: number
  #socket: Socket | undefined

  constructor(config: { readonly endpoint: string; readonly maxPacketBytes: number }, settings: ComponentSettings) {
    this.#settings = settings
    const address = parseListenAddress(config.endpoint)
    if (address === undefined) throw new Error(`endpoint "${config.endpoint}" is not host:port`)
    // A name that stands for both loopback addresses: agents listen on the old one.
    this.#host = address.host === 'localhost' || address.host === '' ? '127.0.0.1' : address.host
    this.#port = address.port
    this.#bytesMax = config.maxPacketBytes
  }

  async start(): Promise<void> {
    if (this.#socket !== undefined) return
    this.#socket = createSocket(isIPv6(this.#host) ? 'udp6' : 'udp4')
    this.#socket.on('error', error => this.#settings.logger.warn('UDP socket failed', { error: error.message }))
  }

  async send(request: ExportRequest): Promise<ExportResult> {
    const socket = this.#socket
    if (socket === undefined) throw new Error('the exporter was not started')
    let rejectedCount = 0
    for (const batch of jaegerBatches(request.parts.flatMap(readTraces), notCarriedCounter(this.#settings))) {
      const { datagrams, tooLargeCount } = encodeDatagrams(batch, this.#bytesMax)
      rejectedCount += tooLargeCount
      for (const { bytes, spanCount } of datagrams) {
        // What the kernel took cannot be called back, so a failure concerns this datagram alone.
        const error = await this.#sendDatagram(socket, bytes)
        if (error === undefined) continue
        rejectedCount += spanCount
        if (rejectedCount === request.itemCount) {
          return {
            kind: 'refused',
            refusal: new ConsumeError('retryable', error.message, { reason: 'backend_connect' }),
          }
        }
      }
    }
    const message = rejectedCount === 0 ? '' : 'spans larger than a datagram, or that the kernel did not take'
    return { kind: 'accepted', rejectedCount, message }
  }

  #sendDatagram(socket: Socket, bytes: Uint8Array): Promise<Error | undefined> {
    return new Promise(resolve => socket.send(bytes, this.#port, this.#host, error => resolve(error ?? undefined)))
  }

  async shutdown(): Promise<void> {
    const socket = this.#socket
    this.#socket = undefined
    if (socket !== undefined) await new Promise<void>(resolve => socket.close(() => resolve()))
  }
}
