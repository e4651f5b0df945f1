import { defineReceiver } from '../../component/component.ts'
import { otlpJsonFileConfig } from './config.ts'
import { OtlpJsonFileReceiver } from './otlp-json-file-receiver.ts'

export const otlpJsonFileReceiver = defineReceiver({
  type: 'otlp_json_file',
  aliases: ['otlpjsonfile'],
  signals: ['traces', 'metrics', 'logs'],
  stability: 'alpha',
  summary: 'Reads lines of OTLP/JSON from files, such as the file exporter wrote.',
  config: otlpJsonFileConfig,
  runsOnce: true,
  create: (config, settings, next) => new OtlpJsonFileReceiver(config, settings, next),
})
