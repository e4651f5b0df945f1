// Calls that two instrumentations report, or one on two spans: nothing is paid twice.

import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { duplicatesBytes } from './call-duplicates.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'
import { call, price, run, type SpanInput, usage } from './priced-spans.oracle.ts'

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

t.test("LlamaIndex ends a stream's span before the client is asked: spans beside each other are one call", async t => {
  const parentId = '00000000000000a0'
  const lazy = { attributes: { ...call, ...usage }, scope: 'openinference.instrumentation.llama_index', parentId }
  const client = { attributes: { ...call, ...usage }, scope: 'openinference.instrumentation.openai', parentId }
  const more = { ...client, attributes: { ...client.attributes, 'gen_ai.usage.output_tokens': 301 } }
  const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
  t.same(status([client, lazy]), ['priced', 'duplicate'])
  t.same(status([lazy, client]), ['priced', 'duplicate'])
  t.same(status([more, client, lazy]), ['priced', 'priced', 'duplicate'], 'not the first call of the parent')
  t.same(status([lazy, more]), ['priced', 'priced'], 'other counts')
  t.same(status([lazy, lazy, client, client]), ['priced', 'priced', 'duplicate', 'duplicate'], 'two streams')
  t.same(status([client, { ...lazy, parentId: '00000000000000b0' }]), ['priced', 'priced'], 'beside another span')
  t.same(status([client, { ...lazy, scope: 'test' }]), ['priced', 'priced'], 'of any other scope')
})

t.test('traces whose ids are counters are no more one trace than others', async t => {
  const trace = (id: number) => [
    { ...outer, traceIdBytes: Buffer.from(id.toString(16).padStart(32, '0'), 'hex') },
    { ...inner, traceIdBytes: Buffer.from((id + 1).toString(16).padStart(32, '0'), 'hex') },
  ]
  t.same(
    run(trace(1)).map(({ status }) => status),
    ['priced', 'priced'],
    'a parent of the same id in another trace',
  )
  const answered = { ...inner, attributes: { ...inner.attributes, 'gen_ai.response.id': 'chatcmpl-123' } }
  t.same(
    run(trace(5).map(({ traceIdBytes }) => ({ ...answered, traceIdBytes }))).map(({ status }) => status),
    ['priced', 'priced'],
    'a stand-in that answers with one id',
  )
})

t.test('of thousands of calls whose ids are counters none is taken for another', async t => {
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  let id = 1
  const spans = Array.from({ length: 3000 }, (_, i) => {
    const traceIdBytes = Buffer.from((id++).toString(16).padStart(32, '0'), 'hex')
    const parentId = (id++).toString(16).padStart(16, '0')
    const spanId = (id++).toString(16).padStart(16, '0')
    return { attributes: { ...call, ...usage }, scope: `scope ${i % 7}`, traceIdBytes, spanId, parentId }
  })
  t.same([...new Set(run(spans, stage).map(({ status }) => status))], ['priced'])
})

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
  const below = { ...around, scope: 'elsewhere', traceId: 4, parentId: '00000000000000f1' }
  t.match(run([below], stage), [{ status: 'priced' }], 'not a root')
  const short = { ...attributes, 'gen_ai.response.id': 'chatcmpl-123' }
  t.match(run([{ ...sdk, attributes: short, traceId: 5 }], stage), [{ status: 'priced' }])
  t.match(
    run([{ ...around, scope: 'elsewhere', attributes: short, traceId: 6 }], stage),
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

t.test("a client's span inside one that is current nowhere is that call", async t => {
  const attributes = { ...call, ...usage }
  const chain: SpanInput = {
    attributes,
    scope: 'openinference.instrumentation.langchain',
    traceId: 1,
    parentId: '00000000000000d0',
    tookMs: 30.25,
    laterMs: 5.25,
  }
  const client: SpanInput = {
    attributes,
    scope: 'openinference.instrumentation.openai',
    traceId: 2,
    tookMs: 20.25,
    laterMs: 0.25,
  }
  const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
  t.same(status([client, chain]), ['priced', 'duplicate'])
  t.same(status([chain, client]), ['priced', 'duplicate'], 'whichever comes first')
  const beside = { ...client, traceId: 1, parentId: '00000000000000d9' }
  t.same(status([beside, chain]), ['priced', 'duplicate'], 'in one trace, below another span')
  t.same(status([chain, beside]), ['priced', 'duplicate'])
  const both = [client, { ...client, tookMs: 21.25 }, chain, { ...chain, tookMs: 31.25 }]
  t.same(status(both), ['priced', 'priced', 'duplicate', 'duplicate'], 'two calls at once')
  t.same(status(both.reverse()), ['priced', 'priced', 'duplicate', 'duplicate'])
  const rounded = { ...client, laterMs: 6.25, tookMs: 29.25 }
  t.same(status([rounded, chain]), ['priced', 'duplicate'], 'times in whole milliseconds')
  const twice = { ...client, attributes: { ...attributes, 'gen_ai.usage.output_tokens': 301 } }
  t.same(status([twice, chain]), ['priced', 'duplicate'], 'the first token of a stream counted twice')
  const inJavaScript = { ...client, tookMs: 29.8, laterMs: 4.8 }
  t.same(status([inJavaScript, { ...chain, tookMs: 29.5, laterMs: 4.5 }]), ['priced', 'duplicate'], 'begun at once')
  t.same(status([client, chain, chain]), ['priced', 'duplicate', 'priced'], 'one that nobody instrumented')
  const counts = { 'gen_ai.usage.input_tokens': 1554, 'gen_ai.usage.output_tokens': 207 }
  const telling = [client, { ...chain, tookMs: 9000.25 }].map(span => ({
    ...span,
    attributes: { ...span.attributes, ...counts },
  }))
  t.same(status(telling), ['priced', 'duplicate'], 'one that waited, with counts that no other call has')
  t.same(status(telling.reverse()), ['priced', 'duplicate'])
  const litellm = { ...client, scope: 'openinference.instrumentation.litellm', tookMs: 25, laterMs: 2 }
  t.same(status([client, chain, { ...litellm, parentId: '00000000000000d7' }]), ['priced', 'duplicate', 'priced'])
  const stage = new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')
  const again = [
    { ...client, spanId: '00000000000000e1' },
    { ...chain, spanId: '00000000000000e2' },
  ]
  const first = run(again, stage)
  t.match(run(again, stage), first, 'sent again, they are no others')

  for (const [why, spans] of [
    ['before it', [{ ...client, laterMs: -100.75 }, chain]],
    ['begins before it', [{ ...client, tookMs: 40.25 }, chain]],
    ['ends behind it', [{ ...client, laterMs: 8.25 }, chain]],
    ['at exactly the same time', [{ ...client, tookMs: 30.25, laterMs: 5.25 }, chain]],
    [
      'in times that nobody measured',
      [
        { ...client, tookMs: 20, laterMs: 3 },
        { ...chain, tookMs: 30, laterMs: 5 },
      ],
    ],
    ['inside one that does much else', [client, { ...chain, tookMs: 3000.25 }]],
    ['ends later by what it begins later', [{ ...client, tookMs: 30.25, laterMs: 6.25 }, chain]],
    ['counts other tokens', [{ ...client, attributes: { ...attributes, 'gen_ai.usage.input_tokens': 1201 } }, chain]],
    ['another model', [{ ...client, attributes: { ...attributes, 'gen_ai.request.model': 'gpt-4o-mini' } }, chain]],
    ['below a span of another trace', [{ ...client, parentId: '00000000000000d9' }, chain]],
    ['inside one that makes its spans current', [client, { ...chain, scope: 'opentelemetry.instrumentation.crewai' }]],
  ] as [string, SpanInput[]][]) {
    t.same(status(spans), ['priced', 'priced'], why)
    t.same(status([...spans].reverse()), ['priced', 'priced'], why)
  }
})

t.test('a LlamaIndex stream and its client as roots of two traces are one call', async t => {
  const attributes = { ...call, ...usage }
  const lazy: SpanInput = { attributes, scope: 'openinference.instrumentation.llama_index', traceId: 1, tookMs: 2 }
  const client: SpanInput = {
    attributes,
    scope: 'openinference.instrumentation.openai',
    traceId: 2,
    tookMs: 800.25,
    laterMs: 850.25,
  }
  const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
  t.same(status([lazy, client]), ['priced', 'duplicate'])
  t.same(status([client, lazy]), ['priced', 'duplicate'])
  t.same(status([{ ...client, laterMs: -5 }, lazy]), ['priced', 'priced'], 'a call before it')
})

t.test('products that write all spans under one name: a framework around its client is one call', async t => {
  const framework = { ...outer, scope: 'openlit.otel.tracing' }
  const client = { ...inner, scope: 'openlit.otel.tracing' }
  const guessing = { ...framework, attributes: { ...call, 'gen_ai.usage.output_tokens': 9 } }
  const status = (spans: readonly SpanInput[]) => run(spans).map(each => each.status)
  t.same(status([client, framework]), ['priced', 'duplicate'])
  t.same(status([framework, client]), ['priced', 'duplicate'])
  t.same(
    status([client, guessing]),
    ['priced', 'duplicate'],
    'what came out is guessed, and nothing known of what went in',
  )
  t.same(status([client, { ...client, spanId: '00000000000000a9' }]), ['priced', 'priced'], 'beside each other')
})

t.test("a client's own span inside an instrumentation's inside a framework's is one call", async t => {
  const attributes = { ...sdkCall, 'gen_ai.request.model': 'claude-sonnet-4-5-20250929' }
  const sdk: SpanInput = { attributes, scope: 'com.anthropic.sdk.typescript', traceId: 1, tookMs: 20.25, laterMs: 0.25 }
  const around: SpanInput = {
    attributes,
    scope: '@arizeai/openinference-instrumentation-anthropic',
    traceId: 2,
    tookMs: 30.25,
    laterMs: 2.25,
  }
  const chain: SpanInput = {
    attributes,
    scope: '@arizeai/openinference-instrumentation-langchain',
    traceId: 3,
    tookMs: 40.25,
    laterMs: 4.25,
  }
  const within = { ...sdk, traceId: 2, spanId: '00000000000000f2', parentId: '00000000000000f1' }
  const root = { ...around, spanId: '00000000000000f1' }
  t.same(
    run([within, root, chain]).map(({ status }) => status),
    ['priced', 'duplicate', 'duplicate'],
    'where a parent joins two of the three',
  )
  t.same(
    run([chain, within, root]).map(({ status }) => status),
    ['priced', 'duplicate', 'duplicate'],
  )
  t.same(
    run([{ ...sdk, tookMs: 29.25, laterMs: 0.25 }, around]).map(({ status }) => status),
    ['priced', 'duplicate'],
    'begun a moment before it',
  )
  for (const spans of [
    [sdk, around, chain],
    [chain, around, sdk],
    [around, sdk, chain],
    [around, chain, sdk],
  ]) {
    t.same(
      run(spans)
        .map(({ status }) => status)
        .sort(),
      ['duplicate', 'duplicate', 'priced'],
    )
  }
})
