import { modelCandidates, providerAliases, providerPrefix, withBedrockVendors } from './model-id.ts'
import type { Override } from './overrides.ts'
import type { PriceBook, PricedModel } from './price-book.ts'
import type { ProviderData } from './price-data.ts'

/** Programs that serve models on one's own machines: somebody else's price for the same weights is not theirs. */
const selfHosted = new Set([
  'ollama',
  'vllm',
  'lmstudio',
  'lm_studio',
  'llama.cpp',
  'llamacpp',
  'localai',
  'tgi',
  'sglang',
  'self_hosted',
  'local',
])

/** Frameworks and gateways that write their own name where the provider's belongs: they say nothing of who is paid. */
const frameworks = new Set(
  `strands-agents strands langchain langchain4j langgraph llama_index llamaindex litellm pydantic_ai pydantic-ai semantic_kernel
  semantic-kernel spring_ai spring-ai crewai autogen ag2 agent_framework microsoft.agent_framework haystack dspy agno
  smolagents mastra openai_agents openai-agents gateway gcp.vertex.agent langfuse traceloop unknown _other
  other`.split(/\s+/),
)

/** What a span calls the model and whoever runs it, as written there; empty where it says nothing. */
export interface CallNames {
  readonly provider: string
  readonly requestModel: string
  readonly responseModel: string
  readonly serverAddress: string
}

/** Who to pay, found once per combination of names and then remembered. */
export interface ResolvedModel {
  /** The price data's id where it has one, else the name on the span. */
  readonly providerId: string
  readonly modelId: string
  readonly priced: PricedModel | undefined
  /** The price is that of another seller of the model: likely, not certain. */
  readonly isEstimate: boolean
  /** Google's own, which counts in its own way. */
  readonly isGemini: boolean
  /** Overrides that can apply; which one does depends on the time. */
  readonly overrides: readonly Override[]
}

/** Finds prices by the names on a span: user overrides, the user's file, then the bundled data. */
export class Resolver {
  readonly #books: readonly PriceBook[]
  readonly #overrides: readonly Override[]

  constructor(books: readonly PriceBook[], overrides: readonly Override[]) {
    this.#books = books
    this.#overrides = overrides
  }

  resolve(spanNames: CallNames): ResolvedModel {
    const isFramework = frameworks.has(spanNames.provider.toLowerCase())
    const names = isFramework ? { ...spanNames, provider: '' } : spanNames
    const models = [names.responseModel, names.requestModel].filter(model => model !== '')
    const called = models.map(modelCandidates)
    const same = called.flatMap(candidates => candidates.same)
    const candidates = called.flatMap(({ same, base }) => [...same, ...base])
    const found = this.#find(names, models, same) ?? this.#find(names, models, candidates)
    const providerNames = [
      ...new Set([spanNames.provider, providerAliases[names.provider.toLowerCase()] ?? '', found?.provider.id ?? '']),
    ].filter(name => name !== '')
    const providerId = found?.provider.id ?? (spanNames.provider || 'unknown')
    const modelId = found?.priced.modelId ?? models[0] ?? 'unknown'
    return {
      providerId,
      modelId,
      isGemini: isGemini(providerId, modelId),
      priced: found?.priced,
      isEstimate: found?.isEstimate ?? false,
      overrides: this.#overrides.filter(override => override.matches(providerNames, candidates)),
    }
  }

  #find(names: CallNames, models: readonly string[], candidates: readonly string[]) {
    for (const book of this.#books) {
      for (const provider of this.#namedProviders(book, names, models)) {
        const priced =
          firstModel(book, provider, candidates) ??
          (provider.id === 'aws' ? firstModel(book, provider, withBedrockVendors(candidates)) : undefined)
        if (priced !== undefined) return { provider, priced, isEstimate: false }
      }
    }
    if (isSelfHosted(names, models)) return undefined
    // Nobody is named, or somebody whose prices are unknown: the model's own maker, or any other who sells it.
    for (const book of this.#books) {
      for (const candidate of candidates) {
        const provider = book.providerOfModel(candidate)
        const priced = provider && firstModel(book, provider, candidates)
        if (provider !== undefined && priced !== undefined)
          return { provider, priced, isEstimate: names.provider !== '' }
      }
    }
    return undefined
  }

  /** Those that the span names, the surest first: by name, by the server it called, by the model's prefix. */
  #namedProviders(book: PriceBook, names: CallNames, models: readonly string[]): ProviderData[] {
    const byName = (name: string | undefined) =>
      name === undefined || name === ''
        ? undefined
        : (book.provider(providerAliases[name.toLowerCase()] ?? name) ?? undefined)
    const { serverAddress } = names
    const url = serverAddress === '' || serverAddress.includes('://') ? serverAddress : `https://${serverAddress}`
    // "openai.chat" and "azure-openai.responses" are the AI SDK's way to name an API of a provider.
    const vendor = names.provider.includes('.') ? names.provider.slice(0, names.provider.indexOf('.')) : undefined
    const found = [
      byName(names.provider),
      url === '' ? undefined : book.providerOfApi(url),
      byName(vendor),
      ...models.map(model => byName(providerPrefix(model))),
    ]
    return [...new Set(found.filter(provider => provider !== undefined))]
  }
}

/** `ollama/llama3` and `hosted_vllm/...` are LiteLLM's ids of the same. */
function isSelfHosted({ provider }: CallNames, models: readonly string[]): boolean {
  return [provider.toLowerCase(), ...models.map(model => providerPrefix(model) ?? '')].some(name =>
    selfHosted.has(name.replace(/^hosted_/, '').replace(/_chat$/, '')),
  )
}

function firstModel(book: PriceBook, provider: ProviderData, candidates: readonly string[]): PricedModel | undefined {
  for (const candidate of candidates) {
    const priced = book.model(provider, candidate)
    if (priced !== undefined) return priced
  }
  return undefined
}

/** Whether a call of these names, as the price data has them, reports Gemini's own counts. */
function isGemini(providerId: string, modelId: string): boolean {
  return providerId === 'google' && modelId.startsWith('gemini')
}
