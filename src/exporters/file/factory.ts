import { defineExporter } from '../../component/component.ts'
import { createExporter } from '../../exporter-helper/exporter.ts'
import { fileConfig } from './config.ts'
import { FileBackend } from './file-backend.ts'
import { GroupedFileBackend } from './grouped-file-backend.ts'
import { pathOfShard } from './shard-path.ts'

const signals = ['traces', 'metrics', 'logs'] as const

export const fileExporter = defineExporter({
  type: 'file',
  signals,
  stability: 'beta',
  summary: 'Writes telemetry to a file, as lines of OTLP/JSON or as protobuf.',
  config: fileConfig,
  create(config, settings) {
    const { retry, queue } = config
    const ownConfig = { ...config, path: pathOfShard(config.path, settings.host.shard) }
    const Backend = config.groupBy.enabled ? GroupedFileBackend : FileBackend
    const backend = new Backend(ownConfig, settings)
    return createExporter({ backend, signals, timeoutMs: 0, retry, queue }, settings)
  },
})
