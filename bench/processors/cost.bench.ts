// What the cost processor adds to a request of spans, inline: nanoseconds per span beside the same walk without it. Other
// spans are those of an HTTP server (S, M); calls are written as instrumentations write them, without and with a prompt.
//
//   node bench/processors/cost.bench.ts [--only regex] [--spans 512] [--seconds 1.5]

import { parseArgs } from 'node:util'
import type { StageProcessor } from '../../src/component/stage-processor.ts'
import { parseConfig } from '../../src/config/parse-config.ts'
import { keep } from '../../src/pdata/walk-hooks.ts'
import { costProcessor } from '../../src/processors/cost/factory.ts'
import { compileStage, type Stage } from '../../src/service/stage.ts'
import { encodePlain } from '../../src/testkit/otlp-oracle.ts'
import { keyValues } from '../../src/testkit/plain-attributes.ts'
import { buildBody, seededRandom } from '../rig/corpus.ts'

type Attributes = Readonly<Record<string, string | number>>

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    spans: { type: 'string', default: '512' },
    seconds: { type: 'string', default: '1.5' },
  },
})
const spanCount = Number(values.spans)
const requestCount = 8
const noCounts = new Map<string, number>()
const prompt = 'the customer asked whether an order of last week can still be changed '.repeat(8)

/** A walk that visits every span and looks at nothing in it. */
const visitor: StageProcessor = { span: () => keep, takeCounts: () => noCounts }

/** A call in each dialect; `i` makes ids and counts differ from span to span. */
const dialects: readonly (readonly [name: string, attributes: (i: number) => Attributes])[] = [
  [
    'GenAI conventions',
    i => ({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.response.id': `chatcmpl-${i.toString(36)}`,
      'gen_ai.request.temperature': 0.7,
      'gen_ai.usage.input_tokens': 200 + i,
      'gen_ai.usage.cache_read.input_tokens': 128,
      'gen_ai.usage.output_tokens': 20 + (i % 97),
      'server.address': 'api.openai.com',
      'server.port': 443,
    }),
  ],
  [
    'OpenInference',
    i => ({
      'openinference.span.kind': 'LLM',
      'llm.provider': 'anthropic',
      'llm.system': 'anthropic',
      'llm.model_name': 'claude-sonnet-4-5-20250929',
      'llm.invocation_parameters': '{"max_tokens": 1024}',
      'llm.token_count.prompt': 5200 + i,
      'llm.token_count.prompt_details.cache_read': 5000,
      'llm.token_count.completion': 20 + (i % 97),
      'llm.token_count.total': 5220 + i + (i % 97),
      'input.mime_type': 'text/plain',
      'output.mime_type': 'text/plain',
    }),
  ],
  [
    'OpenLLMetry',
    i => ({
      'llm.request.type': 'chat',
      'gen_ai.system': 'Google',
      'gen_ai.request.model': 'gemini-2.5-pro',
      'gen_ai.response.model': 'gemini-2.5-pro',
      'gen_ai.usage.prompt_tokens': 200 + i,
      'gen_ai.usage.completion_tokens': 20 + (i % 97),
      'llm.usage.total_tokens': 220 + i + (i % 97),
      'traceloop.workflow.name': 'support',
      'traceloop.association.properties.session_id': `s-${i % 50}`,
    }),
  ],
  [
    'Vercel AI SDK',
    i => ({
      'operation.name': 'ai.streamText.doStream',
      'ai.operationId': 'ai.streamText.doStream',
      'ai.model.provider': 'openai.responses',
      'ai.model.id': 'gpt-4o-mini',
      'ai.response.model': 'gpt-4o-mini-2024-07-18',
      'ai.response.id': `resp_${i.toString(36)}`,
      'ai.usage.inputTokens': 200 + i,
      'ai.usage.outputTokens': 20 + (i % 97),
      'ai.usage.totalTokens': 220 + i + (i % 97),
      'gen_ai.system': 'openai.responses',
      'gen_ai.request.model': 'gpt-4o-mini',
      'gen_ai.response.id': `resp_${i.toString(36)}`,
      'gen_ai.usage.input_tokens': 200 + i,
      'gen_ai.usage.output_tokens': 20 + (i % 97),
    }),
  ],
]

function callRequest(attributes: (i: number) => Attributes, first: number, extra: Attributes): Uint8Array {
  return encodePlain('traces', {
    resourceSpans: [
      {
        resource: { attributes: keyValues({ 'service.name': `shop-${first % 7}`, 'service.version': '2.4.1' }) },
        scopeSpans: [
          {
            scope: { name: 'instrumentation', version: '1.0.0' },
            spans: Array.from({ length: spanCount }, (_, k) => ({
              traceId: Buffer.alloc(16, `${first + k}`),
              spanId: Buffer.alloc(8, `${first + k}`),
              parentSpanId: Buffer.alloc(8, 7),
              name: 'chat',
              kind: 3,
              startTimeUnixNano: '1770000000000000000',
              endTimeUnixNano: '1770000001000000000',
              attributes: keyValues({ ...attributes(first + k), ...extra }),
            })),
          },
        ],
      },
    ],
  })
}

const random = seededRandom(7)
const fromCorpus = (shape: 'S' | 'M' | 'G') => () => buildBody(shape, spanCount, random).bytes
const cases: readonly (readonly [name: string, request: (index: number) => Uint8Array])[] = [
  ['other spans, S', fromCorpus('S')],
  ['other spans, M', fromCorpus('M')],
  ['calls, G', fromCorpus('G')],
  ...dialects.flatMap(([name, attributes]) =>
    (
      [
        ['', {}],
        [', with a prompt', { 'gen_ai.input.messages': prompt, 'gen_ai.output.messages': prompt }],
      ] as const
    ).map(
      ([what, extra]) =>
        [`calls, ${name}${what}`, (index: number) => callRequest(attributes, index * spanCount, extra)] as const,
    ),
  ),
]

const { config, createStage } = costProcessor
console.log(`${spanCount} spans a request, ns per span${' '.repeat(29)}walk alone  with cost      added`)
for (const [name, request] of cases) {
  if (!new RegExp(values.only).test(name)) continue
  const requests = Array.from({ length: requestCount }, (_, i) => request(i))
  const stages = [
    compileStage([visitor], 'traces'),
    compileStage([createStage(parseConfig(config, '{}'), 'traces')], 'traces'),
  ]
  const [alone, priced] = measure(requests, stages) as [number, number]
  const figures = [alone, priced, priced - alone].map(ns => ns.toFixed(1).padStart(11)).join('')
  console.log(`  ${name.padEnd(56)}${figures}`)
}

/** The best of many single requests for each stage, in turns: what the machine's other work adds is left out. */
function measure(requests: readonly Uint8Array[], stages: readonly Stage[]): number[] {
  const best = stages.map(() => Number.POSITIVE_INFINITY)
  const endMs = performance.now() + Number(values.seconds) * 1000
  for (let round = 0; round < 3 || performance.now() < endMs; round++) {
    for (const request of requests) {
      for (const [i, stage] of stages.entries()) {
        const startedNs = process.hrtime.bigint()
        const { bytes, memory } = stage.run(request, spanCount)
        // As whoever sends them does: in an agent the next request is written to the same memory.
        memory?.release(bytes)
        const ns = Number(process.hrtime.bigint() - startedNs) / spanCount
        if (round > 1) best[i] = Math.min(best[i]!, ns)
      }
    }
  }
  return best
}
