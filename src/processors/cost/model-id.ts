/** What a model may be called in price data, most literal first. */
export interface ModelCandidates {
  /** Other ways to write the same. */
  readonly same: readonly string[]
  /** What it is made from, which may have another price: a fine-tuned model's base, OpenRouter's model without `:free`. */
  readonly base: readonly string[]
}

/** One candidate per clean-up step: the price books are asked for each until one is known. */
export function modelCandidates(raw: string): ModelCandidates {
  const same: string[] = []
  const base: string[] = []
  let candidates = same
  const add = (id: string) => {
    if (id !== '' && !same.includes(id) && !base.includes(id)) candidates.push(id)
  }
  let id = raw.trim().toLowerCase().slice(0, 256)
  add(id)
  // arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-... and foundation-model/...
  if (id.startsWith('arn:')) {
    id = id.slice(id.lastIndexOf('/') + 1)
    add(id)
  }
  // publishers/google/models/gemini-..., models/gemini-..., accounts/fireworks/models/...
  const models = id.lastIndexOf('models/')
  if (models >= 0) {
    id = id.slice(models + 'models/'.length)
    add(id)
  }
  // openai:gpt-4o, as Pydantic AI and LangChain name a provider; llama3:8b is none.
  const named = providerBeforeColon(id)
  if (named !== undefined) {
    id = id.slice(named.length + 1)
    add(id)
  }
  // ft:gpt-4o-mini-2024-07-18:org:name:id pays the fine-tuned base's price where that is known, the base's otherwise.
  if (id.startsWith('ft:')) {
    const tuned = id.split(':')[1] ?? ''
    add(`ft:${tuned}`)
    candidates = base
    id = tuned
    add(id)
  }
  for (let slash = id.indexOf('/'); slash >= 0; slash = id.indexOf('/')) {
    id = id.slice(slash + 1)
    add(id)
  }
  // us.anthropic.claude-...-v1:0: the region first, then the vendor.
  const withoutRegion = id.replace(regionPrefix, '')
  add(withoutRegion)
  const withoutVendor = withoutRegion.replace(vendorPrefix, '')
  add(withoutVendor)
  add(withoutVendor.replace(/-v\d+(?::\d+)?$/, ''))
  add(withoutVendor.replace(/@.*$/, '')) // Vertex: claude-sonnet-4@20250514
  add(withoutVendor.replace('@', '-'))
  candidates = base
  add(withoutVendor.replace(/:[a-z0-9._-]+$/, '')) // OpenRouter :free and :nitro, Ollama :latest and :70b-q4_K_M
  return { same, base }
}

/** Those whose name stands before a colon in somebody's ids. */
const colonProviders = new Set(
  `openai openai-chat openai-responses anthropic google google-gla google-vertex google_genai google_vertexai vertexai
  gemini bedrock bedrock_converse azure azure_openai azure_ai groq mistral mistralai cohere deepseek xai grok openrouter
  together fireworks huggingface cerebras moonshotai perplexity ollama vllm lmstudio litellm gateway`.split(/\s+/),
)

function providerBeforeColon(id: string): string | undefined {
  const prefix = id.slice(0, Math.max(0, id.indexOf(':')))
  return colonProviders.has(prefix) ? prefix : undefined
}

/** Makers whose models Bedrock sells, as its ids begin. */
const bedrockVendors =
  'anthropic amazon meta mistral cohere ai21 deepseek openai qwen writer google nvidia moonshotai zai'.split(' ')
const bedrockRegion = '(?:us-gov|us|eu|apac|jp|au|ca|in|global)\\.'
const bedrockId = new RegExp(`^(?:${bedrockRegion})?(?:${bedrockVendors.join('|')}|stability|twelvelabs)\\.[a-z]`)
const regionPrefix = new RegExp(`^${bedrockRegion}`)
const vendorPrefix = new RegExp(`^(?:${bedrockVendors.join('|')})\\.`)

/** The ids in full of which an instrumentation may have kept only what is behind the maker: OpenLLMetry on Bedrock. */
export function withBedrockVendors(candidates: readonly string[]): string[] {
  return candidates.flatMap(candidate => bedrockVendors.map(vendor => `${vendor}.${candidate}`))
}

/**
 * The provider that an id names: `openai/gpt-4o`, `azure/my-deployment`, `openai:gpt-4o`, or by its form:
 * `us.anthropic.claude-...` and `arn:aws:bedrock:...` are sold by AWS only.
 */
export function providerPrefix(raw: string): string | undefined {
  const id = raw.trim().toLowerCase()
  if (id.startsWith('arn:aws') || bedrockId.test(id)) return 'aws'
  if (id.startsWith('publishers/') || id.startsWith('projects/')) return 'google'
  const named = providerBeforeColon(id)
  if (named !== undefined) return named
  const slash = raw.indexOf('/')
  if (slash <= 0) return undefined
  const prefix = raw.slice(0, slash).toLowerCase()
  return ['models', 'publishers', 'accounts', 'projects'].includes(prefix) || prefix.startsWith('arn:')
    ? undefined
    : prefix
}

/** Names that instrumentations give to providers which the price data knows under another id. */
export const providerAliases: Readonly<Record<string, string>> = {
  x_ai: 'x-ai',
  xai: 'x-ai',
  'ibm.watsonx.ai': 'watsonx',
  grok: 'x-ai',
  mistral_ai: 'mistral',
  mistralai: 'mistral',
  bedrock: 'aws',
  aws_bedrock: 'aws',
  bedrock_converse: 'aws',
  vertex_ai: 'google',
  vertexai: 'google',
  'gcp.gen_ai': 'google',
  'gcp.gemini': 'google',
  google_genai: 'google',
  google_vertexai: 'google',
  'google-gla': 'google',
  'google-vertex': 'google',
  'openai-chat': 'openai',
  'openai-responses': 'openai',
  gemini: 'google',
  azure_openai: 'azure',
  azureopenai: 'azure',
  azure_open_ai: 'azure',
  'az.ai.openai': 'azure',
  'az.ai.inference': 'azure',
  'az.ai.agents': 'azure',
  'azure.ai.openai': 'azure',
  'azure-openai': 'azure',
  azure_ai: 'azure',
  azureai: 'azure',
  azure_ai_inference: 'azure',
  'microsoft.foundry': 'azure',
  open_ai: 'openai',
  deep_seek: 'deepseek',
  google_ai_gemini: 'google',
  google_vertex_ai_gemini: 'google',
  claude: 'anthropic',
  pplx: 'perplexity',
  togetherai: 'together',
  fireworksai: 'fireworks',
  together_ai: 'together',
  fireworks_ai: 'fireworks',
  moonshot_ai: 'moonshotai',
  zai_org: 'zai',
  'z-ai': 'zai',
  zhipu: 'zhipuai',
}
