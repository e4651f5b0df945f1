import { isObject, parseObject } from './json-object.ts'
import { firstCount as first, type ReportedUsage } from './usage.ts'
import { readUsageBody, tierOf } from './usage-body.ts'

/**
 * What only the AI SDK's `ai.response.providerMetadata` tells: Anthropic's cache writes by lifetime, cached and reasoning
 * tokens of OpenAI. Fills what the span itself left open; says nothing about text that is no such JSON. Returns the
 * service tier named there, empty if none, and what a gateway says that it took; NaN if none does.
 */
export function readProviderMetadata(text: string, usage: ReportedUsage): { tier: string; cost: number } {
  const root = parseObject(text)
  let tier = ''
  let cost = Number.NaN
  for (const vendor of Object.values(root)) {
    if (!isObject(vendor)) continue
    const body = [vendor['usage'], vendor['usageMetadata']].find(isObject) ?? vendor
    const creation = isObject(body['cache_creation']) ? body['cache_creation'] : {}
    usage.cacheWrite1h = first(usage.cacheWrite1h, creation['ephemeral_1h_input_tokens'])
    usage.cacheWrite5m = first(usage.cacheWrite5m, creation['ephemeral_5m_input_tokens'])
    usage.cacheWrite = first(
      usage.cacheWrite,
      body['cache_creation_input_tokens'] ?? vendor['cacheCreationInputTokens'],
    )
    usage.cacheWrite = first(usage.cacheWrite, body['cacheWriteInputTokens'])
    usage.cacheRead = first(
      usage.cacheRead,
      body['cache_read_input_tokens'] ??
        body['cacheReadInputTokens'] ??
        vendor['cachedPromptTokens'] ??
        body['cachedContentTokenCount'] ??
        vendor['promptCacheHitTokens'],
    )
    usage.total = first(usage.total, body['totalTokens'] ?? body['totalTokenCount'])
    // Anthropic's own body counts cached tokens beside its input; a span with the same input does too.
    if ('cache_read_input_tokens' in body && body['input_tokens'] === usage.input) {
      usage.uncachedInput = usage.input
      usage.input = Number.NaN
    }
    usage.reasoning = first(usage.reasoning, vendor['reasoningTokens'] ?? body['thoughtsTokenCount'])
    const named = vendor['serviceTier']
    tier = tierOf(body) || (typeof named === 'string' ? named : tier)
    // OpenRouter has a number beside its counts, the AI gateway a text.
    const paid = body['cost']
    if (typeof paid === 'number' || (typeof paid === 'string' && paid !== '')) cost = Number(paid)
  }
  return { tier, cost }
}

/**
 * Langfuse's `usage_details`: a JSON object of counts by its own names. By its rule they are disjoint, cached tokens and speech
 * are no part of `input` and reasoning none of `output`; a total that is the sum of these two alone says otherwise. Its client
 * of OpenAI writes the provider's usage as it is, whose details are objects.
 */
export function readUsageDetails(text: string, usage: ReportedUsage): void {
  const root = parseObject(text)
  if (Object.values(root).some(isObject)) {
    readUsageBody(text, usage)
    return
  }
  usage.input = first(usage.input, root['input'] ?? root['prompt_tokens'] ?? root['input_tokens'])
  usage.output = first(usage.output, root['output'] ?? root['completion_tokens'] ?? root['output_tokens'])
  usage.total = first(usage.total, root['total'] ?? root['total_tokens'])
  usage.cacheRead = first(
    usage.cacheRead,
    root['cache_read_input_tokens'] ?? root['input_cached_tokens'] ?? root['input_cache_read'],
  )
  usage.cacheWrite = first(usage.cacheWrite, root['cache_creation_input_tokens'] ?? root['input_cache_creation'])
  usage.cacheWrite5m = first(usage.cacheWrite5m, root['input_ephemeral_5m_input_tokens'])
  usage.cacheWrite1h = first(usage.cacheWrite1h, root['input_ephemeral_1h_input_tokens'])
  usage.reasoning = first(usage.reasoning, root['output_reasoning_tokens'] ?? root['output_reasoning'])
  usage.inputAudio = first(usage.inputAudio, root['input_audio_tokens'] ?? root['input_audio'])
  usage.outputAudio = first(usage.outputAudio, root['output_audio_tokens'] ?? root['output_audio'])
  if (usage.total === usage.input + usage.output) return
  if (usage.inputAudio > 0) usage.input += usage.inputAudio
  if (usage.cacheRead > 0 || usage.cacheWrite > 0 || usage.cacheWrite5m > 0 || usage.cacheWrite1h > 0) {
    usage.uncachedInput = usage.input
    usage.input = Number.NaN
  }
  if (usage.reasoning > 0) usage.output += usage.reasoning
  if (usage.outputAudio > 0) usage.output += usage.outputAudio
}

/**
 * Usage as JSON whose input counts cached tokens too: LangChain's metadata, as LangSmith's exporter writes it, MLflow's
 * token usage, Braintrust's and LangWatch's metrics.
 */
export function readUsageMetadata(text: string, usage: ReportedUsage): void {
  const whole = parseObject(text)
  const root = isObject(whole['value']) ? whole['value'] : whole
  usage.input = first(usage.input, root['input_tokens'] ?? root['prompt_tokens'] ?? root['promptTokens'])
  usage.output = first(usage.output, root['output_tokens'] ?? root['completion_tokens'] ?? root['completionTokens'])
  usage.total = first(usage.total, root['total_tokens'] ?? root['tokens'])
  usage.cacheRead = first(usage.cacheRead, root['cache_read_input_tokens'] ?? root['prompt_cached_tokens'])
  usage.cacheWrite = first(
    usage.cacheWrite,
    root['cache_creation_input_tokens'] ?? root['prompt_cache_creation_tokens'],
  )
  usage.cacheWrite5m = first(usage.cacheWrite5m, root['prompt_cache_creation_5m_tokens'])
  usage.cacheWrite1h = first(
    usage.cacheWrite1h,
    root['cache_creation_input_tokens_above_1hr'] ?? root['prompt_cache_creation_1h_tokens'],
  )
  usage.reasoning = first(usage.reasoning, root['completion_reasoning_tokens'])
  if (isObject(root['input_token_details'])) readInputDetails(root['input_token_details'], usage)
  if (isObject(root['output_token_details'])) readOutputDetails(root['output_token_details'], usage)
}

/** The parts of an input or output count, written as JSON beside it. */
export function readTokenDetails(input: string, output: string, usage: ReportedUsage): void {
  readInputDetails(parseObject(input), usage)
  readOutputDetails(parseObject(output), usage)
}

function readInputDetails(details: Readonly<Record<string, unknown>>, usage: ReportedUsage): void {
  usage.cacheRead = first(usage.cacheRead, details['cache_read'])
  usage.cacheWrite = first(usage.cacheWrite, details['cache_creation'])
  usage.cacheWrite5m = first(usage.cacheWrite5m, details['ephemeral_5m_input_tokens'])
  usage.cacheWrite1h = first(usage.cacheWrite1h, details['ephemeral_1h_input_tokens'])
  usage.inputAudio = first(usage.inputAudio, details['audio'])
}

function readOutputDetails(details: Readonly<Record<string, unknown>>, usage: ReportedUsage): void {
  usage.reasoning = first(usage.reasoning, details['reasoning'])
  usage.outputAudio = first(usage.outputAudio, details['audio'])
}

/** Langfuse's `cost_details` and MLflow's cost: the total, or the sum of the parts; NaN where it has none. */
export function costOfDetails(text: string): number {
  const root = parseObject(text)
  const total = root['total'] ?? root['total_cost']
  if (typeof total === 'number') return total
  const parts = Object.values(root).filter(part => typeof part === 'number')
  return parts.length === 0 ? Number.NaN : parts.reduce((sum, part) => sum + part, 0)
}
