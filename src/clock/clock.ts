/**
 * Time as an input, so that a test can play an hour in a millisecond. `nowMs` never goes backwards and is for durations;
 * `wallMs` is the calendar.
 */
export interface Clock {
  /** Milliseconds on a monotonic clock; only differences mean anything. */
  nowMs(): number
  /** Milliseconds since the Unix epoch; jumps when the machine's time is set. */
  wallMs(): number
  /** Runs `callback` once after `delayMs`. The timer never keeps the process alive. */
  after(delayMs: number, callback: () => void): Timer
  /** Runs `callback` every `intervalMs` until cancelled. The timer never keeps the process alive. */
  every(intervalMs: number, callback: () => void): Timer
}

export interface Timer {
  /** Safe to call twice, and after the timer has fired. */
  cancel(): void
}

/** Randomness as an input: a number in [0, 1). */
export type Random = () => number

/** Longest delay of Node's timers, 24.8 days; what is longer fires after 1 ms there. */
const nodeDelayMsMax = 2 ** 31 - 1

export const systemClock: Clock = {
  nowMs: () => performance.now(),
  wallMs: () => Date.now(),
  after(delayMs, callback) {
    return delayMs > nodeDelayMsMax ? afterLong(delayMs, callback) : afterShort(delayMs, callback)
  },
  every(intervalMs, callback) {
    if (intervalMs > nodeDelayMsMax) return everyLong(intervalMs, callback)
    const handle = setInterval(callback, intervalMs)
    handle.unref()
    return { cancel: () => clearInterval(handle) }
  },
}

function afterShort(delayMs: number, callback: () => void): Timer {
  const handle = setTimeout(callback, delayMs)
  handle.unref()
  return { cancel: () => clearTimeout(handle) }
}

/** The same for delays beyond what Node takes, in pieces that it does take. */
function afterLong(delayMs: number, callback: () => void): Timer {
  let timer: Timer
  const wait = (leftMs: number) => {
    const pieceMs = Math.min(leftMs, nodeDelayMsMax)
    timer = afterShort(pieceMs, leftMs > pieceMs ? () => wait(leftMs - pieceMs) : callback)
  }
  wait(delayMs)
  return { cancel: () => timer.cancel() }
}

function everyLong(intervalMs: number, callback: () => void): Timer {
  let timer: Timer
  const wait = () => {
    timer = afterLong(intervalMs, () => {
      wait()
      callback()
    })
  }
  wait()
  return { cancel: () => timer.cancel() }
}

/** Resolves after `delayMs` on `clock`, or as soon as `signal` aborts. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal?.aborted) return resolve()
    const timer = clock.after(delayMs, done)
    function done() {
      timer.cancel()
      signal?.removeEventListener('abort', done)
      resolve()
    }
    signal?.addEventListener('abort', done)
  })
}
