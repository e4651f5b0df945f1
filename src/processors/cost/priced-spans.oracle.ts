// For tests: spans as instrumentations write them, through the stage.

import { calcPrice } from '@pydantic/genai-prices'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'

export type Attributes = Readonly<Record<string, string | number>>
export interface SpanInput {
  readonly attributes: Attributes
  readonly name?: string
  readonly spanId?: string
  readonly parentId?: string
  readonly scope?: string
  readonly scopeVersion?: string
  /** Every byte of the trace's id, or all of them. */
  readonly traceId?: number
  readonly traceIdBytes?: Buffer
  /** How long it took, and how long after `endMs` it ended; both 0 without them. */
  readonly tookMs?: number
  readonly laterMs?: number
}

export const endMs = Date.UTC(2026, 10, 1)

let nextId = 1

/** One request for all spans, one scope group each. */
export function run(
  spans: readonly SpanInput[],
  stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces'),
) {
  const bytes = encodePlain('traces', {
    resourceSpans: [
      {
        scopeSpans: spans.map(
          ({
            attributes,
            name = 'x',
            spanId,
            parentId,
            scope = 'test',
            scopeVersion = '',
            traceId = 7,
            traceIdBytes,
            tookMs = 0,
            laterMs = 0,
          }) => ({
            scope: { name: scope, version: scopeVersion },
            spans: [
              {
                traceId: traceIdBytes ?? Buffer.alloc(16, traceId),
                spanId: Buffer.from(spanId ?? (nextId++).toString(16).padStart(16, '0'), 'hex'),
                ...(parentId !== undefined && { parentSpanId: Buffer.from(parentId, 'hex') }),
                name,
                startTimeUnixNano: nanoseconds(endMs + laterMs - tookMs),
                endTimeUnixNano: nanoseconds(endMs + laterMs),
                attributes: keyValues(attributes),
              },
            ],
          }),
        ),
      },
    ],
  })
  const out = decodePlain('traces', new StageWalk('traces', [stage]).run(bytes))
  return ((out['resourceSpans'] as Plain[])[0]!['scopeSpans'] as Plain[]).map(group => {
    const pairs = (group['spans'] as Plain[])[0]!['attributes'] as { key: string; value: Plain }[]
    const all = Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0]]))
    return { cost: all['gen_ai.usage.cost'], status: all['sluice.cost.status'], priceId: all['sluice.cost.price_id'] }
  })
}

const nanoseconds = (ms: number) => String(BigInt(Math.round(ms * 1000)) * 1000n)

/** Dollars, by the price data's own package. */
export const price = (usage: Record<string, number>, model: string, providerId: string) =>
  calcPrice(usage, model, { providerId, timestamp: new Date(endMs) })!.total_price

export const usage = { 'gen_ai.usage.input_tokens': 1200, 'gen_ai.usage.output_tokens': 300 }
export const call = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'openai',
  'gen_ai.request.model': 'gpt-4o',
}
