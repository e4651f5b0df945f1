// Spans around calls, as published instrumentations write them: whose usage is repeated, and whose stands nowhere else.

import t from 'tap'
import { type Attributes, call, price, run, usage } from './priced-spans.oracle.ts'

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
  [
    'a step of LoongSuite',
    { 'gen_ai.span.kind': 'STEP', 'gen_ai.operation.name': 'react', 'gen_ai.request.model': 'gpt-4o' },
  ],
  ['an answer that Laminar had', { 'lmnr.span.type': 'CACHED', 'gen_ai.request.model': 'gpt-4o' }],
  ['a step of Mastra', { 'gen_ai.operation.name': 'model_step', 'gen_ai.request.model': 'gpt-4o' }],
  ['a session of AgentOps', { 'agentops.span.kind': 'session', 'gen_ai.request.model': 'gpt-4o' }],
  ['a parser', { 'langsmith.span.kind': 'parser', 'gen_ai.request.model': 'gpt-4o' }],
  ['a step of the AI SDK', { ...call, 'gen_ai.operation.name': 'agent_step' }, 'step 1'],
  [
    'a run of Pydantic AI 1',
    { model_name: 'gpt-4o', agent_name: 'critic', 'logfire.msg': 'critic run', final_result: 'fine' },
    'critic run',
  ],
] as [string, Attributes, string?][]) {
  t.test(`${title} repeats the usage and has no price`, async t => {
    t.same(run([{ attributes: { ...attributes, ...usage }, ...(name !== undefined && { name }) }]), [
      { cost: undefined, status: undefined, priceId: undefined },
    ])
  })
}

for (const [title, scope, attributes, cost] of [
  [
    'OpenInference on the Claude Agent SDK',
    'openinference.instrumentation.claude_agent_sdk',
    {
      'openinference.span.kind': 'AGENT',
      'llm.model_name': 'claude-sonnet-4-6',
      'llm.token_count.prompt': 3,
      'llm.token_count.completion': 5,
      'llm.token_count.prompt_details.cache_read': 7166,
      'llm.cost.total': 0.01039005,
    },
    0.01039005,
  ],
  [
    'Logfire on the Claude Agent SDK',
    'logfire.claude_agent_sdk',
    {
      'gen_ai.operation.name': 'invoke_agent',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-6',
      'gen_ai.usage.input_tokens': 9344,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.usage.cache_read.input_tokens': 7166,
      'operation.cost': 0.01039005,
    },
    0.01039005,
  ],
] as [string, string, Attributes, number][]) {
  t.test(`${title} says on the run's span alone what it took`, async t => {
    const turn = {
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'anthropic',
      'gen_ai.request.model': 'claude-sonnet-4-6',
      'gen_ai.usage.partial.input_tokens': 9344,
    }
    t.match(
      run([
        { attributes: turn, scope, spanId: '00000000000000a2', parentId: '00000000000000a1' },
        { attributes, scope, spanId: '00000000000000a1' },
      ]),
      [
        { cost: undefined, status: 'no_usage' },
        { cost, status: 'reported' },
      ],
    )
    t.match(run([{ attributes }]), [{ cost: undefined, status: undefined }], 'elsewhere calls inside report the same')
  })
}

t.test('a run of the Claude Agent SDK that OpenInference gives no cost has the price of what it counts', async t => {
  const scope = 'openinference.instrumentation.claude_agent_sdk'
  const attributes = {
    'openinference.span.kind': 'AGENT',
    'llm.system': 'anthropic',
    'llm.provider': 'anthropic',
    'llm.model_name': 'claude-sonnet-4-5-20250929',
    'llm.token_count.prompt': 5100,
    'llm.token_count.completion': 3,
    'llm.token_count.total': 5103,
    'llm.token_count.prompt_details.cache_read': 2795,
    'llm.token_count.prompt_details.cache_write': 1103,
  }
  const subagent = { 'openinference.span.kind': 'AGENT', 'llm.model_name': 'claude-sonnet-4-5-20250929' }
  const expected = price(
    { input_tokens: 5100, output_tokens: 3, cache_read_tokens: 2795, cache_write_tokens: 1103 },
    'claude-sonnet-4-5',
    'anthropic',
  )
  t.match(
    run([
      { name: 'ClaudeAgentSDK.query', attributes, scope },
      { name: 'ClaudeAgentSDK.Subagent', attributes: subagent, scope },
      { name: 'ClaudeAgentSDK.query', attributes, scope: 'elsewhere' },
    ]),
    [
      { cost: expected, status: 'priced' },
      { cost: undefined, status: undefined },
      { cost: undefined, status: undefined },
    ],
  )
})

t.test("AG2's account of a call repeats it, that of what it did beside its calls does not", async t => {
  const scope = 'opentelemetry.instrumentation.ag2'
  const counts = { 'gen_ai.usage.input_tokens': 1661, 'gen_ai.usage.output_tokens': 453 }
  const chat = {
    'ag2.span.type': 'llm',
    'gen_ai.operation.name': 'chat',
    'gen_ai.provider.name': 'openai',
    'gen_ai.request.model': 'gpt-4o-mini-2024-07-18',
    'gen_ai.usage.cache_read_input_tokens': 122,
    ...counts,
  }
  const account = (kind: string) => ({
    'ag2.span.type': 'usage',
    'ag2.usage.kind': kind,
    'gen_ai.provider.name': 'openai',
    'gen_ai.response.model': 'gpt-4o-mini-2024-07-18',
    ...counts,
  })
  t.match(
    run([
      { name: 'chat gpt-4o-mini-2024-07-18', attributes: chat, scope },
      { name: 'record_usage model_call', attributes: account('model_call'), scope },
      { name: 'record_usage compaction', attributes: account('compaction'), scope },
    ]),
    [{ status: 'priced' }, { cost: undefined, status: undefined }, { status: 'priced' }],
  )
})

t.test("VoltAgent's span of an agent repeats what its calls used", async t => {
  const scope = '@voltagent/core'
  const call = {
    'entity.type': 'agent',
    'span.type': 'llm',
    'llm.model': 'gpt-4o',
    'llm.usage.prompt_tokens': 224,
    'llm.usage.completion_tokens': 163,
    'llm.usage.total_tokens': 387,
    'llm.usage.cached_tokens': 116,
  }
  const agent = {
    'entity.type': 'agent',
    'ai.model.name': 'gpt-4o',
    'usage.prompt_tokens': 224,
    'usage.completion_tokens': 163,
    'usage.total_tokens': 387,
    'usage.cached_tokens': 116,
  }
  const own = { 'gen_ai.operation.name': 'chat', ...agent }
  t.match(
    run([
      { name: 'llm:generateText', attributes: call, scope, spanId: '00000000000000a2', parentId: '00000000000000a1' },
      { name: 'helper', attributes: agent, scope, spanId: '00000000000000a1' },
    ]),
    [
      {
        cost: price({ input_tokens: 224, output_tokens: 163, cache_read_tokens: 116 }, 'gpt-4o', 'openai'),
        status: 'priced',
      },
      { cost: undefined, status: undefined },
    ],
  )
  t.match(run([{ attributes: own, scope }]), [{ status: 'priced' }], 'an operation says more')
})
