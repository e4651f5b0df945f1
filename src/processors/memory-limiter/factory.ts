import { defineStatefulProcessor } from '../../component/component.ts'
import { memoryLimiterConfig } from './config.ts'
import { MemoryLimiter } from './memory-limiter.ts'
import { processMemory, totalMemoryBytes } from './process-memory.ts'

export const memoryLimiterProcessor = defineStatefulProcessor({
  type: 'memory_limiter',
  signals: ['traces', 'metrics', 'logs', 'profiles'],
  stability: 'beta',
  summary: 'Refuses data, with a hint when to come again, while memory is short.',
  config: memoryLimiterConfig,
  create: (config, settings, next, signal) =>
    new MemoryLimiter(config, settings, { next, signal }, { reader: processMemory, totalBytes: totalMemoryBytes() }),
})
