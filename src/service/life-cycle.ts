import type { Clock } from '../clock/clock.ts'
import type { Deadline } from '../component/component.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Instance } from './instance.ts'

/** Waits for `work` until the deadline; false where it did not come to an end. A late failure is nobody's any more. */
export async function within(work: Promise<unknown>, deadline: Deadline, clock: Clock): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<false>()
  const timer = clock.after(Math.max(0, deadline.atMs - clock.nowMs()), () => resolve(false))
  try {
    return await Promise.race([work.then(() => true), promise])
  } finally {
    timer.cancel()
  }
}

/** A component works until the deadline and then has to count what it leaves: waiting for that is not being late. */
const countingMs = 250

/** Shuts instances down at the same time; what fails or hangs is logged and does not hold up the others. */
export async function shutdownAll(
  instances: readonly Instance[],
  deadline: Deadline,
  clock: Clock,
  logger: Logger,
): Promise<void> {
  const patience: Deadline = { atMs: deadline.atMs + countingMs }
  await Promise.all(
    instances.map(async instance => {
      try {
        const isDone = await within(instance.component.shutdown(deadline), patience, clock)
        if (!isDone) logger.warn('component did not shut down in time', { component: instance.node.key })
      } catch (error) {
        logger.error('component failed to shut down', { component: instance.node.key, error })
      }
    }),
  )
}

/** Processors and connectors in the order of the data: each drains into a successor that still runs. */
export function inFlowOrder(instances: readonly Instance[], ends: (key: string) => readonly string[]): Instance[] {
  const byKey = new Map(instances.map(instance => [instance.node.key, instance]))
  const sorted: Instance[] = []
  const visited = new Set<string>()
  const visit = (key: string) => {
    if (visited.has(key)) return
    visited.add(key)
    for (const next of ends(key)) visit(next)
    const instance = byKey.get(key)
    if (instance !== undefined) sorted.unshift(instance)
  }
  for (const instance of instances) visit(instance.node.key)
  return sorted
}
