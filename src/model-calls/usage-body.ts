import { isObject, type JsonObject, parseObject } from './json-object.ts'
import { firstCount as first, type ReportedUsage } from './usage.ts'

/** xAI's unit of money. */
const ticksPerDollar = 1e10

/**
 * A provider's own usage, as it stands in the answer of its API: OpenAI's chat and responses, Anthropic's messages, Gemini's
 * `usageMetadata`, Bedrock's converse, Cohere's tokens, and what is made after them. Fills what the span itself left open.
 * Returns what the provider says that the call took, as OpenRouter and xAI do, NaN where it does not, and the service tier.
 */
export function readUsageBody(text: string, usage: ReportedUsage): { cost: number; tier: string } {
  return readBody(parseObject(text), usage)
}

/**
 * Genkit's answer of a model: counts by its own names, and what the provider gave as it is, which says more; that of the Agent
 * Development Kit is Gemini's. Most of it is the text; an answer without usage, such as embeddings, is not parsed.
 */
export function readAnswer(text: string, usage: ReportedUsage): { cost: number; tier: string } {
  if (!text.includes('"usage')) return { cost: Number.NaN, tier: '' }
  const root = parseObject(text)
  if (isObject(root['usageMetadata']) || isObject(root['usage_metadata'])) return readBody(root, usage)
  const own = inner(root, 'usage') ?? {}
  const given = [root['raw'], root['custom']].find(
    body => isObject(body) && (isObject(body['usage']) || isObject(body['usageMetadata'])),
  )
  const found = readBody(isObject(given) ? given : { ...inner(own, 'custom'), ...own }, usage)
  usage.reasoning = first(usage.reasoning, own['thoughtsTokens'])
  usage.cacheRead = first(usage.cacheRead, own['cachedContentTokens'])
  return found
}

function readBody(root: JsonObject, usage: ReportedUsage): { cost: number; tier: string } {
  const body = inner(root, 'usage') ?? inner(root, 'usageMetadata') ?? inner(root, 'usage_metadata') ?? root
  const billed = inner(body, 'billed_units') ?? inner(body, 'tokens') ?? body
  const input =
    body['prompt_tokens'] ??
    billed['input_tokens'] ??
    either(body, 'promptTokenCount', 'inputTokens') ??
    body['prompt_token_count']
  const output =
    body['completion_tokens'] ??
    billed['output_tokens'] ??
    either(body, 'candidatesTokenCount', 'outputTokens') ??
    body['candidates_token_count']
  const hasOwnInput = Number.isNaN(usage.input) || usage.input === input
  usage.input = first(usage.input, input)
  usage.output = first(usage.output, output)
  usage.total = first(
    usage.total,
    body['total_tokens'] ?? either(body, 'totalTokenCount', 'totalTokens') ?? body['total_token_count'],
  )
  readOpenAi(body, usage)
  readGemini(body, usage)
  readInteraction(body, usage)
  // Of a transcription, at OpenAI and at Mistral.
  const seconds = body['type'] === 'duration' ? body['seconds'] : body['prompt_audio_seconds']
  usage.audioSeconds = first(usage.audioSeconds, seconds)
  const isBeside = readDisjointCache(body, usage)
  // A span with another input than this body has counted the cached tokens in.
  if (isBeside && hasOwnInput) {
    usage.uncachedInput = usage.input
    usage.input = Number.NaN
  }
  const ticks = body['cost_in_usd_ticks']
  const cost = typeof ticks === 'number' ? ticks / ticksPerDollar : body['cost']
  return { cost: typeof cost === 'number' ? cost : Number.NaN, tier: tierOf(body) || tierOf(root) }
}

/** Anthropic's fast mode is a tier of its own kind; Vertex says `ON_DEMAND_FLEX`. */
export function tierOf(body: JsonObject): string {
  if (body['speed'] === 'fast') return 'fast'
  const named = body['service_tier']
  if (typeof named === 'string') return named.toLowerCase()
  const traffic = body['trafficType'] ?? body['traffic_type']
  return typeof traffic === 'string' ? (/_(FLEX|PRIORITY)$/.exec(traffic)?.[1] ?? '').toLowerCase() : ''
}

/** Cohere bills nothing for what it had in its cache, which stands in none of its billed counts. */
function readOpenAi(body: JsonObject, usage: ReportedUsage): void {
  const input =
    inner(body, 'prompt_tokens_details') ??
    inner(body, 'input_tokens_details') ??
    inner(body, 'input_token_details') ?? // of a transcription
    {}
  const output = inner(body, 'completion_tokens_details') ?? inner(body, 'output_tokens_details') ?? {}
  usage.cacheRead = first(
    usage.cacheRead,
    input['cached_tokens'] ??
      body['prompt_cache_hit_tokens'] ??
      ('billed_units' in body ? undefined : body['cached_tokens']),
  )
  usage.cacheWrite = first(usage.cacheWrite, input['cache_write_tokens'])
  usage.inputAudio = first(usage.inputAudio, input['audio_tokens'])
  usage.inputImage = first(usage.inputImage, input['image_tokens'])
  const cached = inner(input, 'cached_tokens_details') ?? {}
  usage.cacheReadAudio = first(usage.cacheReadAudio, cached['audio_tokens'])
  usage.reasoning = first(usage.reasoning, output['reasoning_tokens'])
  usage.outputAudio = first(usage.outputAudio, output['audio_tokens'])
  usage.outputImage = first(usage.outputImage, output['image_tokens'])
}

/** Its thinking stands beside the candidates, and what its tools put in beside the prompt. */
function readGemini(body: JsonObject, usage: ReportedUsage): void {
  const thoughts = either(body, 'thoughtsTokenCount', 'thoughts_token_count')
  if (typeof thoughts === 'number' && Number.isNaN(usage.reasoning)) usage.reasoning = thoughts
  const tools = either(body, 'toolUsePromptTokenCount', 'tool_use_prompt_token_count')
  const prompt = either(body, 'promptTokenCount', 'prompt_token_count')
  if (typeof tools === 'number' && usage.input === prompt) usage.input += tools
  usage.cacheRead = first(usage.cacheRead, either(body, 'cachedContentTokenCount', 'cached_content_token_count'))
  usage.inputAudio = first(usage.inputAudio, ofModality(body['promptTokensDetails'], 'AUDIO'))
  usage.cacheReadAudio = first(usage.cacheReadAudio, ofModality(body['cacheTokensDetails'], 'AUDIO'))
  usage.outputAudio = first(usage.outputAudio, ofModality(body['candidatesTokensDetails'], 'AUDIO'))
  usage.outputImage = first(usage.outputImage, ofModality(body['candidatesTokensDetails'], 'IMAGE'))
}

/** Gemini's interactions, which count as its other API does under other names. */
function readInteraction(body: JsonObject, usage: ReportedUsage): void {
  const input = body['total_input_tokens']
  const tools = body['total_tool_use_tokens']
  if (typeof input === 'number' && Number.isNaN(usage.input))
    usage.input = input + (typeof tools === 'number' ? tools : 0)
  usage.output = first(usage.output, body['total_output_tokens'])
  usage.cacheRead = first(usage.cacheRead, body['total_cached_tokens'])
  usage.reasoning = first(usage.reasoning, body['total_thought_tokens'])
}

/** Anthropic and Bedrock count cached tokens beside their input. Whether the body is one of theirs. */
function readDisjointCache(body: JsonObject, usage: ReportedUsage): boolean {
  const read = either(body, 'cache_read_input_tokens', 'cacheReadInputTokens')
  const write = either(body, 'cache_creation_input_tokens', 'cacheWriteInputTokens')
  const creation = inner(body, 'cache_creation') ?? {}
  usage.cacheRead = first(usage.cacheRead, read)
  usage.cacheWrite = first(usage.cacheWrite, write)
  usage.cacheWrite5m = first(usage.cacheWrite5m, creation['ephemeral_5m_input_tokens'])
  usage.cacheWrite1h = first(usage.cacheWrite1h, creation['ephemeral_1h_input_tokens'])
  const tools = inner(body, 'server_tool_use') ?? {}
  usage.webSearches = first(usage.webSearches, tools['web_search_requests'])
  return read !== undefined || write !== undefined
}

function inner(body: JsonObject, key: string): JsonObject | undefined {
  const value = body[key]
  return isObject(value) ? value : undefined
}

function either(body: JsonObject, key: string, other: string): unknown {
  return body[key] ?? body[other]
}

/** Gemini lists the tokens of each kind: `[{modality: 'AUDIO', tokenCount: 7}]`. */
function ofModality(details: unknown, modality: string): unknown {
  if (!Array.isArray(details)) return undefined
  const found: unknown = details.find(part => isObject(part) && part['modality'] === modality)
  return isObject(found) ? found['tokenCount'] : undefined
}
