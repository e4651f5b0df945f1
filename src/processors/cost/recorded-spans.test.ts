// Spans recorded from published instrumentations that called a stand-in for a provider's API: the cost of what it answered.

import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'
import { type Attributes, price, run, type SpanInput } from './priced-spans.oracle.ts'

for (const [title, span, expected] of [
  [
    "Langfuse's client of OpenAI, which writes the provider's usage as it is",
    {
      scope: 'langfuse-sdk',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'gpt-4o-2024-08-06',
        'langfuse.observation.usage_details':
          '{"completion_tokens": 409, "prompt_tokens": 1805, "total_tokens": 2214, "completion_tokens_details": {"audio_tokens": 0, "reasoning_tokens": 0}, "prompt_tokens_details": {"audio_tokens": 0, "cached_tokens": 73}}',
      },
    },
    price({ input_tokens: 1805, output_tokens: 409, cache_read_tokens: 73 }, 'gpt-4o-2024-08-06', 'openai'),
  ],
  [
    'the same of the responses API',
    {
      scope: 'langfuse-sdk',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'gpt-5-mini',
        'langfuse.observation.usage_details':
          '{"input_tokens": 1779, "input_tokens_details": {"cached_tokens": 187}, "output_tokens": 184, "output_tokens_details": {"reasoning_tokens": 16}, "total_tokens": 1963}',
      },
    },
    price({ input_tokens: 1779, output_tokens: 184, cache_read_tokens: 187 }, 'gpt-5-mini', 'openai'),
  ],
  [
    "Langfuse in LangChain, whose parts are named after LangChain's and taken out of their whole",
    {
      scope: 'langfuse-sdk',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'gpt-4o-2024-08-06',
        'langfuse.observation.usage_details':
          '{"input": 547, "output": 44, "total": 770, "input_audio": 0, "input_cache_read": 179, "output_audio": 0, "output_reasoning": 0}',
      },
    },
    price({ input_tokens: 726, output_tokens: 44, cache_read_tokens: 179 }, 'gpt-4o-2024-08-06', 'openai'),
  ],
  [
    'the same of Anthropic, with both lifetimes of its cache',
    {
      scope: 'langfuse-sdk',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'claude-sonnet-4-5-20250929',
        'langfuse.observation.usage_details':
          '{"input": 50, "output": 40, "total": 1390, "input_cache_read": 1000, "input_cache_creation": 0, "input_ephemeral_5m_input_tokens": 200, "input_ephemeral_1h_input_tokens": 100}',
      },
    },
    price(
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
    ),
  ],
  [
    'the same with speech in and out',
    {
      scope: 'langfuse-sdk',
      attributes: {
        'langfuse.observation.type': 'generation',
        'langfuse.observation.model.name': 'gpt-4o-audio-preview',
        'langfuse.observation.usage_details':
          '{"input": 200, "output": 100, "total": 1500, "input_audio": 1000, "output_audio": 200}',
      },
    },
    price(
      { input_tokens: 1200, output_tokens: 300, input_audio_tokens: 1000, output_audio_tokens: 200 },
      'gpt-4o-audio-preview',
      'openai',
    ),
  ],
  [
    'Logfire on a transcription: the usage of its body counts speech under a name of its own',
    {
      scope: 'logfire.openai',
      attributes: {
        'gen_ai.system': 'openai',
        'gen_ai.request.model': 'gpt-4o-transcribe',
        'gen_ai.response.model': 'gpt-4o-transcribe',
        'gen_ai.usage.input_tokens': 120,
        'gen_ai.usage.output_tokens': 45,
        'gen_ai.usage.raw':
          '{"input_tokens":120,"output_tokens":45,"total_tokens":165,"type":"tokens","input_token_details":{"audio_tokens":100,"text_tokens":20}}',
      },
    },
    price({ input_tokens: 120, output_tokens: 45, input_audio_tokens: 100 }, 'gpt-4o-transcribe', 'openai'),
  ],
  [
    "LangSmith's exporter on LangChain: the cache stands in the run's metadata alone",
    {
      scope: 'langsmith',
      attributes: {
        'langsmith.span.kind': 'llm',
        'gen_ai.operation.name': 'chat',
        'gen_ai.system': 'anthropic',
        'gen_ai.request.model': 'claude-sonnet-4-5-20250929',
        'langsmith.metadata.usage_metadata':
          '{"input_tokens":2658,"output_tokens":182,"total_tokens":2840,"input_token_details":{"cache_read":2044,"cache_creation":0,"ephemeral_5m_input_tokens":284,"ephemeral_1h_input_tokens":190}}',
        'gen_ai.usage.input_tokens': 2658,
        'gen_ai.usage.output_tokens': 182,
        'gen_ai.usage.total_tokens': 2840,
      },
    },
    price(
      {
        input_tokens: 2658,
        output_tokens: 182,
        cache_read_tokens: 2044,
        cache_write_tokens: 474,
        cache_write_5m_tokens: 284,
        cache_write_1h_tokens: 190,
      },
      'claude-sonnet-4-5-20250929',
      'anthropic',
    ),
  ],
  [
    "Agent Development Kit in TypeScript, whose answer alone has Gemini's thinking and cache",
    {
      name: 'call_llm',
      scope: 'gcp.vertex.agent',
      attributes: {
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.request.model': 'gemini-2.5-flash',
        'gen_ai.agent.name': 'helper',
        'gcp.vertex.agent.event_id': 'kMWzD7QG',
        'gcp.vertex.agent.llm_response':
          '{"content":{"role":"model","parts":[{"text":"hi"}]},"usageMetadata":{"promptTokenCount":1523,"cachedContentTokenCount":40,"candidatesTokenCount":218,"thoughtsTokenCount":321,"totalTokenCount":2062},"finishReason":"STOP"}',
        'gen_ai.usage.input_tokens': 1523,
        'gen_ai.usage.output_tokens': 218,
      },
    },
    price({ input_tokens: 1523, output_tokens: 539, cache_read_tokens: 40 }, 'gemini-2.5-flash', 'google'),
  ],
  [
    'the same in Python before its second version',
    {
      name: 'call_llm',
      scope: 'gcp.vertex.agent',
      attributes: {
        'gen_ai.system': 'gcp.vertex.agent',
        'gen_ai.request.model': 'gemini-2.5-flash',
        'gen_ai.agent.name': 'helper',
        'gcp.vertex.agent.event_id': 'kMWzD7QG',
        'gcp.vertex.agent.llm_response':
          '{"content":{"parts":[{"text":"hi"}],"role":"model"},"usage_metadata":{"cached_content_token_count":40,"candidates_token_count":218,"prompt_token_count":1523,"thoughts_token_count":321,"total_token_count":2062}}',
        'gen_ai.usage.input_tokens': 1523,
        'gen_ai.usage.output_tokens': 218,
      },
    },
    price({ input_tokens: 1523, output_tokens: 539, cache_read_tokens: 40 }, 'gemini-2.5-flash', 'google'),
  ],
  ...(
    [
      ['openai', 'gpt-4o', { input_tokens: 253, output_tokens: 458, cache_read_tokens: 11 }],
      [
        'anthropic',
        'claude-sonnet-4-5',
        { input_tokens: 268, output_tokens: 458, cache_read_tokens: 11, cache_write_tokens: 4 },
      ],
    ] as const
  ).map(([provider, model, counts]) => [
    `AgentScope on ${provider}, whose counts it writes as they are`,
    {
      scope: 'agentscope',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': provider,
        'gen_ai.request.model': model,
        'gen_ai.usage.input_tokens': 253,
        'gen_ai.usage.output_tokens': 458,
        'agentscope.usage.cache_input_tokens': 11,
        ...(provider === 'anthropic' && { 'agentscope.usage.cache_creation_input_tokens': 4 }),
      },
    },
    price(counts, model, provider),
  ]),
  [
    'traceAI on a stream, whose model stands among the parameters alone',
    {
      scope: 'traceai_openai',
      attributes: {
        'gen_ai.span.kind': 'LLM',
        'gen_ai.provider.name': 'openai',
        'gen_ai.usage.total_tokens': 1824,
        'gen_ai.usage.input_tokens': 1446,
        'gen_ai.usage.output_tokens': 378,
        'gen_ai.request.parameters': '{"model": "gpt-4o", "stream": true, "stream_options": {"include_usage": true}}',
      },
    },
    price({ input_tokens: 1446, output_tokens: 378 }, 'gpt-4o', 'openai'),
  ],
  [
    "AI SDK 5 on Gemini, whose thinking stands in the provider's metadata alone",
    {
      scope: 'ai',
      attributes: {
        'ai.operationId': 'ai.generateText.doGenerate',
        'ai.model.provider': 'google.generative-ai',
        'ai.model.id': 'gemini-2.5-flash',
        'ai.response.providerMetadata':
          '{"google":{"promptFeedback":null,"serviceTier":null,"usageMetadata":{"cachedContentTokenCount":132,"thoughtsTokenCount":111,"promptTokenCount":1517,"candidatesTokenCount":268,"totalTokenCount":1896}}}',
        'ai.usage.promptTokens': 1517,
        'ai.usage.completionTokens': 268,
      },
    },
    price({ input_tokens: 1517, output_tokens: 379, cache_read_tokens: 132 }, 'gemini-2.5-flash', 'google'),
  ],
  ...(
    [
      ['nova-pro-v1:0', 'amazon.nova-pro-v1:0'],
      ['llama3-70b-instruct-v1:0', 'meta.llama3-70b-instruct-v1:0'],
      ['mistral-large-2402-v1:0', 'mistral.mistral-large-2402-v1:0'],
    ] as const
  ).map(([kept, whole]) => [
    `OpenLLMetry on Bedrock, which keeps ${kept} of ${whole}`,
    {
      scope: 'opentelemetry.instrumentation.bedrock',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'aws.bedrock',
        'gen_ai.request.model': kept,
        'gen_ai.usage.input_tokens': 271,
        'gen_ai.usage.output_tokens': 0,
      },
    },
    price({ input_tokens: 271, output_tokens: 0 }, whole, 'aws'),
  ]),
  ...(
    [
      [
        'googleai/gemini-2.5-flash',
        '{"candidates":[{"index":0,"message":{"role":"model","content":[{"text":"hi"}]},"finishReason":"stop","custom":{}}],"custom":{"candidates":[],"usageMetadata":{"promptTokenCount":1554,"cachedContentTokenCount":129,"candidatesTokenCount":80,"thoughtsTokenCount":365,"totalTokenCount":1999},"modelVersion":"gemini-2.5-flash"},"usage":{"inputCharacters":2,"inputImages":0,"outputCharacters":2,"inputTokens":1554,"outputTokens":80,"thoughtsTokens":365,"totalTokens":1999,"cachedContentTokens":129},"latencyMs":24.8}',
        { input_tokens: 1554, output_tokens: 445, cache_read_tokens: 129 },
        'google',
      ],
      [
        'openai/gpt-4o',
        '{"finishReason":"stop","message":{"role":"model","content":[{"text":"hi"}]},"usage":{"inputTokens":921,"outputTokens":89,"totalTokens":1010},"raw":{"id":"chatcmpl-1","model":"gpt-4o-2024-08-06","service_tier":"default","usage":{"prompt_tokens":921,"completion_tokens":89,"total_tokens":1010,"prompt_tokens_details":{"cached_tokens":84,"audio_tokens":0}}},"latencyMs":8.9}',
        { input_tokens: 921, output_tokens: 89, cache_read_tokens: 84 },
        'openai',
      ],
      [
        'anthropic/claude-sonnet-4-5',
        '{"candidates":[],"usage":{"inputTokens":858,"outputTokens":280,"custom":{"cache_creation_input_tokens":249,"cache_read_input_tokens":2443,"ephemeral_5m_input_tokens":217,"ephemeral_1h_input_tokens":32}},"custom":{"id":"msg_01","model":"claude-sonnet-4-5","content":[{"type":"text","text":"hi"}],"usage":{"input_tokens":858,"cache_creation_input_tokens":249,"cache_read_input_tokens":2443,"cache_creation":{"ephemeral_5m_input_tokens":217,"ephemeral_1h_input_tokens":32},"output_tokens":280,"service_tier":"standard"}},"latencyMs":6.8}',
        {
          input_tokens: 3550,
          output_tokens: 280,
          cache_read_tokens: 2443,
          cache_write_tokens: 249,
          cache_write_5m_tokens: 217,
          cache_write_1h_tokens: 32,
        },
        'anthropic',
      ],
      [
        'anthropic/claude-sonnet-4-5',
        '{"usage":{"inputTokens":858,"outputTokens":280,"custom":{"cache_creation_input_tokens":249,"cache_read_input_tokens":2443}}}',
        { input_tokens: 3550, output_tokens: 280, cache_read_tokens: 2443, cache_write_tokens: 249 },
        'anthropic',
      ],
      [
        'googleai/gemini-2.5-flash',
        '{"usage":{"inputTokens":1554,"outputTokens":80,"thoughtsTokens":365,"totalTokens":1999,"cachedContentTokens":129}}',
        { input_tokens: 1554, output_tokens: 445, cache_read_tokens: 129 },
        'google',
      ],
    ] as const
  ).map(([name, output, counts, provider]) => [
    `Genkit, of ${name}`,
    {
      scope: 'genkit-tracer',
      attributes: {
        'genkit:type': 'action',
        'genkit:metadata:subtype': 'model',
        'genkit:name': name,
        'genkit:path': `/{generate,t:util}/{${name},t:action,s:model}`,
        'genkit:output': output,
      },
    },
    price(counts, name.slice(name.indexOf('/') + 1), provider),
  ]),
] as [string, SpanInput, number][]) {
  t.test(`prices a call of ${title}`, async t => {
    const [{ cost, status } = {}] = run([span])
    t.ok(Math.abs((cost as number) - expected) <= expected * 1e-12, `${expected}, found ${String(cost)}`)
    t.equal(status, 'priced')
  })
}

t.test('a cost of zero that OpenLIT writes where it knows no price is none', async t => {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'groq',
    'gen_ai.request.model': 'llama-3.3-70b-versatile',
    'gen_ai.usage.input_tokens': 1000,
    'gen_ai.usage.output_tokens': 100,
    'gen_ai.usage.cost': 0,
  }
  const expected = price({ input_tokens: 1000, output_tokens: 100 }, 'llama-3.3-70b-versatile', 'groq')
  const own = { ...attributes, 'gen_ai.provider.name': 'ollama', 'gen_ai.request.model': 'llama3.2' }
  t.match(
    run([
      { attributes, scope: 'openlit.instrumentation.groq' },
      { attributes: { ...attributes, 'gen_ai.usage.cost': 0.5 }, scope: 'openlit.instrumentation.groq' },
      { attributes, scope: 'gateway' },
      { attributes: own, scope: 'openlit.instrumentation.ollama' },
    ]),
    [
      { cost: expected, status: 'priced' },
      { cost: 0.5, status: 'reported' },
      { cost: 0, status: 'reported' },
      { status: 'unknown_model' },
    ],
  )
})

t.test('a call that failed costs nothing that is known, though Langfuse writes zeros', async t => {
  const attributes = {
    'langfuse.observation.type': 'generation',
    'langfuse.observation.model.name': 'gpt-4o',
    'langfuse.observation.level': 'ERROR',
    'langfuse.observation.cost_details': '{"input":0,"output":0,"total":0}',
  }
  t.match(run([{ attributes, scope: 'langfuse-sdk' }]), [{ cost: undefined, status: 'no_usage' }])
})

t.test('the service tier that Langfuse keeps among the parameters of a call is that of the call', async t => {
  const attributes = (tier: string) => ({
    'langfuse.observation.type': 'generation',
    'langfuse.observation.model.name': 'gpt-5-mini',
    'langfuse.observation.usage_details': '{"input": 1000, "output": 100, "total": 1100}',
    'langfuse.observation.model.parameters': `{"temperature": 1, "service_tier": "${tier}"}`,
  })
  const [standard, flex] = run([{ attributes: attributes('default') }, { attributes: attributes('flex') }])
  t.equal(standard!.cost, price({ input_tokens: 1000, output_tokens: 100 }, 'gpt-5-mini', 'openai'))
  t.equal(flex!.cost, Number(standard!.cost) / 2)
})

t.test("the service tier among OpenInference's parameters of a call is that of the call", async t => {
  const half = Number(price({ input_tokens: 1000, output_tokens: 100 }, 'gpt-5-mini', 'openai')) / 2
  const costOf = (parameters: string, other = {}) =>
    run([
      {
        attributes: {
          'openinference.span.kind': 'LLM',
          'llm.provider': 'openai',
          'llm.model_name': 'gpt-5-mini',
          'llm.token_count.prompt': 1000,
          'llm.token_count.completion': 100,
          'llm.invocation_parameters': parameters,
          ...other,
        },
      },
    ])[0]!.cost
  t.equal(costOf('{"model": "gpt-5-mini", "service_tier": "flex", "temperature": 0.2}'), half)
  t.equal(costOf('{"service_tier":"FLEX"}'), half)
  t.equal(costOf('{"a":1,"service_tier" : "flex"'), half, 'cut off')
  for (const none of [
    '',
    '{}',
    '{"service_tier": null}',
    '{"service_tier": "default"}',
    '{"service_tie": "flex"}',
    '{"xservice_tier": "flex"}',
    '{"service_tier"',
    '{"service_tier": "fle',
  ]) {
    t.equal(costOf(none), half * 2, none)
  }
  t.equal(
    costOf('{"service_tier": "flex"}', { 'openai.response.service_tier': 'default' }),
    half * 2,
    'what was answered',
  )
})

t.test("the tier that a provider's own usage names is that of the call", async t => {
  const costOf = (attributes: Attributes) =>
    run([{ attributes: { 'gen_ai.operation.name': 'chat', 'gen_ai.usage.input_tokens': 1000, ...attributes } }])[0]!
      .cost
  const opus = { 'gen_ai.provider.name': 'anthropic', 'gen_ai.request.model': 'claude-opus-4-8' }
  const gemini = { 'gen_ai.provider.name': 'google', 'gen_ai.request.model': 'gemini-3.8-flash-lite-tts' }
  const standard = Number(costOf(opus))
  const body = (tier: string) => ({ ...opus, 'gen_ai.usage.raw': `{"input_tokens": 1000, ${tier}}` })
  t.equal(costOf(body('"service_tier": "standard"')), standard)
  t.equal(costOf(body('"service_tier": "batch"')), standard / 2)
  const fast = Number(costOf(body('"service_tier": "standard", "speed": "fast"')))
  t.ok(fast > standard, `${fast}`)
  t.equal(costOf({ ...body('"speed": "fast"'), 'anthropic.response.service_tier': 'standard' }), fast)
  const metadata = '{"anthropic": {"usage": {"input_tokens": 1000, "service_tier": "standard", "speed": "fast"}}}'
  t.equal(costOf({ ...opus, 'ai.response.providerMetadata': metadata }), fast)
  const vertex = (traffic: string) => ({
    ...gemini,
    'gen_ai.usage.raw': `{"usageMetadata": {"promptTokenCount": 1000, "trafficType": "${traffic}"}}`,
  })
  t.equal(costOf(vertex('ON_DEMAND')), costOf(gemini))
  t.equal(costOf(vertex('ON_DEMAND_FLEX')), costOf({ ...gemini, service_tier: 'flex' }))
  t.not(costOf(vertex('ON_DEMAND_FLEX')), costOf(gemini))
})

t.test("what Genkit puts around a model's call repeats its answer", async t => {
  const output = '{"message":{},"usage":{"inputTokens":807,"outputTokens":82,"totalTokens":889}}'
  const kinds = [
    { 'genkit:type': 'util', 'genkit:name': 'generate' },
    { 'genkit:type': 'action', 'genkit:metadata:subtype': 'flow', 'genkit:name': 'summary' },
    { 'genkit:type': 'action', 'genkit:metadata:subtype': 'tool', 'genkit:name': 'openai/gpt-4o' },
  ]
  t.match(
    run(kinds.map(kind => ({ attributes: { ...kind, 'genkit:output': output }, scope: 'genkit-tracer' }))),
    kinds.map(() => ({ cost: undefined, status: undefined })),
  )
  const attributes = {
    'genkit:type': 'action',
    'genkit:metadata:subtype': 'embedder',
    'genkit:name': 'openai/text-embedding-3-small',
    'genkit:output': '{"embeddings":[{"embedding":[0.1,0.2]}]}',
  }
  t.match(run([{ attributes, scope: 'genkit-tracer' }]), [{ cost: undefined, status: 'no_usage' }])
})

t.test(
  'a cost of zero that LiteLLM writes for a model that it does not know is none, one of a known model is',
  async t => {
    const attributes = (model: string) => ({
      'gen_ai.operation.name': 'acompletion',
      'gen_ai.system': 'openai',
      'gen_ai.request.model': model,
      'gen_ai.usage.input_tokens': 623,
      'gen_ai.usage.output_tokens': 87,
      'gen_ai.cost.total_cost': 0,
    })
    const scope = 'litellm'
    t.match(
      run([
        { attributes: attributes('my-own-model'), scope },
        { attributes: attributes('gpt-4o'), scope },
        { attributes: { ...attributes('my-own-model'), 'gen_ai.cost.total_cost': 0.25 }, scope },
      ]),
      [
        { cost: undefined, status: 'unknown_model' },
        { cost: 0, status: 'reported' },
        { cost: 0.25, status: 'reported' },
      ],
    )
  },
)

t.test('counts of zero that some write for streams without usage are none', async t => {
  const attributes = {
    'gen_ai.operation.name': 'chat',
    'gen_ai.system': 'openai',
    'gen_ai.request.model': 'gpt-4o',
    'gen_ai.usage.input_tokens': 0,
    'gen_ai.usage.output_tokens': 0,
  }
  const agents = { ...attributes, usage: '{"requests":1,"input_tokens":0,"output_tokens":0,"total_tokens":0}' }
  t.match(
    run([
      { attributes, scope: 'org.springframework.boot' },
      { attributes: agents, scope: 'logfire.openai_agents' },
      { attributes: { ...attributes, 'gen_ai.usage.output_tokens': 7 }, scope: 'org.springframework.boot' },
      { attributes, scope: 'gateway' },
    ]),
    [
      { cost: undefined, status: 'no_usage' },
      { cost: undefined, status: 'no_usage' },
      { cost: price({ input_tokens: 0, output_tokens: 7 }, 'gpt-4o', 'openai'), status: 'priced' },
      { cost: 0, status: 'priced' },
    ],
  )
})

t.test('what vLLM itself reports is paid to nobody, unless an override says what the machine costs', async t => {
  const span = {
    name: 'llm_request',
    scope: 'vllm.llm_engine',
    attributes: {
      'gen_ai.response.model': 'openai/gpt-oss-120b',
      'gen_ai.request.id': 'cmpl-1',
      'gen_ai.request.max_tokens': 16,
      'gen_ai.usage.prompt_tokens': 1000,
      'gen_ai.usage.completion_tokens': 100,
      'gen_ai.latency.e2e': 0.5,
    },
  }
  t.match(run([span]), [{ cost: undefined, status: 'unknown_model' }])
  const yaml = '{overrides: [{match: {model: "*gpt-oss*"}, input_per_mtok: 1, output_per_mtok: 5}]}'
  const stage = new CostStage(parseConfig(costConfig, yaml), { scopes: [] }, 'traces')
  t.match(run([span], stage), [{ cost: 0.0015, status: 'priced' }])
  t.match(run([{ ...span, scope: 'app' }]), [{ status: 'priced' }], 'elsewhere it may be bought')
})
