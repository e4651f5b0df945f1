import { parseConfig } from '../../config/parse-config.ts'
import { type Role, roleKeys } from '../../model-calls/dialects.ts'
import { validateRequest } from '../../pdata/validate.ts'
import { encodeHostile, hostile } from '../../testkit/hostile-encoder.ts'
import type { Plain } from '../../testkit/otlp-oracle.ts'
import { keyValues, type PlainAttributes } from '../../testkit/plain-attributes.ts'
import { brokenRequest, fieldOrders } from '../../testkit/request-variants.ts'
import { SeededRandom } from '../../testkit/seeded-random.ts'
import { compareShortcut, shortcutRequest } from '../../testkit/shortcut-oracle.ts'
import { WireError } from '../../wire/wire-error.ts'
import { costConfig } from './config.ts'
import { CostStage } from './cost-stage.ts'

const configs = [
  '{}',
  'breakdown: false',
  'deduplicate: false',
  'overwrite: true',
  'tier_multipliers: {batch: 0.5}',
].map(yaml => parseConfig(costConfig, yaml))
const names: Partial<Record<Role, readonly string[]>> = {
  provider: ['openai', 'anthropic', 'aws.bedrock', 'nobody'],
  requestModel: ['gpt-4o', 'claude-sonnet-4-5', 'my-own-model', 'gemini-2.5-pro'],
  responseModel: ['gpt-4o-2024-08-06', 'claude-sonnet-4-5-20250929', ''],
  operation: ['chat', 'embeddings', 'invoke_agent', 'somewhat'],
  spanKind: ['LLM', 'AGENT', 'generation'],
  responseId: ['resp_0123456789abcdef0123456789abcdef', 'r1'],
  serviceTier: ['batch', 'default'],
  agentName: ['planner', 'writer'],
  team: ['red', 'blue'],
  costStatus: ['priced'],
  callParameters: ['{"temperature": 0.5}', '{"service_tier": "batch"}', `{"tools": "${'x'.repeat(300)}"}`],
  usageBody: [
    '{"input_tokens": 100, "output_tokens": 5, "cache_read_input_tokens": 1000}',
    '{"promptTokenCount": 1000, "candidatesTokenCount": 5, "thoughtsTokenCount": 100}',
    '{"prompt_tokens": 5, "cost": 0.5}',
    '{',
  ],
}
/** In order of how often a call has them. */
const likely: readonly (readonly [role: Role, chance: number])[] = [
  ['operation', 0.8],
  ['provider', 0.8],
  ['requestModel', 0.8],
  ['responseModel', 0.4],
  ['inputTokens', 0.8],
  ['outputTokens', 0.8],
  ['cacheReadTokens', 0.3],
  ['cacheWriteTokens', 0.2],
  ['reasoningTokens', 0.2],
  ['totalTokens', 0.2],
  ['inputAudioTokens', 0.1],
  ['responseId', 0.5],
  ['spanKind', 0.2],
  ['usageBody', 0.1],
  ['serviceTier', 0.1],
  ['callParameters', 0.2],
  ['agentName', 0.2],
  ['team', 0.2],
  ['existingCost', 0.1],
  ['costStatus', 0.02],
  ['serverAddress', 0.2],
]

/** Prices random calls without views and through them. Returns how many requests took the shortcut. */
export function fuzzCostShortcut(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  let taken = 0
  for (let i = 0; i < count; i++) {
    const config = random.pick(configs)
    const scopes = random.chance(0.5) ? [] : ['service.name', 'trace_id', 'team', 'user.id']
    const bytes = random.chance(0.1) ? shortcutRequest(random, 'traces') : callRequest(random)
    try {
      if (compareShortcut('traces', () => [new CostStage(config, { scopes }, 'traces')], bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}`, { cause: error })
    }
  }
  return taken
}

/** Tells requests of random log records, a few of which report calls. Returns how many requests took the shortcut. */
export function fuzzEventShortcut(seed: number, count: number): number {
  const random = new SeededRandom(seed)
  const config = parseConfig(costConfig, '{}')
  let taken = 0
  for (let i = 0; i < count; i++) {
    const bytes = random.chance(0.1) ? shortcutRequest(random, 'logs') : eventRequest(random)
    if (!isAccepted(bytes)) continue
    try {
      if (compareShortcut('logs', () => [new CostStage(config, { scopes: [] }, 'logs')], bytes)) taken++
    } catch (error) {
      throw new Error(`input ${i}`, { cause: error })
    }
  }
  return taken
}

/** Receivers let nothing else through: records are passed over without a look at all that is in them. */
function isAccepted(bytes: Uint8Array): boolean {
  try {
    validateRequest('logs', bytes)
    return true
  } catch (error) {
    if (error instanceof WireError) return false
    throw error
  }
}

function eventRequest(random: SeededRandom): Uint8Array {
  const names = ['api_request', 'gemini_cli.api_response', 'codex.sse_event', 'user.login', 'api_requests', '']
  const logRecords = Array.from({ length: random.below(6) }, () => ({
    ...(random.chance(0.5) && { timeUnixNano: '1770000000000000000' }),
    severityNumber: 9,
    body: { stringValue: random.pick(['event.name', 'GET /', 'x'.repeat(300)]) },
    attributes: keyValues({
      ...(random.chance(0.5) && { 'http.route': '/cart' }),
      ...(random.chance(0.15) && { 'event.name': random.pick([...names, 7]) }),
      ...(random.chance(0.3) && { model: 'gemini-2.5-pro', input_token_count: 100, output_token_count: 5 }),
      ...(random.chance(0.2) && { 'event.kind': 'response.completed' }),
    }),
    ...(random.chance(0.15) && { eventName: random.pick(names) }),
    ...(random.chance(0.3) && { flags: 1, traceId: Buffer.alloc(16, 1), spanId: Buffer.alloc(8, 1) }),
  }))
  const resourceLogs = [{ scopeLogs: [{ scope: { name: 'com.anthropic.claude_code' }, logRecords }] }]
  const bytes = encodeHostile(random, 'logs', { resourceLogs } as Plain, {
    order: random.chance(0.7) ? 'ascending' : random.pick(fieldOrders),
    ...(random.chance(0.1) ? hostile : {}),
  })
  return random.chance(0.9) ? bytes : brokenRequest(random, bytes, 1)
}

function callRequest(random: SeededRandom): Uint8Array {
  // Some requests are long and of few forms, as those of one application: then calls are known by what came before them.
  const forms = random.chance(0.3) ? Array.from({ length: 1 + random.below(3) }, () => callRoles(random)) : []
  const spansMax = forms.length > 0 ? 40 : 5
  const resourceSpans = Array.from({ length: 1 + random.below(3) }, () => ({
    ...(random.chance(0.9) && {
      resource: { attributes: keyValues({ 'service.name': random.pick(['a', 'b']), team: random.pick(['x', 'y']) }) },
    }),
    scopeSpans: Array.from({ length: 1 + random.below(3) }, () => ({
      ...(random.chance(0.9) && {
        scope: {
          name: random.pick(['one', 'two', 'opentelemetry.instrumentation.bedrock', 'logfire.claude_agent_sdk']),
        },
      }),
      spans: Array.from({ length: random.below(spansMax) }, () => span(random, forms)),
    })),
  }))
  const bytes = encodeHostile(random, 'traces', { resourceSpans } as Plain, {
    order: random.chance(0.7) ? 'ascending' : random.pick(fieldOrders),
    ...(random.chance(0.1) ? hostile : {}),
  })
  return random.chance(0.9) ? bytes : brokenRequest(random, bytes, 1)
}

/** Ids are few, so that spans of one call meet. */
function span(random: SeededRandom, forms: readonly (readonly CallKey[])[]): Plain {
  const id = () => Buffer.from([0, 0, 0, 0, 0, 0, 1, random.below(4)])
  return {
    traceId: Buffer.alloc(16, 1 + random.below(2)),
    spanId: id(),
    ...(random.chance(0.6) && { parentSpanId: id() }),
    name: random.pick(['chat', 'invoke_agent x', 'GET /']),
    startTimeUnixNano: '1770000000000000000',
    endTimeUnixNano: '1770000001000000000',
    attributes: keyValues(random.chance(0.8) ? callAttributes(random, forms) : { 'http.route': '/cart', team: 'red' }),
    ...(random.chance(0.1) && {
      events: [{ name: 'usage', attributes: keyValues({ 'gen_ai.usage.input_tokens': 5 }) }],
    }),
  }
}

type CallKey = readonly [role: Role, key: string]

function callRoles(random: SeededRandom): readonly CallKey[] {
  const roles = random.shuffle(likely.filter(([, chance]) => random.chance(chance)).map(([role]) => role))
  return roles.map(role => [role, random.pick(roleKeys[role])])
}

function callAttributes(random: SeededRandom, forms: readonly (readonly CallKey[])[]): PlainAttributes {
  const others: PlainAttributes = random.chance(0.5) ? { 'gen_ai.request.temperature': 0.5, 'user.id': 'u1' } : {}
  const keys = forms.length > 0 && random.chance(0.9) ? random.pick(forms) : callRoles(random)
  return { ...Object.fromEntries(keys.map(([role, key]) => [key, valueFor(random, role)])), ...others }
}

function valueFor(random: SeededRandom, role: Role): string | number {
  const texts = names[role]
  if (texts !== undefined) return random.pick(texts)
  if (role === 'serverAddress') return 'api.openai.com'
  const count = random.pick([0, 5, 100, 1000, 300_000, 0.5])
  return random.chance(0.1) ? String(count) : count
}
