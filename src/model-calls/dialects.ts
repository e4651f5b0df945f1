/**
 * Where instrumentations write what a call's price depends on. Each role lists attribute keys; the first that a span has
 * is taken. OpenTelemetry's own names come first, then OpenInference, OpenLLMetry, the Vercel AI SDK, Langfuse, Logfire,
 * Sentry, LiteLLM, MLflow, Braintrust, and plain names seen in the wild.
 *
 * Sources: OpenTelemetry GenAI semantic conventions (old and new), OpenInference semantic_conventions.md, the projects'
 * own documentation and published packages.
 */
export const roleKeys = {
  provider: [
    'gen_ai.provider.name',
    'gen_ai.system',
    'llm.provider',
    'ai.model.provider',
    'llm.system',
    'llm.vendor',
    'langfuse.observation.model.provider',
    'litellm.provider',
    'custom_llm_provider',
    'agent.provider',
    'agent.llm.provider',
    'agent.model.provider',
    'model.provider',
    'model_provider',
    'mlflow.llm.provider',
    'provider',
  ],
  responseModel: [
    'gen_ai.response.model',
    'llm.response.model_name',
    'llm.response.model',
    'ai.response.model',
    'langfuse.observation.model.name',
    'langfuse.observation.model',
  ],
  requestModel: [
    'gen_ai.request.model',
    'ai.model.id',
    'llm.request.model_name',
    'llm.request.model',
    'llm.model_name',
    'embedding.model_name',
    'reranker.model_name',
    'llm.model',
    'llm.model.name',
    'litellm.model',
    'agent.model',
    'agent.llm.model',
    'agent.model.name',
    'model_name',
    'model.name',
    'model.id',
    'mlflow.llm.model',
    'model',
    'braintrust.metadata',
  ],
  inputTokens: [
    'gen_ai.usage.input_tokens',
    'gen_ai.usage.prompt_tokens',
    'llm.token_count.prompt',
    'llm.usage.prompt_tokens',
    'llm.usage.input_tokens',
    'ai.usage.inputTokens',
    'ai.usage.promptTokens',
    'ai.usage.tokens',
    'llm.input_tokens',
    'llm.prompt_tokens',
    'llm.token.counts.prompt',
    'llm.tokens.input',
    'llm.tokens.prompt',
    'agent.usage.input_tokens',
    'agent.input_tokens',
    'agent.prompt_tokens',
    'agent.tokens.input',
    'agent.tokens.prompt',
    'usage.input_tokens',
    'usage.prompt_tokens',
    'tokens.input',
    'tokens.prompt',
    'input_tokens',
    'prompt_tokens',
    'input_token_count',
  ],
  outputTokens: [
    'gen_ai.usage.output_tokens',
    'gen_ai.usage.completion_tokens',
    'llm.token_count.completion',
    'llm.usage.completion_tokens',
    'llm.usage.output_tokens',
    'ai.usage.outputTokens',
    'ai.usage.completionTokens',
    'llm.output_tokens',
    'llm.completion_tokens',
    'llm.token.counts.completion',
    'llm.tokens.output',
    'llm.tokens.completion',
    'agent.usage.output_tokens',
    'agent.output_tokens',
    'agent.completion_tokens',
    'agent.tokens.output',
    'agent.tokens.completion',
    'usage.output_tokens',
    'usage.completion_tokens',
    'tokens.output',
    'tokens.completion',
    'output_tokens',
    'completion_tokens',
    'output_token_count',
  ],
  totalTokens: [
    'gen_ai.usage.total_tokens',
    'llm.token_count.total',
    'llm.usage.total_tokens',
    'ai.usage.totalTokens',
    'llm.total_tokens',
    'llm.token.counts.total',
    'llm.tokens.total',
    'agent.total_tokens',
    'agent.tokens.total',
    'usage.total_tokens',
    'tokens.total',
    'total_tokens',
    'total_token_count',
  ],
  cacheReadTokens: [
    'gen_ai.usage.cache_read.input_tokens',
    'gen_ai.usage.cache_read_input_tokens',
    'gen_ai.usage.input_tokens.cached',
    'gen_ai.usage.input_tokens.cache_read',
    'gen_ai.usage.details.cache_read_tokens',
    'gen_ai.usage.details.cache_read_input_tokens',
    'gen_ai.usage.details.cached_tokens',
    'gen_ai.usage.prompt_tokens_details.cached_tokens',
    'gen_ai.usage.cache_read_tokens',
    'gen_ai.usage.cached_tokens',
    'gen_ai.usage.cached_input_tokens',
    'llm.token_count.prompt_details.cache_read',
    'llm.token_count.prompt_details.cache_input',
    'llm.usage.cache_read_input_tokens',
    'llm.usage.cached_tokens',
    'ai.usage.inputTokenDetails.cacheReadTokens',
    'ai.usage.cachedInputTokens',
    'llm.cache_read_tokens',
    'llm.cached_tokens',
    'agent.cache_read_tokens',
    'agent.cached_tokens',
    'cache_read_input_tokens',
    'cache_read_tokens',
    'cached_input_tokens',
    'cached_tokens',
    'cached_token_count',
    'cached_content_token_count',
  ],
  cacheWriteTokens: [
    'gen_ai.usage.cache_creation.input_tokens',
    'gen_ai.usage.cache_creation_input_tokens',
    'gen_ai.usage.cache_write.input_tokens',
    'gen_ai.usage.cache_write_input_tokens',
    'gen_ai.usage.input_tokens.cache_write',
    'gen_ai.usage.details.cache_write_tokens',
    'gen_ai.usage.details.cache_creation_input_tokens',
    'gen_ai.usage.cache_write_tokens',
    'gen_ai.usage.cache_creation_tokens',
    'gen_ai.usage.prompt_tokens_details.cache_creation_tokens',
    'llm.token_count.prompt_details.cache_write',
    'llm.usage.cache_creation_input_tokens',
    'ai.usage.inputTokenDetails.cacheWriteTokens',
    'llm.cache_write_tokens',
    'llm.cache_creation_tokens',
    'agent.cache_write_tokens',
    'cache_creation_input_tokens',
    'cache_write_tokens',
    'cache_creation_tokens',
    'cache_write_token_count',
  ],
  cacheWrite1hTokens: [
    'gen_ai.usage.cache_creation.ephemeral_1h_input_tokens',
    'anthropic.usage.cache_creation.ephemeral_1h_input_tokens',
    'gen_ai.usage.details.ephemeral_1h_input_tokens',
    'gen_ai.usage.details.cache_write_1h_tokens',
  ],
  cacheWrite5mTokens: [
    'gen_ai.usage.cache_creation.ephemeral_5m_input_tokens',
    'anthropic.usage.cache_creation.ephemeral_5m_input_tokens',
    'gen_ai.usage.details.ephemeral_5m_input_tokens',
    'gen_ai.usage.details.cache_write_5m_tokens',
  ],
  uncachedInputTokens: ['ai.usage.inputTokenDetails.noCacheTokens'],
  reasoningTokens: [
    'gen_ai.usage.reasoning.output_tokens',
    'gen_ai.usage.output_tokens.reasoning',
    'gen_ai.usage.reasoning_tokens',
    'gen_ai.usage.reasoning_output_tokens',
    'gen_ai.usage.details.reasoning_tokens',
    'gen_ai.usage.completion_tokens_details.reasoning_tokens',
    'llm.token_count.completion_details.reasoning',
    'llm.usage.reasoning_tokens',
    'ai.usage.outputTokenDetails.reasoningTokens',
    'ai.usage.reasoningTokens',
    'llm.reasoning_tokens',
    'agent.reasoning_tokens',
    'reasoning_tokens',
    'reasoning_token_count',
    'thoughts_token_count',
  ],
  /** Of tools that run where the model does: beside the input in Gemini's counts. */
  toolTokens: ['tool_token_count'],
  inputAudioTokens: [
    'gen_ai.usage.audio.input_tokens',
    'gen_ai.usage.input_audio_tokens',
    'gen_ai.usage.details.input_audio_tokens',
    'gen_ai.usage.prompt_tokens_details.audio_tokens',
    'llm.token_count.prompt_details.audio',
  ],
  outputAudioTokens: [
    'gen_ai.usage.audio.output_tokens',
    'gen_ai.usage.output_audio_tokens',
    'gen_ai.usage.details.output_audio_tokens',
    'gen_ai.usage.completion_tokens_details.audio_tokens',
    'llm.token_count.completion_details.audio',
  ],
  inputImageTokens: [
    'gen_ai.usage.image.input_tokens',
    'gen_ai.usage.input_image_tokens',
    'gen_ai.usage.details.input_image_tokens',
  ],
  outputImageTokens: [
    'gen_ai.usage.image.output_tokens',
    'gen_ai.usage.output_image_tokens',
    'gen_ai.usage.details.output_image_tokens',
  ],
  webSearches: [
    'gen_ai.usage.web_searches',
    'gen_ai.usage.web_search_requests',
    'gen_ai.usage.server_tool_use.web_search_requests',
    'gen_ai.usage.details.web_search_requests',
  ],
  audioSeconds: ['gen_ai.usage.audio_seconds', 'gen_ai.usage.input_audio_seconds'],
  inputCharacters: ['gen_ai.usage.input_characters', 'gen_ai.usage.characters'],
  operation: ['gen_ai.operation.name'],
  spanKind: [
    'openinference.span.kind',
    'traceloop.span.kind',
    'langfuse.observation.type',
    'ai.operationId',
    'llm.request.type',
    'lmnr.span.type',
    'langsmith.span.kind',
    'mlflow.spanType',
    'braintrust.span_attributes',
    'agentops.span.kind',
    'gen_ai.span.kind',
    'fi.span.kind',
  ],
  existingCost: [
    'gen_ai.usage.cost',
    'gen_ai.usage.cost.amount',
    'llm.cost.total',
    'litellm.cost.total',
    'gen_ai.cost.total_cost',
    'gen_ai.cost.total_tokens',
    'gen_ai.usage.total_cost',
    'operation.cost',
    'llm.usage.cost',
    'llm.response.cost',
    'response_cost',
    'llm.cost',
    'agent.cost',
    'agent.cost_usd',
    'cost_usd',
    'total_cost',
  ],
  existingCostDetails: ['langfuse.observation.cost_details', 'mlflow.llm.cost'],
  usageDetails: ['langfuse.observation.usage_details'],
  usageMetadata: ['langsmith.usage_metadata', 'mlflow.chat.tokenUsage', 'braintrust.metrics'],
  inputTokenDetails: ['gen_ai.usage.input_token_details'],
  outputTokenDetails: ['gen_ai.usage.output_token_details'],
  serviceTier: [
    'openai.response.service_tier',
    'gen_ai.openai.response.service_tier',
    'gen_ai.response.service_tier',
    'anthropic.response.service_tier',
    'openai.request.service_tier',
    'gen_ai.openai.request.service_tier',
    'gen_ai.request.service_tier',
    'llm.service_tier',
    'service_tier',
  ],
  processing: ['gen_ai.request.processing', 'gen_ai.processing', 'llm.processing'],
  responseId: ['gen_ai.response.id', 'ai.response.id', 'llm.response.id', 'gcp.vertex.agent.event_id'],
  /** The provider's answer as JSON: its id stands first, and some instrumentations write it nowhere else. */
  responseBody: ['output.value', 'mlflow.spanOutputs'],
  serverAddress: ['server.address', 'url.full', 'http.url', 'net.peer.name', 'llm.api_base', 'api_base'],
  providerMetadata: ['ai.response.providerMetadata'],
  agentName: ['gen_ai.agent.name', 'agent.name', 'ai.telemetry.functionId', 'traceloop.entity.name'],
  conversationId: [
    'gen_ai.conversation.id',
    'session.id',
    'langfuse.session.id',
    'traceloop.association.properties.session_id',
  ],
  team: ['team', 'team.name', 'app.team', 'service.team', 'traceloop.association.properties.team'],
  // What the `cost` processor writes beside the cost: of this agent, or of one before it.
  costStatus: ['sluice.cost.status'],
  priceId: ['sluice.cost.price_id'],
  paidOperation: ['sluice.cost.operation'],
  costDetail: [
    'sluice.cost.input',
    'sluice.cost.output',
    'sluice.cost.cache_read',
    'sluice.cost.cache_write',
    'sluice.cost.other',
    'sluice.cost.source',
    'sluice.cost.price_as_of',
    'sluice.cost.currency',
  ],
} satisfies Record<string, readonly string[]>

export type Role = keyof typeof roleKeys

export const roles = Object.keys(roleKeys) as Role[]

/** What a span is, as far as paying goes. */
export type CallKind =
  | 'inference' // one call to a model: has a price
  | 'wrapper' // an agent, chain, workflow or tool around calls: repeats their usage, has none of its own
  | 'unknown' // says nothing: a call if it names a model and a usage

const inferenceNames = new Set(
  `chat chat_model response image generate_content text_completion completion embeddings embedding rerank reranker llm generation image_generation
  generate_image speech transcription audio_transcription text_to_speech speech_to_text responses inference
  ai.generatetext.dogenerate ai.streamtext.dostream ai.generateobject.dogenerate ai.streamobject.dostream
  ai.embed.doembed ai.embedmany.doembed ai.rerank.dorerank ai.generateimage.dogenerate ai.transcribe.dogenerate
  ai.generatespeech.dogenerate ai.generatespeech ai.transcribe ai.streamtranscribe`.split(/\s+/),
)

const wrapperNames = new Set(
  `invoke_agent create_agent execute_tool invoke_workflow agent_step workflow task agent tool chain retriever retrieval
  guardrail evaluator evaluation prompt span event handoff plan memory
  ai.generatetext ai.streamtext ai.generateobject ai.streamobject ai.embed ai.embedmany ai.rerank ai.toolcall
  ai.generateimage framework parser function pipeline`.split(/\s+/),
)

/** `invoke_swarm`, `execute_event_loop_cycle`: frameworks make names of their own after the conventions' pattern. */
const wrapperVerb = /^(?:invoke|execute|create)_/

/** Reads an operation name or a span kind of any dialect, in any case. */
export function callKindOf(name: string): CallKind {
  const lower = plainName(name, 'type').toLowerCase()
  // The AI SDK appends the caller's function id: "ai.generateText my-function".
  const first = lower.includes(' ') ? lower.slice(0, lower.indexOf(' ')) : lower
  if (inferenceNames.has(first)) return 'inference'
  return wrapperNames.has(first) || wrapperVerb.test(first) ? 'wrapper' : 'unknown'
}

/** MLflow writes each value as JSON, so names stand in quotes; Braintrust has `key` of an object for a name. */
export function plainName(text: string, key: string): string {
  if (text[0] !== '"' && text[0] !== '{') return text
  try {
    const parsed: unknown = JSON.parse(text)
    if (typeof parsed === 'string') return parsed
    const name = (parsed as Readonly<Record<string, unknown>>)[key]
    return typeof name === 'string' ? name : ''
  } catch (error) {
    if (error instanceof SyntaxError) return text
    throw error
  }
}
