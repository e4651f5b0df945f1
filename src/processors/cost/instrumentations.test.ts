// Spans as published instrumentations write them: what a call costs, and that nothing is paid twice.

import { calcPrice } from '@pydantic/genai-prices'
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues } from '../../testkit/plain-attributes.ts'
import { duplicatesBytes } from './call-duplicates.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'

type Attributes = Readonly<Record<string, string | number>>
interface SpanInput {
  readonly attributes: Attributes
  readonly name?: string
  readonly spanId?: string
  readonly parentId?: string
  readonly scope?: string
  readonly traceId?: number
  /** How long it took, and how long after `endMs` it ended; both 0 without them. */
  readonly tookMs?: number
  readonly laterMs?: number
}

const endMs = Date.UTC(2026, 10, 1)

let nextId = 1

/** One request for all spans, one scope group each. */
function run(
  spans: readonly SpanInput[],
  stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces'),
) {
  const bytes = encodePlain('traces', {
    resourceSpans: [
      {
        scopeSpans: spans.map(
          ({ attributes, name = 'x', spanId, parentId, scope = 'test', traceId = 7, tookMs = 0, laterMs = 0 }) => ({
            scope: { name: scope },
            spans: [
              {
                traceId: Buffer.alloc(16, traceId),
                spanId: Buffer.from(spanId ?? (nextId++).toString(16).padStart(16, '0'), 'hex'),
                ...(parentId !== undefined && { parentSpanId: Buffer.from(parentId, 'hex') }),
                name,
                startTimeUnixNano: `${endMs + laterMs - tookMs}000000`,
                endTimeUnixNano: `${endMs + laterMs}000000`,
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

const price = (usage: Record<string, number>, model: string, providerId: string) =>
  calcPrice(usage, model, { providerId, timestamp: new Date(endMs) })!.total_price

const sonnetOnBedrock = 'us.anthropic.claude-sonnet-4-20250514-v1:0'

for (const [title, span, expected] of [
  [
    'Strands Agents, which names itself as the system',
    {
      name: 'chat',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'strands-agents',
        'gen_ai.request.model': sonnetOnBedrock,
        'gen_ai.usage.prompt_tokens': 1200,
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.completion_tokens': 300,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.total_tokens': 1500,
        'gen_ai.usage.cache_read_input_tokens': 1000,
      },
    },
    price({ input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000 }, sonnetOnBedrock, 'aws'),
  ],
  [
    'Agent Development Kit, whose call names the framework',
    {
      name: 'call_llm',
      attributes: {
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.request.model': 'gemini-2.5-flash',
        'gcp.vertex.agent.event_id': 'e-1',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.experimental.reasoning_tokens_limit': 1024,
      },
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gemini-2.5-flash', 'google'),
  ],
  [
    "LangSmith's exporter, cached tokens in JSON",
    {
      name: 'ChatAnthropic',
      attributes: {
        'langsmith.span.kind': 'llm',
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'langchain',
        'gen_ai.request.model': 'claude-sonnet-4-5-20250929',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.total_tokens': 1500,
        'gen_ai.usage.input_token_details': '{"cache_read": 1000, "cache_creation": 100}',
        'gen_ai.usage.output_token_details': '{}',
      },
    },
    price(
      { input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000, cache_write_tokens: 100 },
      'claude-sonnet-4-5',
      'anthropic',
    ),
  ],
  [
    "LangSmith's usage metadata alone",
    {
      name: 'ChatOpenAI',
      attributes: {
        'langsmith.span.kind': 'llm',
        'gen_ai.request.model': 'gpt-4o',
        'langsmith.usage_metadata':
          '{"input_tokens": 1200, "output_tokens": 300, "total_tokens": 1500, "input_token_details": {"cache_read": 1000}}',
      },
    },
    price({ input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000 }, 'gpt-4o', 'openai'),
  ],
  [
    'Pydantic AI: a model with its provider before a colon',
    {
      name: 'chat openai:gpt-4o',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.request.model': 'openai:gpt-4o',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.details.cache_read_tokens': 1000,
      },
    },
    price({ input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000 }, 'gpt-4o', 'openai'),
  ],
  [
    'Semantic Kernel',
    {
      name: 'chat.completions gpt-4o',
      attributes: {
        'gen_ai.operation.name': 'chat.completions',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.id': 'chatcmpl-1',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
      },
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o', 'openai'),
  ],
  [
    'Spring AI, counts as text',
    {
      name: 'chat gpt-4o',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.usage.input_tokens': '1200',
        'gen_ai.usage.output_tokens': '300',
        'gen_ai.usage.total_tokens': '1500',
      },
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o', 'openai'),
  ],
  [
    'LiteLLM, which says what it took',
    {
      name: 'chat gpt-4o',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'azure',
        'gen_ai.request.model': 'team-gpt',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
        'litellm.cost.total': 0.0042,
        'litellm.cost.input': 0.003,
      },
    },
    0.0042,
  ],
  [
    'a fine-tuned model without a date in its base',
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.response.model': 'ft:gpt-4o:acme::9Xa',
        'gen_ai.usage.input_tokens': 1000,
        'gen_ai.usage.output_tokens': 100,
      },
    },
    price({ input_tokens: 1000, output_tokens: 100 }, 'ft:gpt-4o-2024-08-06:acme::9Xa', 'openai'),
  ],
  [
    'MLflow, whose values are JSON and whose input has the cached tokens',
    {
      name: 'Messages.create',
      attributes: {
        'mlflow.traceRequestId': '"tr-1"',
        'mlflow.spanType': '"CHAT_MODEL"',
        'mlflow.llm.model': '"claude-sonnet-4-5-20250929"',
        'mlflow.llm.provider': '"anthropic"',
        'mlflow.chat.tokenUsage':
          '{"input_tokens": 6100, "output_tokens": 300, "total_tokens": 6400, "cache_read_input_tokens": 5000, "cache_creation_input_tokens": 1000, "cache_creation_input_tokens_above_1hr": 400}',
      },
    },
    price(
      {
        input_tokens: 6100,
        output_tokens: 300,
        cache_read_tokens: 5000,
        cache_write_tokens: 1000,
        cache_write_1h_tokens: 400,
      },
      'claude-sonnet-4-5-20250929',
      'anthropic',
    ),
  ],
  [
    'MLflow, which says what it cost',
    {
      attributes: {
        'mlflow.spanType': '"CHAT_MODEL"',
        'mlflow.llm.model': '"gpt-4o"',
        'mlflow.chat.tokenUsage': '{"input_tokens": 12, "output_tokens": 3, "total_tokens": 15}',
        'mlflow.llm.cost': '{"input_cost": 0.01, "output_cost": 0.02, "total_cost": 0.03}',
      },
    },
    0.03,
  ],
  [
    "Braintrust's tracers, with names and counts in JSON",
    {
      name: 'openai.chat.completions.create',
      attributes: {
        'braintrust.metadata': '{"provider": "openai", "model": "gpt-4o-2024-08-06", "temperature": 0.2}',
        'braintrust.metrics':
          '{"tokens": 1500, "prompt_tokens": 1200, "completion_tokens": 300, "prompt_cached_tokens": 1000}',
        'braintrust.span_attributes': '{"type": "llm"}',
      },
    },
    price({ input_tokens: 1200, output_tokens: 300, cache_read_tokens: 1000 }, 'gpt-4o-2024-08-06', 'openai'),
  ],
  [
    'botocore on Bedrock, which counts cached tokens beside the input',
    {
      name: 'chat us.anthropic.claude-sonnet-4-20250514-v1:0',
      scope: 'opentelemetry.instrumentation.botocore.bedrock-runtime',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'aws.bedrock',
        'gen_ai.request.model': sonnetOnBedrock,
        'gen_ai.usage.input_tokens': 5000,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.cache_read.input_tokens': 3000,
      },
    },
    price({ input_tokens: 8000, output_tokens: 300, cache_read_tokens: 3000 }, sonnetOnBedrock, 'aws'),
  ],
  [
    'Spring AI on Anthropic, which counts cached tokens beside the input',
    {
      scope: 'org.springframework.boot',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5',
        'gen_ai.usage.input_tokens': '5000',
        'gen_ai.usage.output_tokens': '300',
        'gen_ai.usage.total_tokens': '5300',
        'gen_ai.usage.cache_read.input_tokens': '3000',
      },
    },
    price({ input_tokens: 8000, output_tokens: 300, cache_read_tokens: 3000 }, 'claude-sonnet-4-5', 'anthropic'),
  ],
  [
    'Spring AI on OpenAI, which counts them in it',
    {
      scope: 'org.springframework.boot',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.usage.input_tokens': '5000',
        'gen_ai.usage.output_tokens': '300',
        'gen_ai.usage.total_tokens': '5300',
        'gen_ai.usage.cache_read.input_tokens': '3000',
      },
    },
    price({ input_tokens: 5000, output_tokens: 300, cache_read_tokens: 3000 }, 'gpt-4o', 'openai'),
  ],
  [
    "OpenLLMetry on Google, where only the total has Gemini's thinking",
    {
      name: 'gemini.generate_content',
      scope: 'opentelemetry.instrumentation.google_generativeai',
      attributes: {
        'llm.request.type': 'completion',
        'gen_ai.provider.name': 'gcp.gen_ai',
        'gen_ai.request.model': 'gemini-2.5-pro',
        'gen_ai.usage.input_tokens': 1000,
        'gen_ai.usage.output_tokens': 200,
        'gen_ai.usage.total_tokens': 2700,
      },
    },
    price({ input_tokens: 1000, output_tokens: 1700 }, 'gemini-2.5-pro', 'google'),
  ],
  [
    'Azure AI Inference',
    {
      name: 'chat gpt-4o',
      attributes: {
        'az.namespace': 'Microsoft.CognitiveServices',
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'az.ai.inference',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.output_tokens': 300,
        'server.address': 'acme.services.ai.azure.com',
      },
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o-2024-08-06', 'azure'),
  ],
  [
    'the conventions with tokens of speech',
    {
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'openai',
        'gen_ai.request.model': 'gpt-4o-audio-preview',
        'gen_ai.usage.input_tokens': 1200,
        'gen_ai.usage.audio.input_tokens': 1000,
        'gen_ai.usage.output_tokens': 300,
        'gen_ai.usage.audio.output_tokens': 200,
      },
    },
    price(
      { input_tokens: 1200, output_tokens: 300, input_audio_tokens: 1000, output_audio_tokens: 200 },
      'gpt-4o-audio-preview',
      'openai',
    ),
  ],
] as [string, SpanInput, number][]) {
  t.test(`prices a call of ${title}`, async t => {
    const [{ cost, status } = {}] = run([span])
    t.ok(Math.abs((cost as number) - expected) <= expected * 1e-12, `${expected}, found ${String(cost)}`)
    t.ok(status === 'priced' || status === 'reported', String(status))
  })
}

const usage = { 'gen_ai.usage.input_tokens': 1200, 'gen_ai.usage.output_tokens': 300 }
const call = { 'gen_ai.operation.name': 'chat', 'gen_ai.provider.name': 'openai', 'gen_ai.request.model': 'gpt-4o' }

for (const [title, attributes, name] of [
  ['an event loop cycle', { ...call, 'gen_ai.operation.name': 'execute_event_loop_cycle' }],
  ['a swarm', { ...call, 'gen_ai.operation.name': 'invoke_swarm' }],
  ['a chat client of Spring AI', { ...call, 'gen_ai.operation.name': 'framework', 'spring.ai.kind': 'chat_client' }],
  ["an agent's span of MLflow", { 'mlflow.spanType': '"AGENT"', 'mlflow.llm.model': '"gpt-4o"' }],
  [
    'a step of Braintrust',
    { 'braintrust.span_attributes': '{"type": "task"}', 'braintrust.metadata': '{"model": "gpt-4o"}' },
  ],
  ['an agent of AgentOps', { 'agentops.span.kind': 'agent', 'gen_ai.request.model': 'gpt-4o' }],
  ['a parser', { 'langsmith.span.kind': 'parser', 'gen_ai.request.model': 'gpt-4o' }],
  ['a step of the AI SDK', { ...call, 'gen_ai.operation.name': 'agent_step' }, 'step 1'],
] as [string, Attributes, string?][]) {
  t.test(`${title} repeats the usage and has no price`, async t => {
    t.same(run([{ attributes: { ...attributes, ...usage }, ...(name !== undefined && { name }) }]), [
      { cost: undefined, status: undefined, priceId: undefined },
    ])
  })
}

const outer = {
  attributes: { ...call, ...usage },
  scope: 'opentelemetry.instrumentation.langchain',
  spanId: '00000000000000a1',
  parentId: '00000000000000a0',
}
const inner = { attributes: { ...call, ...usage }, spanId: '00000000000000a2', parentId: '00000000000000a1' }

t.test('a call inside a call with the same counts is that call, whichever comes first', async t => {
  for (const spans of [
    [inner, outer],
    [outer, inner],
  ]) {
    const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
    const statuses = () => run(spans, stage).map(({ status }) => status)
    t.same(statuses(), ['priced', 'duplicate'])
    t.same(statuses(), ['priced', 'duplicate'], 'sent again, it is no other')
    const singly = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
    t.same(
      spans.flatMap(span => run([span], singly)).map(({ status }) => status),
      ['priced', 'duplicate'],
      'in requests of their own',
    )
  }
})

t.test(
  'calls beside each other, in each other with other counts, or of another trace are calls of their own',
  async t => {
    const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
    t.same(status([inner, { ...inner, spanId: '00000000000000a3' }]), ['priced', 'priced'])
    const more = { ...outer, attributes: { ...outer.attributes, 'gen_ai.usage.output_tokens': 301 } }
    t.same(status([inner, more]), ['priced', 'priced'])
    t.same(
      status([inner, { ...outer, scope: 'test' }]),
      ['priced', 'priced'],
      'one instrumentation reports a call once',
    )
    t.same(status([inner, { ...outer, spanId: '00000000000000b1' }]), ['priced', 'priced'])
  },
)

const sdkCall = {
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': 'anthropic',
  'gen_ai.response.model': 'claude-sonnet-4-5-20250929',
  'gen_ai.usage.input_tokens': 1350,
  'gen_ai.usage.cache_write.input_tokens': 300,
  'gen_ai.usage.cache_read.input_tokens': 1000,
  'anthropic.usage.cache_creation.ephemeral_5m_input_tokens': 200,
  'anthropic.usage.cache_creation.ephemeral_1h_input_tokens': 100,
  'gen_ai.usage.output_tokens': 40,
}

t.test("Anthropic's own SDK inside an instrumentation that makes no span current: two roots, one call", async t => {
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  const attributes = { ...sdkCall, 'gen_ai.response.id': 'msg_01XFDUDYJgAACzvnptvVoYEL' }
  const sdk = { attributes, scope: 'com.anthropic.sdk.python', traceId: 1, tookMs: 20 }
  const around = { attributes, scope: 'opentelemetry.instrumentation.anthropic', traceId: 2, tookMs: 22, laterMs: 1 }
  const expected = price(
    {
      input_tokens: 1350,
      output_tokens: 40,
      cache_read_tokens: 1000,
      cache_write_tokens: 300,
      cache_write_5m_tokens: 200,
      cache_write_1h_tokens: 100,
    },
    'claude-sonnet-4-5-20250929',
    'anthropic',
  )
  const [first] = run([sdk], stage)
  t.ok(Math.abs(Number(first!.cost) - expected) <= expected * 1e-12, `${expected}, found ${String(first!.cost)}`)
  t.match(run([around], stage), [{ status: 'duplicate' }])
  const again = { ...around, traceId: 12, laterMs: 30 }
  t.match(run([again], stage), [{ status: 'priced' }], 'a server that answers with one id is called a second time')
  t.match(
    run([{ ...sdk, traceId: 3 }], stage),
    [{ status: 'priced' }],
    'a later call with an id that is no longer unique',
  )
  t.match(run([{ ...around, traceId: 4, parentId: '00000000000000f1' }], stage), [{ status: 'priced' }], 'not a root')
  const short = { ...attributes, 'gen_ai.response.id': 'chatcmpl-123' }
  t.match(run([{ ...sdk, attributes: short, traceId: 5 }], stage), [{ status: 'priced' }])
  t.match(
    run([{ ...around, attributes: short, traceId: 6 }], stage),
    [{ status: 'priced' }],
    'an id of which there are many',
  )
})

t.test('of two spans of a call the one that knows the usage has the price', async t => {
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  const named = { ...call, 'gen_ai.response.id': 'chatcmpl-11' }
  t.match(run([{ attributes: named }], stage), [{ status: 'no_usage' }])
  t.match(run([{ attributes: { ...named, ...usage } }], stage), [{ status: 'priced' }])
  t.match(run([{ attributes: named }], stage), [{ status: 'duplicate' }])
})

t.test('a response that stands on the span as JSON is known by its id', async t => {
  const id = 'resp_0123456789abcdef0123456789abcdef0123456789abcdef'
  const counts = { 'llm.token_count.prompt': 1200, 'llm.token_count.completion': 300 }
  const openInference = (output: string): SpanInput => ({
    attributes: { 'openinference.span.kind': 'LLM', 'llm.model_name': 'gpt-4o', 'output.value': output, ...counts },
    scope: 'openinference.instrumentation.openai',
    traceId: 1,
    tookMs: 10,
  })
  const other: SpanInput = {
    attributes: { ...call, ...usage, 'gen_ai.response.id': id },
    scope: 'opentelemetry.instrumentation.openai.v1',
    traceId: 2,
    tookMs: 12,
    laterMs: 1,
  }
  const mlflow: SpanInput = {
    attributes: {
      'mlflow.spanType': '"CHAT_MODEL"',
      'mlflow.llm.model': '"gpt-4o"',
      'mlflow.chat.tokenUsage': '{"input_tokens": 1200, "output_tokens": 300, "total_tokens": 1500}',
      'mlflow.spanOutputs': `{"id": "${id}", "object": "response"}`,
    },
    scope: 'mlflow.tracing.provider',
    traceId: 3,
    tookMs: 14,
    laterMs: 2,
  }
  const statuses = (spans: readonly SpanInput[]) => run(spans).map(({ status }) => status)
  t.same(statuses([openInference(`{"id":"${id}","created_at":1}`), other, mlflow]), [
    'priced',
    'duplicate',
    'duplicate',
  ])
  t.same(statuses([other, openInference(`{\n  "id" : "${id}"}`)]), ['priced', 'duplicate'])
  for (const output of [`{"object":"response","id":"${id}"}`, `{"id":"${id}`, '{"id":', '{"id":7}', id, '']) {
    t.same(statuses([openInference(output), other]), ['priced', 'priced'], output)
  }
})

t.test('a call for embeddings inside a span of its own kind that knows no usage costs once', async t => {
  const embeddings = {
    ...call,
    'gen_ai.operation.name': 'embeddings',
    'gen_ai.request.model': 'text-embedding-3-small',
  }
  const around = { attributes: embeddings, spanId: '00000000000000c1' }
  const within = {
    attributes: { ...embeddings, 'gen_ai.usage.input_tokens': 50 },
    spanId: '00000000000000c2',
    parentId: '00000000000000c1',
  }
  t.match(run([within, around]), [{ status: 'priced' }, { status: 'duplicate' }])
  t.match(run([within, { ...around, traceId: 9 }]), [{ status: 'priced' }, { status: 'no_usage' }])
  t.match(run([{ ...within, attributes: embeddings }, around]), [{ status: 'no_usage' }, { status: 'no_usage' }])
})

t.test('a call around several others is that one of them which counts the same', async t => {
  const counting = (output: number) => ({ ...call, ...usage, 'gen_ai.usage.output_tokens': output })
  const first = { ...inner, attributes: counting(7) }
  const second = { ...inner, spanId: '00000000000000a3', attributes: counting(300) }
  const third = { ...inner, spanId: '00000000000000a4', attributes: counting(9) }
  for (const spans of [
    [first, second, third, outer],
    [third, second, outer, first],
  ]) {
    t.equal(run(spans).find(({ status }) => status === 'duplicate') !== undefined, true)
    t.equal(run(spans)[spans.indexOf(outer)]!.status, 'duplicate')
  }
  t.equal(run([first, third, outer])[2]!.status, 'priced')
})

t.test("stages on several threads know of each other's calls", async t => {
  const calls = new SharedArrayBuffer(duplicatesBytes)
  const stageOnThread = () => new CostStage(parseConfig(costConfig, '{}'), { scopes: [], calls }, 'traces')
  const [first, second] = [stageOnThread(), stageOnThread()]
  t.match(run([inner], first), [{ status: 'priced' }])
  t.match(run([outer], second), [{ status: 'duplicate' }])
  const named = { ...call, ...usage, 'gen_ai.response.id': 'chatcmpl-9' }
  t.match(run([{ attributes: named }], second), [{ status: 'priced' }])
  t.match(run([{ attributes: named }], first), [{ status: 'duplicate' }])
  t.match(run([inner], stageOnThread()), [{ status: 'priced' }], 'sent again by its sender')
})

t.test('Agent Development Kit: a call and its content generation cost once', async t => {
  const attributes = {
    'gen_ai.request.model': 'gemini-2.5-flash',
    'gcp.vertex.agent.event_id': 'e-1',
    'gen_ai.usage.input_tokens': 1200,
    'gen_ai.usage.output_tokens': 300,
  }
  const system = { 'gen_ai.system': 'gcp.vertex.agent' }
  const generate = { 'gen_ai.operation.name': 'generate_content', 'gen_ai.system': 'gemini' }
  const found = run([
    { ...inner, attributes: { ...attributes, ...generate } },
    { ...outer, scope: 'test', name: 'call_llm', attributes: { ...attributes, ...system } },
  ])
  t.match(found, [{ status: 'priced', priceId: 'google/gemini-2.5-flash' }, { status: 'duplicate' }])
})

t.test("Claude Code counts as Anthropic's body does: cached tokens beside the input", async t => {
  const attributes = {
    'span.type': 'llm_request',
    model: 'claude-sonnet-4-5-20250929',
    input_tokens: 2000,
    output_tokens: 300,
    cache_read_tokens: 1500,
    cache_creation_tokens: 100,
  }
  const [{ cost } = {}] = run([
    { name: 'claude_code.llm_request', attributes, scope: 'com.anthropic.claude_code.tracing' },
  ])
  const expected = price(
    { input_tokens: 3600, output_tokens: 300, cache_read_tokens: 1500, cache_write_tokens: 100 },
    'claude-sonnet-4-5',
    'anthropic',
  )
  t.ok(Math.abs((cost as number) - expected) < 1e-12, `${expected}, found ${String(cost)}`)
})

t.test('what an unknown provider or model is called is never a price', async t => {
  for (const [model, provider, status] of [
    ['ollama/llama3.2', '', 'unknown_model'],
    ['ollama:gpt-oss:20b', '', 'unknown_model'],
    ['hosted_vllm/meta-llama/Llama-3.1-8B-Instruct', '', 'unknown_model'],
    ['whisper-1', 'openai', 'no_usage'],
    ['tts-1', 'openai', 'no_usage'],
    ['arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc', 'aws.bedrock', 'unknown_model'],
  ] as const) {
    const attributes = { ...call, ...usage, 'gen_ai.provider.name': provider, 'gen_ai.request.model': model }
    t.match(run([{ attributes }]), [{ cost: undefined, status }], model)
  }
  t.match(run([{ attributes: { ...call, 'gen_ai.usage.input_tokens': -1, 'gen_ai.usage.output_tokens': -1 } }]), [
    { cost: undefined, status: 'no_usage' },
  ])
})
