import { flushCompileCache } from 'node:module'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { systemClock } from '../clock/clock.ts'

/** By then the start is over, and so is what the first requests load. */
const settleAfterMs = 1_000

/** Gives back, a moment after the start, what only the start needed, and sets what only running needs. */
export function settleMemory(): void {
  systemClock.after(settleAfterMs, settle)
}

function settle(): void {
  collectGarbage()
  // An agent that is killed would not leave what it has compiled to the next start.
  flushCompileCache()
  setHeapFlags()
}

/** Parsing the configuration and loading the modules leave 4 MB of garbage that an idle agent would hold on to. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as (settings: { type: string; flavor: string }) => void
  collect({ type: 'major', flavor: 'last-resort' })
  setFlagsFromString('--no-expose-gc')
}

/**
 * Request bodies live outside of V8's heap. By default every 64 MB of them start a full collection, dozens a second under
 * load, which find nothing to do in a small heap; counted together with the heap they do not. It halves the CPU of
 * receiving (docs/decisions/transport-on-sockets.md), at equal memory. Not sooner: with other flags Node does not take its
 * own compiled code for what it still loads. The size is for heaps of threads to come.
 */
function setHeapFlags(): void {
  setFlagsFromString('--external-memory-accounted-in-global-limit')
  setFlagsFromString('--initial-old-space-size=64')
}
