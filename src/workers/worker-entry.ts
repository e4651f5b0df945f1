/** What crosses to a thread with every task. */
export interface Envelope<Task> {
  /** Set to 1 by the thread when it begins; shared. */
  readonly hasBegun: Int32Array
  readonly task: Task
}

/** Wraps what a thread does with a task; a worker's module exports it by default. */
export function workerEntry<Task>(work: (task: Task) => unknown): (envelope: Envelope<Task>) => unknown {
  return ({ hasBegun, task }) => {
    Atomics.store(hasBegun, 0, 1)
    return work(task)
  }
}
