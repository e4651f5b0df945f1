import { components } from './components.ts'
import { stageWorker } from './service/stage-worker.ts'
import { workerEntry } from './workers/worker-entry.ts'

/** The entry of every worker thread. */
export default workerEntry(stageWorker(components))
