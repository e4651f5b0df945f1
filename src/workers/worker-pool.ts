import type { Piscina } from 'piscina'
import type { Clock, Timer } from '../clock/clock.ts'
import type { Envelope } from './worker-entry.ts'

export interface WorkerPoolSettings {
  /** The module whose default export does a task. */
  readonly filename: string
  readonly threadsMax: number
  /** A thread without work for this long ends. */
  readonly idleTimeoutMs: number
  /** Old generation of a thread's heap; a thread that needs more ends, and not the agent. */
  readonly heapMibMax: number
  readonly clock: Clock
}

const lookMsMax = 250

/** Why a task has no result. The task may have run in part; it has no effect beyond its thread. */
export type WorkerLoss =
  | 'died' // the thread ended: out of memory, or killed
  | 'hung' // the thread was ended because it took too long
  | 'shutdown'

export class WorkerLost extends Error {
  override readonly name = 'WorkerLost'
  readonly loss: WorkerLoss

  constructor(loss: WorkerLoss, cause: unknown) {
    super(`a worker thread was lost: ${loss}`, { cause })
    this.loss = loss
  }
}

/** Threads for pure functions. None runs before the first task; one that is lost is replaced at the next. */
export class WorkerPool {
  readonly threadsMax: number
  readonly #settings: WorkerPoolSettings
  #threads: Promise<Piscina> | undefined
  #opened: Piscina | undefined
  #isShutDown = false

  constructor(settings: WorkerPoolSettings) {
    this.#settings = settings
    this.threadsMax = settings.threadsMax
  }

  get threadCount(): number {
    return this.#opened?.threads.length ?? 0
  }

  /**
   * Does `task` on a thread; `transfer` goes there and is empty here afterwards. A task that has begun and takes longer than
   * `timeoutMs` has hung: its thread is ended. Rejects with `WorkerLost`, or with what the task threw.
   */
  async run<Task, Reply>(task: Task, transfer: readonly ArrayBuffer[], timeoutMs: number): Promise<Reply> {
    if (this.#isShutDown) throw new WorkerLost('shutdown', undefined)
    this.#threads ??= this.#open()
    const envelope: Envelope<Task> = { hasBegun: new Int32Array(new SharedArrayBuffer(4)), task }
    const hang = new HangWatch(envelope.hasBegun, timeoutMs, this.#settings.clock)
    // Piscina's type for the list does not know the newest overloads of postMessage.
    const transferList = [...transfer] as never
    try {
      const threads = await this.#threads
      return (await threads.run(envelope, { transferList, signal: hang.signal })) as Reply
    } catch (error) {
      if (hang.hasHung) throw new WorkerLost('hung', error)
      if (this.#isShutDown) throw new WorkerLost('shutdown', error)
      if (isLoss(error)) throw new WorkerLost('died', error)
      throw error
    } finally {
      hang.cancel()
    }
  }

  /** Ends the threads; tasks in progress are lost. Safe to call twice. */
  async shutdown(): Promise<void> {
    this.#isShutDown = true
    const threads = this.#threads
    this.#threads = undefined
    await (await threads)?.destroy()
  }

  /** Loads Piscina now and not before: an idle agent has no threads, and saves 9 MB. */
  async #open(): Promise<Piscina> {
    const { Piscina } = await import('piscina')
    const { filename, threadsMax, idleTimeoutMs, heapMibMax } = this.#settings
    const threads = new Piscina({
      filename,
      minThreads: 0,
      maxThreads: threadsMax,
      idleTimeout: idleTimeoutMs,
      concurrentTasksPerWorker: 1,
      resourceLimits: { maxOldGenerationSizeMb: heapMibMax },
      recordTiming: false,
      // What a thread is given must not depend on how the agent was started: no inspector, no tests' loaders.
      execArgv: [],
    })
    // The task that was running has been rejected already; there is nobody else to tell.
    threads.on('error', () => {})
    this.#opened = threads
    return threads
  }
}

/** Looks now and then whether a task that has begun is still going on; the time in which its thread starts is not counted. */
class HangWatch {
  hasHung = false
  readonly #abort = new AbortController()
  readonly #timer: Timer
  #beganMs: number | undefined

  constructor(hasBegun: Int32Array, timeoutMs: number, clock: Clock) {
    this.#timer = clock.every(Math.min(lookMsMax, Math.ceil(timeoutMs / 4)), () => {
      if (Atomics.load(hasBegun, 0) === 0) return
      this.#beganMs ??= clock.nowMs()
      if (clock.nowMs() - this.#beganMs < timeoutMs) return
      this.hasHung = true
      this.#abort.abort()
    })
  }

  get signal(): AbortSignal {
    return this.#abort.signal
  }

  cancel(): void {
    this.#timer.cancel()
  }
}

/** Piscina rejects a task whose thread ended with the thread's own error, or says that it exited. */
function isLoss(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string }
  if (code === 'ERR_WORKER_OUT_OF_MEMORY') return true
  return /worker thread (exited|.*termina)|worker.*exit/i.test(message ?? '')
}
