import { defineExtension } from '../../component/component.ts'
import { fileStorageConfig } from './config.ts'
import { FileStorage } from './file-storage.ts'

export const fileStorageExtension = defineExtension({
  type: 'file_storage',
  stability: 'beta',
  summary: 'Lets queues survive restarts, in files.',
  config: fileStorageConfig,
  create: (config, settings) => new FileStorage(config, { ...settings, shard: settings.host.shard }),
})
