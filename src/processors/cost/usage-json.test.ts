// Usage that stands on a span as JSON: a provider's own body, the AI SDK's metadata, and what others make of them.

import t from 'tap'
import { type Attributes, price, run } from './priced-spans.oracle.ts'

const body = (provider: string, model: string, raw: object, more: Attributes = {}): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': model,
  'gen_ai.usage.raw': JSON.stringify(raw),
  ...more,
})
const nova = 'amazon.nova-pro-v1:0'
const sonnet = 'claude-sonnet-4-5-20250929'
const sonnetOnBedrock = 'us.anthropic.claude-sonnet-4-5-20250929-v1:0'

for (const [title, attributes, expected] of [
  [
    'embeddings of OpenAI, the only place of their count',
    {
      ...body('openai', 'text-embedding-3-small', { prompt_tokens: 1000, total_tokens: 1000 }),
      'gen_ai.operation.name': 'embeddings',
    },
    price({ input_tokens: 1000 }, 'text-embedding-3-small', 'openai'),
  ],
  [
    'a chat of OpenAI with speech',
    body('openai', 'gpt-4o-audio-preview', {
      prompt_tokens: 1200,
      completion_tokens: 300,
      total_tokens: 1500,
      prompt_tokens_details: { audio_tokens: 1000, cached_tokens: 0 },
      completion_tokens_details: { audio_tokens: 200, reasoning_tokens: 0 },
    }),
    price(
      { input_tokens: 1200, output_tokens: 300, input_audio_tokens: 1000, output_audio_tokens: 200 },
      'gpt-4o-audio-preview',
      'openai',
    ),
  ],
  [
    'a realtime answer whose cached part is speech',
    body('openai', 'gpt-realtime', {
      input_tokens: 1000,
      output_tokens: 200,
      total_tokens: 1200,
      input_tokens_details: {
        audio_tokens: 800,
        cached_tokens: 600,
        cached_tokens_details: { text_tokens: 0, audio_tokens: 600 },
      },
      output_tokens_details: { audio_tokens: 150 },
    }),
    price(
      {
        input_tokens: 1000,
        output_tokens: 200,
        input_audio_tokens: 800,
        cache_read_tokens: 600,
        cache_audio_read_tokens: 600,
        output_audio_tokens: 150,
      },
      'gpt-realtime',
      'openai',
    ),
  ],
  [
    "Anthropic's own, cached tokens beside the input",
    body('anthropic', sonnet, {
      input_tokens: 5000,
      cache_read_input_tokens: 1500,
      cache_creation_input_tokens: 3000,
      cache_creation: { ephemeral_5m_input_tokens: 2000, ephemeral_1h_input_tokens: 1000 },
      output_tokens: 200,
      service_tier: 'standard',
    }),
    price(
      {
        input_tokens: 9500,
        output_tokens: 200,
        cache_read_tokens: 1500,
        cache_write_tokens: 3000,
        cache_write_1h_tokens: 1000,
      },
      sonnet,
      'anthropic',
    ),
  ],
  [
    "Anthropic's own beside an input with the cached tokens in it",
    body(
      'anthropic',
      sonnet,
      { input_tokens: 5000, cache_read_input_tokens: 1500, cache_creation_input_tokens: 0, output_tokens: 200 },
      { 'gen_ai.usage.input_tokens': 6500, 'gen_ai.usage.output_tokens': 200 },
    ),
    price({ input_tokens: 6500, output_tokens: 200, cache_read_tokens: 1500 }, sonnet, 'anthropic'),
  ],
  [
    'Gemini with thoughts, a tool that reads, and the cache',
    body('gcp.gemini', 'gemini-2.5-flash', {
      promptTokenCount: 1000,
      candidatesTokenCount: 200,
      thoughtsTokenCount: 300,
      toolUsePromptTokenCount: 400,
      cachedContentTokenCount: 600,
      totalTokenCount: 1900,
    }),
    price({ input_tokens: 1400, output_tokens: 500, cache_read_tokens: 600 }, 'gemini-2.5-flash', 'google'),
  ],
  [
    "Gemini's interactions",
    body('gcp.gemini', 'gemini-2.5-flash', {
      total_input_tokens: 9,
      total_cached_tokens: 0,
      total_output_tokens: 13,
      total_tool_use_tokens: 0,
      total_thought_tokens: 207,
      total_tokens: 229,
    }),
    price({ input_tokens: 9, output_tokens: 220 }, 'gemini-2.5-flash', 'google'),
  ],
  [
    'seven seconds of speech: 0.36 dollars an hour',
    body('openai', 'whisper-1', { type: 'duration', seconds: 7 }),
    (7 * 0.36) / 3600,
  ],
  [
    "Bedrock's converse",
    body('aws.bedrock', sonnetOnBedrock, {
      inputTokens: 300,
      outputTokens: 100,
      cacheReadInputTokens: 200,
      cacheWriteInputTokens: 0,
      totalTokens: 600,
    }),
    price({ input_tokens: 500, output_tokens: 100, cache_read_tokens: 200 }, sonnetOnBedrock, 'aws'),
  ],
  [
    'Nova without a cache',
    body('aws.bedrock', nova, { inputTokens: 300, outputTokens: 100, totalTokens: 400 }),
    price({ input_tokens: 300, output_tokens: 100 }, nova, 'aws'),
  ],
  [
    'Cohere, which bills less than it counts',
    body('cohere', 'command-r-08-2024', {
      billed_units: { input_tokens: 12, output_tokens: 36 },
      tokens: { input_tokens: 212, output_tokens: 36 },
      cached_tokens: 208,
    }),
    price({ input_tokens: 12, output_tokens: 36 }, 'command-r-08-2024', 'cohere'),
  ],
  [
    'DeepSeek',
    body('deepseek', 'deepseek-chat', {
      prompt_tokens: 1500,
      completion_tokens: 200,
      total_tokens: 1700,
      prompt_cache_hit_tokens: 1024,
      prompt_cache_miss_tokens: 476,
    }),
    price({ input_tokens: 1500, output_tokens: 200, cache_read_tokens: 1024 }, 'deepseek-chat', 'deepseek'),
  ],
  [
    'xAI, which says what it took: 1 * 0.30 + 11 * 0.075 + 342 * 0.50 dollars a million',
    body('xai', 'grok-3-mini', {
      prompt_tokens: 12,
      completion_tokens: 2,
      total_tokens: 354,
      prompt_tokens_details: { cached_tokens: 11 },
      completion_tokens_details: { reasoning_tokens: 340 },
      cost_in_usd_ticks: 1_721_250,
    }),
    (0.3 + 11 * 0.075 + 342 * 0.5) / 1e6,
  ],
  [
    'OpenRouter, which says what it took',
    body('openrouter', 'openai/gpt-4o', { prompt_tokens: 12, completion_tokens: 2, total_tokens: 14, cost: 0.0125 }),
    0.0125,
  ],
  [
    'the AI SDK on OpenRouter',
    {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': 'openrouter',
      'ai.model.id': 'openai/gpt-4o',
      'ai.usage.inputTokens': 100,
      'ai.usage.outputTokens': 10,
      'ai.response.providerMetadata':
        '{"openrouter":{"usage":{"promptTokens":100,"completionTokens":10,"cost":0.0021}}}',
    },
    0.0021,
  ],
  [
    "the AI SDK behind the vendor's gateway",
    {
      'ai.operationId': 'ai.streamText.doStream',
      'ai.model.provider': 'gateway',
      'ai.model.id': 'openai/gpt-4o',
      'ai.usage.inputTokens': 100,
      'ai.usage.outputTokens': 10,
      'ai.response.providerMetadata': '{"gateway":{"routing":{},"cost":"0.0034"}}',
    },
    0.0034,
  ],
  [
    'the AI SDK 4 on Bedrock, whose total has the cached tokens',
    {
      'ai.operationId': 'ai.generateText.doGenerate',
      'ai.model.provider': 'amazon-bedrock',
      'ai.model.id': sonnetOnBedrock,
      'gen_ai.usage.input_tokens': 5734,
      'gen_ai.usage.output_tokens': 178,
      'ai.response.providerMetadata':
        '{"bedrock":{"usage":{"inputTokens":5734,"outputTokens":178,"totalTokens":10394,"cacheReadInputTokens":4482,"cacheWriteInputTokens":0}}}',
    },
    price({ input_tokens: 10_216, output_tokens: 178, cache_read_tokens: 4482 }, sonnetOnBedrock, 'aws'),
  ],
  [
    'LangWatch, counts in an envelope',
    {
      'langwatch.span.type': 'llm',
      'gen_ai.request.model': 'gpt-4o',
      'langwatch.metrics': '{"type":"json","value":{"promptTokens":1200,"completionTokens":300}}',
    },
    price({ input_tokens: 1200, output_tokens: 300 }, 'gpt-4o', 'openai'),
  ],
] as [string, Attributes, number][]) {
  t.test(`prices ${title}`, async t => {
    const [{ cost } = {}] = run([{ attributes }])
    t.ok(Math.abs((cost as number) - expected) <= expected * 1e-12, `${expected}, found ${String(cost)}`)
  })
}

t.test('a body that is none is no usage', async t => {
  for (const raw of ['', '{', '[]', '{"prompt_tokens": "many"}', 'null', '{"usage": 7}']) {
    const attributes = { ...body('openai', 'gpt-4o', {}), 'gen_ai.usage.raw': raw }
    t.match(run([{ attributes }]), [{ cost: undefined, status: 'no_usage' }], raw)
  }
})
