// Usage as providers answer it, as the usual instrumentations write it on spans, against arithmetic by hand.
import t from 'tap'
import { parseConfig } from '../../config/parse-config.ts'
import { StageWalk } from '../../pdata/stage-walk.ts'
import { decodePlain, encodePlain, type Plain } from '../../testkit/otlp-oracle.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'

type Attributes = Readonly<Record<string, string | number>>

const endNs = String(BigInt(Date.UTC(2026, 10, 1, 12)) * 1_000_000n)

/** `gen_ai.usage.cost` of a call with these attributes. */
function costOf(attributes: Attributes): number {
  const pairs = Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'string' ? { stringValue: value } : { intValue: value },
  }))
  const span = { name: 'call', startTimeUnixNano: endNs, endTimeUnixNano: endNs, attributes: pairs }
  const bytes = encodePlain('traces', { resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] })
  const out = new StageWalk('traces', [new CostStage(parseConfig(costConfig, '{}'), { scopes: [] }, 'traces')]).run(
    bytes,
  )
  const text = JSON.stringify(decodePlain('traces', out))
  const decoded = JSON.parse(text) as { resourceSpans: { scopeSpans: { spans: { attributes: Plain[] }[] }[] }[] }
  const found = decoded.resourceSpans[0]!.scopeSpans[0]!.spans[0]!.attributes.find(
    pair => pair['key'] === 'gen_ai.usage.cost',
  )
  return Number((found?.['value'] as Plain | undefined)?.['doubleValue'])
}

const genAi = (provider: string, model: string, counts: Readonly<Record<string, number>>): Attributes => ({
  'gen_ai.operation.name': 'chat',
  'gen_ai.provider.name': provider,
  'gen_ai.request.model': model,
  ...Object.fromEntries(Object.entries(counts).map(([key, count]) => [`gen_ai.usage.${key}`, count])),
})
const aiSdk = (
  provider: string,
  model: string,
  counts: Readonly<Record<string, number>>,
  metadata = '',
): Attributes => ({
  'ai.operationId': 'ai.generateText.doGenerate',
  'ai.model.provider': provider,
  'ai.model.id': model,
  ...Object.fromEntries(Object.entries(counts).map(([key, count]) => [`ai.usage.${key}`, count])),
  ...(metadata !== '' && { 'ai.response.providerMetadata': metadata }),
})

/** Dollars of a million tokens times tokens, in dollars. */
const sum = (...parts: readonly (readonly [rate: number, tokens: number])[]) =>
  parts.reduce((cost, [rate, tokens]) => cost + rate * tokens, 0) / 1e6

for (const [what, attributes, expected] of [
  [
    'OpenAI chat: {prompt_tokens: 2006, cached_tokens: 1920, completion_tokens: 300}',
    genAi('openai', 'gpt-4o-2024-08-06', {
      input_tokens: 2006,
      output_tokens: 300,
      'cache_read.input_tokens': 1920,
    }),
    sum([2.5, 86], [1.25, 1920], [10, 300]),
  ],
  [
    'OpenAI responses: {input_tokens: 3500, cached: 1024, output_tokens: 1800, reasoning: 1536}',
    genAi('openai', 'gpt-5', {
      input_tokens: 3500,
      output_tokens: 1800,
      total_tokens: 5300,
      'cache_read.input_tokens': 1024,
      'reasoning.output_tokens': 1536,
    }),
    sum([1.25, 2476], [0.125, 1024], [10, 1800]),
  ],
  [
    'OpenAI o4-mini of OpenInference, reasoning inside the completion',
    {
      'openinference.span.kind': 'LLM',
      'llm.provider': 'openai',
      'llm.model_name': 'o4-mini-2025-04-16',
      'llm.token_count.prompt': 75,
      'llm.token_count.completion': 1186,
      'llm.token_count.total': 1261,
      'llm.token_count.completion_details.reasoning': 1024,
    },
    sum([1.1, 75], [4.4, 1186]),
  ],
  [
    'OpenAI embeddings: {prompt_tokens: 8000, total_tokens: 8000}',
    { ...genAi('openai', 'text-embedding-3-small', { input_tokens: 8000 }), 'gen_ai.operation.name': 'embeddings' },
    sum([0.02, 8000]),
  ],
  [
    'embeddings of OpenInference, which names no provider',
    {
      'openinference.span.kind': 'EMBEDDING',
      'embedding.model_name': 'text-embedding-3-small',
      'llm.token_count.prompt': 8000,
    },
    sum([0.02, 8000]),
  ],
  [
    'Anthropic, a raw body: {input: 21, cache_creation: 188086, cache_read: 0, output: 393}',
    genAi('anthropic', 'claude-haiku-4-5-20251001', {
      input_tokens: 21,
      output_tokens: 393,
      cache_creation_input_tokens: 188086,
      cache_read_input_tokens: 0,
    }),
    sum([1, 21], [1.25, 188086], [5, 393]),
  ],
  [
    'Anthropic by the conventions, the cache in the input',
    genAi('anthropic', 'claude-sonnet-4-5-20250929', {
      input_tokens: 12_100,
      output_tokens: 500,
      'cache_read.input_tokens': 10_000,
      'cache_creation.input_tokens': 2000,
    }),
    sum([3, 100], [0.3, 10_000], [3.75, 2000], [15, 500]),
  ],
  [
    'Anthropic of the AI SDK 5 with writes of five minutes and an hour, more input than cache',
    aiSdk(
      'anthropic.messages',
      'claude-sonnet-4-5-20250929',
      { inputTokens: 2048, outputTokens: 503, totalTokens: 2551, cachedInputTokens: 1000 },
      JSON.stringify({
        anthropic: {
          usage: {
            input_tokens: 2048,
            cache_creation_input_tokens: 556,
            cache_read_input_tokens: 1000,
            cache_creation: { ephemeral_5m_input_tokens: 456, ephemeral_1h_input_tokens: 100 },
            output_tokens: 503,
            service_tier: 'standard',
          },
          cacheCreationInputTokens: 556,
        },
      }),
    ),
    sum([3, 2048], [0.3, 1000], [3.75, 456], [6, 100], [15, 503]),
  ],
  [
    'Anthropic above 200 000 tokens of input',
    genAi('anthropic', 'claude-sonnet-4-5', { input_tokens: 250_000, output_tokens: 1000 }),
    sum([6, 250_000], [22.5, 1000]),
  ],
  [
    'Gemini of the AI SDK 5: {prompt: 1000, cached: 600, candidates: 200, thoughts: 300, total: 1500}',
    aiSdk('google.generative-ai', 'gemini-2.5-pro', {
      inputTokens: 1000,
      outputTokens: 200,
      totalTokens: 1500,
      reasoningTokens: 300,
      cachedInputTokens: 600,
    }),
    sum([1.25, 400], [0.125, 600], [10, 500]),
  ],
  [
    'Gemini by the conventions, thoughts in the output',
    genAi('gcp.gemini', 'models/gemini-2.5-flash', {
      input_tokens: 1000,
      output_tokens: 500,
      'cache_read.input_tokens': 600,
      'reasoning.output_tokens': 300,
    }),
    sum([0.3, 400], [0.03, 600], [2.5, 500]),
  ],
  [
    'Bedrock converse: {inputTokens: 300, outputTokens: 100, cacheReadInputTokens: 200, totalTokens: 600}',
    genAi('aws.bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', {
      input_tokens: 300,
      output_tokens: 100,
      total_tokens: 600,
      cache_read_input_tokens: 200,
    }),
    sum([3.3, 300], [0.33, 200], [16.5, 100]),
  ],
  [
    'Bedrock, Amazon Nova',
    genAi('aws.bedrock', 'amazon.nova-pro-v1:0', { input_tokens: 1000, output_tokens: 200 }),
    sum([0.8, 1000], [3.2, 200]),
  ],
  [
    'Azure, a deployment whose answer names the model',
    {
      ...genAi('azure.ai.openai', 'my-deployment', { input_tokens: 1000, output_tokens: 100 }),
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
    },
    sum([2.5, 1000], [10, 100]),
  ],
  [
    'Mistral: {prompt_tokens: 1400, completion_tokens: 250}',
    genAi('mistral_ai', 'mistral-small-latest', { input_tokens: 1400, output_tokens: 250 }),
    sum([0.15, 1400], [0.6, 250]),
  ],
  [
    'DeepSeek at noon: {prompt_tokens: 1500, prompt_cache_hit_tokens: 1024, completion_tokens: 200}',
    genAi('deepseek', 'deepseek-chat', { input_tokens: 1500, output_tokens: 200, 'cache_read.input_tokens': 1024 }),
    sum([0.27, 476], [0.07, 1024], [1.1, 200]),
  ],
  [
    'Groq: {prompt_tokens: 38, completion_tokens: 162}',
    genAi('groq', 'llama-3.3-70b-versatile', { input_tokens: 38, output_tokens: 162 }),
    sum([0.59, 38], [0.79, 162]),
  ],
  [
    'Grok, reasoning beside the completion: {prompt: 32, completion: 9, reasoning: 283, total: 324}',
    {
      'gen_ai.system': 'xai',
      'gen_ai.request.model': 'grok-4',
      'gen_ai.usage.prompt_tokens': 32,
      'gen_ai.usage.completion_tokens': 9,
      'llm.usage.total_tokens': 324,
      'llm.usage.reasoning_tokens': 283,
    },
    sum([3, 32], [15, 292]),
  ],
  [
    'OpenRouter, which says what it took',
    {
      ...genAi('openrouter', 'anthropic/claude-sonnet-4.5', { input_tokens: 194, output_tokens: 2 }),
      'gen_ai.usage.cost': '0.00095',
    },
    0.00095,
  ],
  [
    'OpenRouter, which does not',
    genAi('openrouter', 'anthropic/claude-sonnet-4.5', { input_tokens: 194, output_tokens: 2 }),
    sum([3, 194], [15, 2]),
  ],
  [
    'Cohere: billed units {input_tokens: 67, output_tokens: 389}',
    genAi('cohere', 'command-r-plus-08-2024', { input_tokens: 67, output_tokens: 389 }),
    sum([2.5, 67], [10, 389]),
  ],
  [
    'Perplexity, which takes money for the request too',
    genAi('perplexity', 'sonar-pro', { input_tokens: 100, output_tokens: 400 }),
    sum([3, 100], [15, 400]) + 0.014,
  ],
  [
    'Langfuse: disjoint counts of a cached and reasoning call',
    {
      'langfuse.observation.type': 'generation',
      'langfuse.observation.model.name': 'gpt-5',
      'langfuse.observation.usage_details':
        '{"input":2476,"output":264,"input_cached_tokens":1024,"output_reasoning_tokens":1536,"total":5300}',
    },
    sum([1.25, 2476], [0.125, 1024], [10, 1800]),
  ],
] as const satisfies readonly (readonly [string, Attributes, number])[]) {
  t.test(what, async t => {
    const cost = costOf(attributes)
    t.ok(Math.abs(cost - expected) <= 1e-12, `expected ${expected}, found ${cost}`)
  })
}
