/** What a span is, as far as paying goes. */
export type CallKind =
  | 'inference' // one call to a model: has a price
  | 'wrapper' // an agent, chain, workflow or tool around calls: repeats their usage, has none of its own
  | 'unknown' // says nothing: a call if it names a model and a usage

const inferenceNames = new Set(
  `chat chat_model model embedder response image generate_content text_completion completion embeddings embedding rerank reranker llm generation image_generation
  generate_image speech transcription audio_transcription text_to_speech speech_to_text responses inference
  ai.generatetext.dogenerate ai.streamtext.dostream ai.generateobject.dogenerate ai.streamobject.dostream
  ai.embed.doembed ai.embedmany.doembed ai.rerank.dorerank ai.generateimage.dogenerate ai.transcribe.dogenerate
  ai.generatespeech.dogenerate ai.generatespeech ai.transcribe ai.streamtranscribe`.split(/\s+/),
)

/** `cached` is Laminar's for an answer that nobody was asked for. */
const wrapperNames = new Set(
  `invoke_agent create_agent execute_tool invoke_workflow agent_step workflow task agent tool chain retriever retrieval
  guardrail evaluator evaluation prompt span event handoff plan memory
  ai.generatetext ai.streamtext ai.generateobject ai.streamobject ai.embed ai.embedmany ai.rerank ai.toolcall
  ai.generateimage framework parser function pipeline step entry enter react session operation conversation rag component
  module vector_db executor human_evaluator score eval model_step model_chunk workflow_step workflow_run agent_run
  tool_call mcp_tool_call cached util helper flow flowstep action executable-prompt indexer resource`.split(/\s+/),
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

/** Scopes that report a run's usage and cost on the agent's span, and nothing certain on the calls inside. */
const wholeRunScopes = new Set(['openinference.instrumentation.claude_agent_sdk', 'logfire.claude_agent_sdk'])

export function reportsWholeRuns(scope: string): boolean {
  return wholeRunScopes.has(scope)
}
