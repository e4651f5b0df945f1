import { type ComponentSettings, formatId } from '../../component/component.ts'
import { type JsonFindings, jsonToOtlp } from '../../pdata/json-to-otlp.ts'
import type { Signal } from '../../pdata/otlp-batch.ts'
import type { Counter } from '../../telemetry/metrics.ts'
import { jsonLimits } from '../../wire/json-reader.ts'

/** Reads JSON, counts keys in the spelling of the .proto files, and tells of the first: the Collector takes them too. */
export class FindingsCounter {
  readonly #findings: JsonFindings = { snakeCaseKeys: 0, unknownKeys: 0 }
  readonly #settings: ComponentSettings
  #counter: Counter | undefined

  constructor(settings: ComponentSettings) {
    this.#settings = settings
  }

  /** The request as protobuf. Throws `JsonError`. */
  read(signal: Signal, json: Uint8Array): Uint8Array {
    const findings = this.#findings
    findings.snakeCaseKeys = 0
    const bytes = jsonToOtlp(signal, json, jsonLimits, findings)
    if (findings.snakeCaseKeys > 0) this.#count(findings.snakeCaseKeys)
    return bytes
  }

  #count(keys: number): void {
    const { metrics, logger, id } = this.#settings
    if (this.#counter === undefined) {
      logger.warn(
        'A sender of OTLP/JSON writes keys as in the .proto files: they are read, but OTLP wants lowerCamelCase',
      )
      this.#counter = metrics.counter(
        {
          name: 'otelcol_receiver_json_snake_case_keys',
          description: 'Number of keys of OTLP/JSON that were not in lowerCamelCase, and read all the same.',
          unit: '{keys}',
        },
        { receiver: formatId(id), transport: 'http' },
      )
    }
    this.#counter.add(keys)
  }
}
