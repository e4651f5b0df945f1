import { createSocket, type Socket } from 'node:dgram'
import type { ComponentSettings, Deadline } from '../../component/component.ts'
import { formatId } from '../../component/component.ts'
import { parseListenAddress } from '../../config/listen-address.ts'
import type { Intake } from '../../receiver-helper/intake.ts'
import type { Listener } from '../../receiver-helper/listener-group.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import { ThriftError } from '../../wire/thrift-error.ts'
import type { JaegerUdpConfig } from './config.ts'
import type { DecodedSpans } from './decoded-spans.ts'
import { kernelDrops } from './kernel-drops.ts'

/** Why a datagram was dropped; the label of a counter. */
type DropReason = 'malformed' | 'too_large' | 'queue_full' | 'admission' | 'draining'

/**
 * Takes spans from datagrams. Nobody hears an answer, so whatever is not taken is counted here, and what the kernel
 * dropped before us is read from it.
 */
export class UdpListener implements Listener {
  readonly #settings: ComponentSettings
  readonly #transport: string
  readonly #config: JaegerUdpConfig
  readonly #intake: Intake
  readonly #decode: (datagram: Uint8Array) => DecodedSpans
  readonly #received: Counter
  readonly #dropped = new Map<DropReason, Counter>()
  #sockets: Socket[] = []
  #address = ''
  #port = 0
  /** Datagrams that the pipelines have not taken or refused yet. */
  #waitingCount = 0
  #whenIdle: (() => void) | undefined
  #stopObserving: (() => void) | undefined
  #isDraining = false

  /** `transport` is the label of its metrics: `udp_thrift_compact`. */
  constructor(
    settings: ComponentSettings,
    transport: string,
    config: JaegerUdpConfig,
    intake: Intake,
    decode: (datagram: Uint8Array) => DecodedSpans,
  ) {
    this.#settings = settings
    this.#transport = transport
    this.#config = config
    this.#intake = intake
    this.#decode = decode
    this.#received = settings.metrics.counter(
      {
        name: 'sluice_receiver_datagrams',
        description: 'Number of datagrams read, whatever became of them.',
        unit: '{datagrams}',
      },
      this.#labels,
    )
  }

  get #labels() {
    return { receiver: formatId(this.#settings.id), transport: this.#transport }
  }

  get address(): string {
    return this.#address
  }

  get port(): number {
    return this.#port
  }

  get config(): JaegerUdpConfig {
    return this.#config
  }

  async start(): Promise<void> {
    if (this.#sockets.length > 0) return
    const { endpoint } = this.#config
    const listen = parseListenAddress(endpoint)
    if (listen === undefined) throw new Error(`endpoint "${endpoint}" is not host:port`)
    const { host, port } = listen
    try {
      // An empty host is every interface: one IPv6 socket takes both families where the machine has IPv6.
      if (host === '') await this.#bind('::', port).catch(() => this.#bind('0.0.0.0', port))
      else await this.#bind(host === 'localhost' ? '127.0.0.1' : host, port)
      // Clients differ in which loopback address they try; a machine without IPv6 has one only.
      if (host === 'localhost') await this.#bind('::1', this.#port).catch(() => undefined)
    } catch (error) {
      await this.shutdown({ atMs: this.#settings.clock.nowMs() })
      throw new Error(`cannot listen on ${endpoint} (UDP): ${(error as Error).message}`, { cause: error })
    }
    this.#stopObserving = this.#settings.metrics.observe(
      {
        name: 'sluice_receiver_datagrams_dropped_by_kernel',
        description: "Number of datagrams that the kernel dropped since the start: the socket's buffer was full.",
        unit: '{datagrams}',
        // Several processes of one agent read the same sockets, and each sees all of what was dropped there.
        joinedBy: 'max',
      },
      () => kernelDrops(this.#port),
      this.#labels,
    )
    this.#settings.logger.info('Starting UDP server', { endpoint: this.#address, transport: this.#transport })
  }

  #bind(host: string, port: number): Promise<void> {
    const { socketBufferBytes } = this.#config
    const socket = createSocket({
      type: host.includes(':') ? 'udp6' : 'udp4',
      ...(socketBufferBytes > 0 ? { recvBufferSize: socketBufferBytes } : {}),
    })
    return new Promise((resolve, reject) => {
      socket.once('error', reject)
      socket.bind(port, host, () => {
        socket.off('error', reject)
        socket.on('error', error => this.#settings.logger.error('UDP socket failed', { error: error.message }))
        socket.on('message', datagram => this.#receive(datagram))
        if (socketBufferBytes === 0) widen(socket)
        const bound = socket.address()
        if (this.#sockets.length === 0) {
          this.#port = bound.port
          this.#address = host.includes(':') ? `[${host}]:${bound.port}` : `${host}:${bound.port}`
        }
        this.#sockets.push(socket)
        resolve()
      })
    })
  }

  #receive(datagram: Buffer): void {
    this.#received.add(1)
    const reason = this.#refusal(datagram)
    if (reason !== undefined) {
      this.#drop(reason)
      return
    }
    const { admission } = this.#settings.host
    let decoded: DecodedSpans
    try {
      decoded = this.#decode(datagram)
    } catch (error) {
      admission.release(datagram.length)
      if (!(error instanceof ThriftError)) throw error
      this.#drop('malformed')
      this.#settings.logger.debug('A datagram cannot be read', { error: error.message, transport: this.#transport })
      return
    }
    this.#waitingCount++
    this.#intake
      .take({ signal: 'traces', bytes: decoded.bytes, itemCount: decoded.spanCount })
      .catch(error => {
        // The intake has counted the spans as refused; nobody is there to be told.
        this.#settings.logger.debug('Spans of a datagram were refused', { error: (error as Error).message })
      })
      .finally(() => {
        admission.release(datagram.length)
        if (--this.#waitingCount === 0) this.#whenIdle?.()
      })
  }

  /** Why a datagram cannot be taken; undefined where it can, and then its bytes are admitted. */
  #refusal(datagram: Buffer): DropReason | undefined {
    const { queueSize, maxPacketBytes } = this.#config
    if (this.#isDraining) return 'draining'
    if (datagram.length > maxPacketBytes) return 'too_large'
    if (this.#waitingCount >= queueSize) return 'queue_full'
    return this.#settings.host.admission.tryReserve(datagram.length) ? undefined : 'admission'
  }

  #drop(reason: DropReason): void {
    let counter = this.#dropped.get(reason)
    if (counter === undefined) {
      counter = this.#settings.metrics.counter(
        {
          name: 'sluice_receiver_datagrams_dropped',
          description: 'Number of datagrams that were read and not taken, by reason.',
          unit: '{datagrams}',
        },
        { ...this.#labels, reason },
      )
      this.#dropped.set(reason, counter)
    }
    counter.add(1)
  }

  /** Closes the sockets, then waits until the pipelines have answered for every datagram that was taken. */
  async shutdown(deadline: Deadline): Promise<void> {
    this.#isDraining = true
    this.#stopObserving?.()
    const sockets = this.#sockets
    this.#sockets = []
    await Promise.all(sockets.map(socket => new Promise<void>(resolve => socket.close(() => resolve()))))
    if (this.#waitingCount === 0) return
    const { clock } = this.#settings
    await new Promise<void>(resolve => {
      const timer = clock.after(Math.max(0, deadline.atMs - clock.nowMs()), resolve)
      this.#whenIdle = () => {
        timer.cancel()
        resolve()
      }
    })
  }
}

/** Room for 60 full datagrams: clients send what they gathered all at once, and nobody repeats what found no room. */
const roomyBufferBytes = 4 * 1024 * 1024

/** As far as the system lets us; where it does not, its own size stays. */
function widen(socket: Socket): void {
  try {
    if (socket.getRecvBufferSize() < roomyBufferBytes) socket.setRecvBufferSize(roomyBufferBytes)
  } catch {
    // macOS refuses what is above its limit; Linux takes the limit.
  }
}
