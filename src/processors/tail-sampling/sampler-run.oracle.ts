import type { ConsumeError, Consumer } from '../../component/consumer.ts'
import { parseConfig } from '../../config/parse-config.ts'
import type { OtlpBatch } from '../../pdata/otlp-batch.ts'
import { componentSettings } from '../../testkit/component-settings.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { tailSamplingConfig } from './config.ts'
import { TailSampling } from './tail-sampling.ts'

export interface SpanInput {
  trace: number
  name?: string
  service?: string
  error?: boolean
  durationMs?: number
  root?: boolean
  attributes?: Record<string, string | number | boolean>
  traceState?: string
  events?: string[]
  flags?: number
}

let nextSpan = 1

export function request(...spans: SpanInput[]): OtlpBatch {
  const services = Map.groupBy(spans, span => span.service ?? 'shop')
  const resourceSpans = [...services].map(([service, group]) => ({
    resource: { attributes: keyValues({ 'service.name': service }) },
    schemaUrl: `https://schemas/${service}`,
    scopeSpans: [
      {
        scope: { name: 'scope' },
        spans: group.map(span => ({
          traceId: Buffer.from(span.trace.toString(16).padStart(32, '0'), 'hex'),
          spanId: Buffer.from((nextSpan++).toString(16).padStart(16, '0'), 'hex'),
          ...(!span.root && { parentSpanId: Buffer.from('00000000000000ff', 'hex') }),
          name: span.name ?? `span of ${span.trace}`,
          startTimeUnixNano: '1000000000000',
          endTimeUnixNano: String(1_000_000_000_000 + (span.durationMs ?? 5) * 1e6),
          attributes: keyValues(span.attributes ?? {}),
          ...(span.error && { status: { code: 2 } }),
          traceState: span.traceState ?? '',
          events: (span.events ?? []).map(name => ({ name })),
          flags: span.flags ?? 0,
        })),
      },
    ],
  }))
  return { signal: 'traces', bytes: encodePlain('traces', { resourceSpans }), itemCount: spans.length }
}

export class Taker implements Consumer {
  readonly batches: OtlpBatch[] = []
  refusal: ConsumeError | undefined

  async consume(batch: OtlpBatch): Promise<void> {
    if (this.refusal !== undefined) throw this.refusal
    this.batches.push(batch)
  }

  get spans(): Plain[] {
    return this.batches.flatMap(({ bytes }) =>
      (decodePlain('traces', bytes)['resourceSpans'] as { scopeSpans: { spans: Plain[] }[] }[]).flatMap(group =>
        group.scopeSpans.flatMap(scope => scope.spans),
      ),
    )
  }

  get traces(): number[] {
    return [...new Set(this.spans.map(span => Number.parseInt(String(span['traceId']), 16)))].sort((a, b) => a - b)
  }
}

export async function sampler(yaml: string) {
  const settings = componentSettings('tail_sampling')
  const next = new Taker()
  const processor = new TailSampling(parseConfig(tailSamplingConfig, yaml), settings, next)
  await processor.start()
  return { processor, next, settings, clock: settings.clock, ledger: settings.ledger }
}

export const errors = 'policies: [{name: errors, type: status_code, status_code: {status_codes: [ERROR]}}]'
