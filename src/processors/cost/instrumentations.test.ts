// Spans as published instrumentations write them: what a call costs, and who repeats it.

import t from 'tap'
import { call, price, run, type SpanInput, usage } from './priced-spans.oracle.ts'

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
    'LangChain4j in Quarkus, which names providers in its own way',
    {
      name: 'completion gpt-4o',
      attributes: {
        'gen_ai.operation.name': 'chat',
        'gen_ai.provider.name': 'azure_open_ai',
        'gen_ai.request.model': 'gpt-4o',
        'gen_ai.request.temperature': 0.5,
        'gen_ai.response.id': 'chatcmpl-2',
        'gen_ai.response.model': 'gpt-4o-2024-08-06',
        'gen_ai.usage.completion_tokens': 300,
        'gen_ai.usage.prompt_tokens': 1200,
        'gen_ai.client.estimated_cost': 'Cost[number=0.1, currencyCode=USD]',
      },
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o-2024-08-06', 'azure'),
  ],
  [
    "LangChain4j in OpenInference's listener",
    {
      name: 'generate',
      attributes: {
        'openinference.span.kind': 'LLM',
        'llm.model_name': 'gpt-4o',
        'llm.system': 'langchain4j',
        'llm.token_count.prompt': 1200,
        'llm.token_count.completion': 300,
        'llm.token_count.total': 1500,
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

t.test("Claude Code's spans have the conventions' count beside its own: cached tokens stand in that one", async t => {
  const attributes = {
    'span.type': 'llm_request',
    model: 'claude-sonnet-4-5-20250929',
    'gen_ai.provider.name': 'anthropic',
    'gen_ai.request.model': 'claude-sonnet-4-5-20250929',
    'gen_ai.operation.name': 'chat',
    input_tokens: 474,
    output_tokens: 212,
    cache_read_tokens: 65,
    cache_creation_tokens: 289,
    'gen_ai.usage.input_tokens': 828,
    'gen_ai.usage.output_tokens': 212,
    'gen_ai.usage.cache_read.input_tokens': 65,
    'gen_ai.usage.cache_write.input_tokens': 289,
  }
  const [{ cost } = {}] = run([
    { name: 'claude_code.llm_request', attributes, scope: 'com.anthropic.claude_code.tracing' },
  ])
  const expected = price(
    { input_tokens: 828, output_tokens: 212, cache_read_tokens: 65, cache_write_tokens: 289 },
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

t.test('where tokens have a price, those of the side without one cost nothing', async t => {
  const attributes = { ...call, 'gen_ai.request.model': 'text-embedding-3-small', 'gen_ai.usage.output_tokens': 7 }
  t.match(run([{ attributes }]), [{ cost: 0, status: 'priced' }])
  t.equal(price({ input_tokens: 0, output_tokens: 7 }, 'text-embedding-3-small', 'openai'), 0)
})

t.test("Claude Code's fast mode has its own price", async t => {
  const of = (speed: string) =>
    run([
      {
        scope: 'com.anthropic.claude_code.tracing',
        attributes: {
          'span.type': 'llm_request',
          'gen_ai.provider.name': 'anthropic',
          'gen_ai.request.model': 'claude-opus-4-8',
          'gen_ai.operation.name': 'chat',
          speed,
          input_tokens: 1000,
          output_tokens: 100,
        },
      },
    ])[0]!.cost
  const normal = price({ input_tokens: 1000, output_tokens: 100 }, 'claude-opus-4-8', 'anthropic')
  t.equal(of('normal'), normal)
  t.ok(Number(of('fast')) > normal, String(of('fast')))
})
