import { stageWorker } from '../service/stage-worker.ts'
import { workerEntry } from '../workers/worker-entry.ts'
import { stageFixtureRegistry } from './stage-fixture.ts'

/** The worker threads of the stage pool's tests. */
export default workerEntry(stageWorker(stageFixtureRegistry))
