/** Counts as a span reports them; NaN where it says nothing. Reused for every span. */
export class ReportedUsage {
  /** Whether it is known that there is nothing but input, output and total. */
  isPlain = false
  /** Whether there may be counts of anything but text. */
  hasOthers = true
  input = Number.NaN
  output = Number.NaN
  total = Number.NaN
  cacheRead = Number.NaN
  cacheWrite = Number.NaN
  cacheWrite5m = Number.NaN
  cacheWrite1h = Number.NaN
  uncachedInput = Number.NaN
  reasoning = Number.NaN
  inputAudio = Number.NaN
  cacheReadAudio = Number.NaN
  outputAudio = Number.NaN
  inputImage = Number.NaN
  outputImage = Number.NaN
  webSearches = Number.NaN
  audioSeconds = Number.NaN
  inputCharacters = Number.NaN

  /** Whether there is no number at all. */
  get isEmpty(): boolean {
    if (!(Number.isNaN(this.input) && Number.isNaN(this.output) && Number.isNaN(this.total))) return false
    return (
      Number.isNaN(this.cacheRead) &&
      Number.isNaN(this.cacheWrite) &&
      Number.isNaN(this.cacheWrite5m) &&
      Number.isNaN(this.cacheWrite1h) &&
      Number.isNaN(this.uncachedInput) &&
      Number.isNaN(this.reasoning) &&
      Number.isNaN(this.inputAudio) &&
      Number.isNaN(this.cacheReadAudio) &&
      Number.isNaN(this.outputAudio) &&
      Number.isNaN(this.inputImage) &&
      Number.isNaN(this.outputImage) &&
      Number.isNaN(this.webSearches) &&
      Number.isNaN(this.audioSeconds) &&
      Number.isNaN(this.inputCharacters)
    )
  }

  /** From now on any field may be set. */
  open(): void {
    this.isPlain = false
    this.hasOthers = true
  }

  /** Takes every number that `later` has. */
  update(later: ReportedUsage): void {
    this.open()
    for (const field of usageFields) if (!Number.isNaN(later[field])) this[field] = later[field]
  }
}

export type UsageField = Exclude<keyof ReportedUsage, 'isPlain' | 'hasOthers' | 'isEmpty' | 'open' | 'update'>
const usageFields = Object.keys(new ReportedUsage()).filter(
  field => field !== 'isPlain' && field !== 'hasOthers',
) as UsageField[]

/** What the price book takes: `input` includes every cached token, `output` every reasoning token. */
export class NormalizedUsage {
  /** Whether everything but input and output is zero. */
  isPlain = true
  /** Whether any count of anything but text may be more than zero. */
  hasOthers = false
  input = 0
  output = 0
  cacheRead = 0
  cacheWrite = 0
  cacheWrite5m = 0
  cacheWrite1h = 0
  reasoning = 0
  inputAudio = 0
  /** Part of both `cacheRead` and `inputAudio`. */
  cacheReadAudio = 0
  outputAudio = 0
  inputImage = 0
  outputImage = 0
  webSearches = 0
  audioSeconds = 0
  inputCharacters = 0
}

/** `known`, or where that is NaN, what else may be a number. */
export function firstCount(known: number, other: unknown): number {
  return Number.isNaN(known) && typeof other === 'number' ? other : known
}

/** No call has as many tokens. */
const countBound = 1e15

/** How an emitter counts cached tokens: as part of its input count, beside it, beside it for Anthropic only, or unknown. */
export type CacheCounting = 'inclusive' | 'exclusive' | 'exclusive_for_anthropic' | 'auto'

/** Scopes, by how they begin, that write the numbers of an Anthropic or Bedrock body as they are. */
const exclusiveScopes = [
  'com.anthropic.claude_code',
  'opentelemetry.instrumentation.botocore',
  'opentelemetry.instrumentation.bedrock',
  'openlit.instrumentation.anthropic',
  'openlit.instrumentation.bedrock',
]

/** Frameworks' scopes that write each provider's numbers as they are. */
const asProvidersScopes = new Set(['org.springframework.boot', 'agentscope'])

/** How an instrumentation scope is known to count. Sources: the published packages; Spring AI's `AnthropicChatModel`. */
export function scopeCounting(scope: string): CacheCounting {
  if (asProvidersScopes.has(scope)) return 'exclusive_for_anthropic'
  return exclusiveScopes.some(start => scope.startsWith(start)) ? 'exclusive' : 'auto'
}

/** The same for one provider, by its id in the price data. */
export function providerCounting(counting: CacheCounting, providerId: string): CacheCounting {
  if (counting !== 'exclusive_for_anthropic') return counting
  return providerId === 'anthropic' ? 'exclusive' : 'auto'
}

/**
 * Fills `out`; false where the span reports no usage at all. Never negative, never more cached than input.
 *
 * Providers disagree whether the input count includes cached tokens (OpenAI, Google and the conventions say yes, a raw
 * Anthropic or Bedrock body says no), and whether the output includes reasoning (OpenAI and Anthropic yes, Gemini and Grok
 * no). Parts that exceed their whole cannot be in it, and a total that equals the sum with them says so: they are added.
 */
export function normalizeUsage(reported: ReportedUsage, counting: CacheCounting, out: NormalizedUsage): boolean {
  if (reported.isPlain) return normalizePlain(reported, out)
  out.isPlain = false
  const cacheRead = count(reported.cacheRead)
  const cacheWrite5m = count(reported.cacheWrite5m)
  const cacheWrite1h = count(reported.cacheWrite1h)
  const cacheWrite = Math.max(count(reported.cacheWrite), cacheWrite5m + cacheWrite1h)
  const cached = cacheRead + cacheWrite
  const reasoning = count(reported.reasoning)
  const total = count(reported.total)
  let output = count(reported.output)
  let input = count(reported.input)
  if (!isCount(reported.input)) {
    if (isCount(reported.uncachedInput)) input = count(reported.uncachedInput) + cached
    else if (total > 0) input = Math.max(0, total - output)
    else input = cached
  } else if (
    counting === 'exclusive'
      ? reported.uncachedInput + cached !== input
      : counting === 'auto' && isBeside(cached, input, total, output, reasoning)
  ) {
    input += cached
  }
  if (isBeside(reasoning, output, total, input, 0)) output += reasoning
  out.input = input
  out.cacheRead = Math.min(cacheRead, input)
  out.cacheWrite = Math.min(cacheWrite, input - out.cacheRead)
  out.cacheWrite1h = Math.min(cacheWrite1h, out.cacheWrite)
  out.cacheWrite5m = Math.min(cacheWrite5m, out.cacheWrite - out.cacheWrite1h)
  out.output = output
  out.reasoning = Math.min(reasoning, output)
  if (reported.hasOthers || out.hasOthers) normalizeOthers(reported, out)
  return (
    isCount(reported.input) ||
    isCount(reported.output) ||
    isCount(reported.total) ||
    isCount(reported.uncachedInput) ||
    cached + out.webSearches + out.audioSeconds + out.inputCharacters > 0
  )
}

/** Counts of anything but text, where input, output and cached tokens are known. */
function normalizeOthers(reported: ReportedUsage, out: NormalizedUsage): void {
  const { input, output } = out
  out.hasOthers = reported.hasOthers
  out.inputAudio = Math.min(count(reported.inputAudio), input)
  out.cacheReadAudio = Math.min(count(reported.cacheReadAudio), out.cacheRead, out.inputAudio)
  out.outputAudio = Math.min(count(reported.outputAudio), output)
  out.inputImage = Math.min(count(reported.inputImage), input)
  out.outputImage = Math.min(count(reported.outputImage), output)
  out.webSearches = count(reported.webSearches)
  out.audioSeconds = count(reported.audioSeconds)
  out.inputCharacters = count(reported.inputCharacters)
}

/** The same where nothing is reported that could be part of input or output, or stand beside them. */
function normalizePlain(reported: ReportedUsage, out: NormalizedUsage): boolean {
  if (!out.isPlain) Object.assign(out, noUsage)
  const output = count(reported.output)
  const hasInput = isCount(reported.input)
  out.output = output
  out.input = hasInput ? count(reported.input) : Math.max(0, count(reported.total) - output)
  return hasInput || isCount(reported.output) || isCount(reported.total)
}

const noUsage = new NormalizedUsage()

/**
 * Gemini counts its thinking beside the output, and some instrumentations leave it out: then only the total has it. For
 * calls of a Gemini model; `usage` is what `normalizeUsage` made of `reported`.
 */
export function addThinking(reported: ReportedUsage, usage: NormalizedUsage): void {
  if (!Number.isNaN(reported.reasoning) || !isCount(reported.input) || !isCount(reported.output)) return
  const rest = count(reported.total) - usage.input - usage.output
  if (rest <= 0) return
  usage.isPlain = false
  usage.output += rest
  usage.reasoning = rest
}

/** Whether a count was reported that can be one: -1 is some SDKs' way to say that they do not know. */
function isCount(value: number): boolean {
  return value >= 0 && value < countBound
}

/** A count that a span may have reported as anything: what cannot be one means zero. */
function count(value: number): number {
  return value > 0 && value < countBound ? value : 0
}

/** Whether `part` is counted beside `whole`: it is larger, or the total of all is only reached with it. */
function isBeside(part: number, whole: number, total: number, other: number, otherPart: number): boolean {
  if (part === 0) return false
  return part > whole || total === whole + part + other || (otherPart > 0 && total === whole + part + other + otherPart)
}
