// What each instrumentation writes for one call with everything that it wraps around it, outermost span first.

export interface EmittedSpan {
  readonly name: string
  readonly attributes: Readonly<Record<string, string | number | readonly string[]>>
  /** In USD; undefined for a span that is no call. */
  readonly cost?: number
}

export interface DialectTrace {
  readonly name: string
  readonly scope: string
  readonly spans: readonly EmittedSpan[]
}

// gpt-4o-mini: 0.15 USD a million for input, 0.075 for cached input, 0.60 for output.
const plainCost = (1200 * 0.15 + 300 * 0.6) / 1e6
const cachedCost = (200 * 0.15 + 1000 * 0.075 + 300 * 0.6) / 1e6
// text-embedding-3-small: 0.02 USD a million.
const embeddingCost = (800 * 0.02) / 1e6
const model = 'gpt-4o-mini'
const dated = 'gpt-4o-mini-2024-07-18'

const usage = { 'gen_ai.usage.input_tokens': 1200, 'gen_ai.usage.output_tokens': 300 }

export const dialectSpans: readonly DialectTrace[] = [
  {
    name: 'OpenTelemetry GenAI',
    scope: 'opentelemetry.instrumentation.openai_v2',
    spans: [
      {
        name: 'invoke_agent planner',
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.agent.name': 'planner', ...usage },
      },
      {
        name: `chat ${model} otel`,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': model,
          'gen_ai.response.model': dated,
          'gen_ai.response.id': 'chatcmpl-otel',
          'gen_ai.response.finish_reasons': ['stop'],
          'server.address': 'api.openai.com',
          'server.port': 443,
          ...usage,
          'gen_ai.usage.cache_read.input_tokens': 1000,
        },
        cost: cachedCost,
      },
      {
        name: 'execute_tool lookup',
        attributes: { 'gen_ai.operation.name': 'execute_tool', 'gen_ai.tool.name': 'lookup' },
      },
    ],
  },
  {
    name: 'OpenTelemetry GenAI, first names',
    scope: 'opentelemetry.instrumentation.openai',
    spans: [
      {
        name: `chat ${model} old`,
        attributes: {
          'gen_ai.system': 'openai',
          'gen_ai.request.model': model,
          'gen_ai.usage.prompt_tokens': 1200,
          'gen_ai.usage.completion_tokens': 300,
        },
        cost: plainCost,
      },
    ],
  },
  {
    name: 'OpenInference',
    scope: 'openinference.instrumentation.langchain',
    spans: [
      { name: 'RunnableSequence', attributes: { 'openinference.span.kind': 'CHAIN', 'input.value': '{}' } },
      {
        name: 'AgentExecutor',
        attributes: {
          'openinference.span.kind': 'AGENT',
          'llm.model_name': model,
          'llm.token_count.prompt': 1200,
          'llm.token_count.completion': 300,
          'llm.token_count.total': 1500,
        },
      },
      {
        name: 'ChatOpenAI',
        attributes: {
          'openinference.span.kind': 'LLM',
          'llm.system': 'openai',
          'llm.provider': 'openai',
          'llm.model_name': dated,
          'llm.invocation_parameters': '{"temperature": 0}',
          'llm.token_count.prompt': 1200,
          'llm.token_count.completion': 300,
          'llm.token_count.total': 1500,
          'llm.token_count.prompt_details.cache_read': 1000,
        },
        cost: cachedCost,
      },
      {
        name: 'CreateEmbeddings',
        attributes: {
          'openinference.span.kind': 'EMBEDDING',
          'embedding.model_name': 'text-embedding-3-small',
          'llm.token_count.prompt': 800,
          'llm.token_count.total': 800,
        },
        cost: embeddingCost,
      },
    ],
  },
  {
    name: 'OpenLLMetry',
    scope: 'opentelemetry.instrumentation.openai.v1',
    spans: [
      {
        name: 'joke.workflow',
        attributes: {
          'traceloop.span.kind': 'workflow',
          'traceloop.entity.name': 'joke',
          'llm.usage.total_tokens': 1500,
        },
      },
      { name: 'create.task', attributes: { 'traceloop.span.kind': 'task', 'traceloop.entity.name': 'create' } },
      {
        name: 'openai.chat',
        attributes: {
          'llm.request.type': 'chat',
          'gen_ai.system': 'OpenAI',
          'gen_ai.request.model': model,
          'gen_ai.response.model': dated,
          'llm.usage.total_tokens': 1500,
          'gen_ai.usage.prompt_tokens': 1200,
          'gen_ai.usage.completion_tokens': 300,
          'gen_ai.usage.cache_read_input_tokens': 1000,
          'llm.is_streaming': 'false',
          'traceloop.workflow.name': 'joke',
        },
        cost: cachedCost,
      },
    ],
  },
  {
    name: 'Vercel AI SDK 4',
    scope: 'ai',
    spans: [
      {
        name: 'ai.generateText',
        attributes: {
          'operation.name': 'ai.generateText answer',
          'ai.operationId': 'ai.generateText',
          'ai.telemetry.functionId': 'answer',
          'ai.model.id': model,
          'ai.model.provider': 'openai.chat',
          'ai.usage.promptTokens': 1200,
          'ai.usage.completionTokens': 300,
        },
      },
      {
        name: 'ai.generateText.doGenerate',
        attributes: {
          'operation.name': 'ai.generateText.doGenerate answer',
          'ai.operationId': 'ai.generateText.doGenerate',
          'ai.telemetry.functionId': 'answer',
          'ai.model.id': model,
          'ai.model.provider': 'openai.chat',
          'ai.usage.promptTokens': 1200,
          'ai.usage.completionTokens': 300,
          'gen_ai.system': 'openai.chat',
          'gen_ai.request.model': model,
          'gen_ai.response.id': 'chatcmpl-ai4',
          'gen_ai.response.model': dated,
          ...usage,
        },
        cost: plainCost,
      },
    ],
  },
  {
    name: 'Vercel AI SDK 5, streamed, and embeddings',
    scope: 'ai',
    spans: [
      {
        name: 'ai.streamText',
        attributes: {
          'operation.name': 'ai.streamText',
          'ai.operationId': 'ai.streamText',
          'ai.model.id': model,
          'ai.model.provider': 'openai.responses',
          'ai.usage.inputTokens': 1200,
          'ai.usage.outputTokens': 300,
          'ai.usage.totalTokens': 1500,
          'ai.usage.cachedInputTokens': 1000,
        },
      },
      {
        name: 'ai.streamText.doStream',
        attributes: {
          'operation.name': 'ai.streamText.doStream',
          'ai.operationId': 'ai.streamText.doStream',
          'ai.model.id': model,
          'ai.model.provider': 'openai.responses',
          'ai.response.id': 'resp_1',
          'ai.response.model': dated,
          'ai.response.providerMetadata': '{"openai":{"responseId":"resp_1","serviceTier":"default"}}',
          'ai.usage.inputTokens': 1200,
          'ai.usage.outputTokens': 300,
          'ai.usage.totalTokens': 1500,
          'ai.usage.cachedInputTokens': 1000,
          'gen_ai.system': 'openai.responses',
          'gen_ai.request.model': model,
          'gen_ai.response.model': dated,
          ...usage,
        },
        cost: cachedCost,
      },
      {
        name: 'ai.embed',
        attributes: {
          'ai.operationId': 'ai.embed',
          'ai.model.id': 'text-embedding-3-small',
          'ai.model.provider': 'openai.embedding',
          'ai.usage.tokens': 800,
        },
      },
      {
        name: 'ai.embed.doEmbed',
        attributes: {
          'ai.operationId': 'ai.embed.doEmbed',
          'ai.model.id': 'text-embedding-3-small',
          'ai.model.provider': 'openai.embedding',
          'ai.usage.tokens': 800,
        },
        cost: embeddingCost,
      },
    ],
  },
  {
    name: '@ai-sdk/otel',
    scope: 'ai',
    spans: [
      {
        name: 'invoke_agent answer',
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': model, ...usage },
      },
      {
        name: 'agent_step 0',
        attributes: { 'gen_ai.operation.name': 'agent_step', 'gen_ai.request.model': model, ...usage },
      },
      {
        name: `chat ${model} sdk`,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.provider.name': 'openai',
          'gen_ai.request.model': model,
          ...usage,
        },
        cost: plainCost,
      },
    ],
  },
  {
    name: 'Langfuse',
    scope: 'langfuse-sdk',
    spans: [
      { name: 'answer-question', attributes: { 'langfuse.observation.type': 'span', 'langfuse.trace.name': 'qa' } },
      { name: 'research', attributes: { 'langfuse.observation.type': 'agent' } },
      {
        name: 'OpenAI-generation',
        attributes: {
          'langfuse.observation.type': 'generation',
          'langfuse.observation.model.name': dated,
          'langfuse.observation.usage_details': '{"input":1200,"output":300,"total":1500}',
        },
        cost: plainCost,
      },
    ],
  },
  {
    name: 'OpenLIT',
    scope: 'openlit.instrumentation.openai',
    spans: [
      {
        name: `chat ${model} openlit`,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': model,
          'gen_ai.response.model': dated,
          ...usage,
          'gen_ai.usage.total_tokens': 1500,
          'gen_ai.usage.cost': 0.0004,
        },
        cost: 0.0004,
      },
    ],
  },
  {
    name: 'Pydantic AI and Logfire',
    scope: 'pydantic-ai',
    spans: [
      {
        name: 'agent run',
        attributes: { model_name: model, agent_name: 'agent', 'logfire.msg': 'agent run', ...usage },
      },
      {
        name: `chat ${model} logfire`,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': model,
          'gen_ai.response.model': dated,
          ...usage,
          'gen_ai.usage.details.reasoning_tokens': 0,
          'operation.cost': 0.00036,
        },
        cost: 0.00036,
      },
    ],
  },
  {
    name: 'LiteLLM proxy',
    scope: 'litellm',
    spans: [
      { name: 'Received Proxy Server Request', attributes: { 'http.route': '/chat/completions' } },
      {
        name: 'litellm_request',
        attributes: {
          'gen_ai.request.model': model,
          'gen_ai.system': 'openai',
          'llm.request.type': 'acompletion',
          'gen_ai.response.model': dated,
          'gen_ai.usage.prompt_tokens': '1200',
          'gen_ai.usage.completion_tokens': '300',
          'gen_ai.usage.total_tokens': '1500',
        },
        cost: plainCost,
      },
      {
        name: 'raw_gen_ai_request',
        attributes: { 'llm.openai.messages': '[]', 'llm.openai.usage': '{"prompt_tokens": 1200}' },
      },
    ],
  },
  {
    name: 'Sentry',
    scope: 'sentry',
    spans: [
      {
        name: 'invoke_agent Helper',
        attributes: { 'gen_ai.operation.name': 'invoke_agent', 'gen_ai.request.model': model, ...usage },
      },
      {
        name: `chat ${model} sentry`,
        attributes: {
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': model,
          ...usage,
          'gen_ai.usage.input_tokens.cached': 1000,
        },
        cost: cachedCost,
      },
    ],
  },
  {
    name: 'LangSmith',
    scope: 'langsmith',
    spans: [
      { name: 'graph', attributes: { 'langsmith.span.kind': 'chain', 'gen_ai.request.model': model, ...usage } },
      {
        name: 'ChatOpenAI langsmith',
        attributes: {
          'langsmith.span.kind': 'llm',
          'gen_ai.operation.name': 'chat',
          'gen_ai.system': 'openai',
          'gen_ai.request.model': model,
          ...usage,
        },
        cost: plainCost,
      },
    ],
  },
  {
    name: 'plain names',
    scope: 'app',
    spans: [
      {
        name: 'agent step',
        attributes: {
          'agent.model': model,
          'agent.provider': 'openai',
          'agent.input_tokens': 1200,
          'agent.output_tokens': 300,
        },
        cost: plainCost,
      },
      { name: 'call', attributes: { 'llm.model': model, input_tokens: '1200', output_tokens: 300 }, cost: plainCost },
    ],
  },
]
