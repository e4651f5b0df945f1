import {
  bool,
  type ConfigOf,
  componentRef,
  defineConfig,
  duration,
  float,
  list,
  map,
  oneOf,
  optional,
  section,
  string,
  uint,
} from '../../config/declare.ts'
import { patternProblem } from '../../processor-helper/pattern.ts'

const matchConfig = defineConfig({
  provider: string('provider', '*', 'Provider id of the prices or name on the span; `*` and `?` stand for any text.'),
  model: string('model', '*', 'Model on the span, cleaned of prefixes; `*` and `?` stand for any text.'),
  modelRegex: string('model_regex', '', 'RE2 pattern that the model must contain, beside `model`.', {
    validate: patternProblem,
  }),
})

const tierConfig = defineConfig({
  above: uint('above', 0, 'Input tokens of the call above which these prices hold.'),
  inputPerMtok: float('input_per_mtok', undefined, 'As above.', { min: 0 }),
  outputPerMtok: float('output_per_mtok', undefined, 'As above.', { min: 0 }),
  cacheReadPerMtok: float('cache_read_per_mtok', undefined, 'As above.', { min: 0 }),
  cacheWritePerMtok: float('cache_write_per_mtok', undefined, 'As above.', { min: 0 }),
})

export const overrideConfig = defineConfig(
  {
    match: section('match', matchConfig, 'Which calls this price is for.'),
    effectiveFrom: string('effective_from', '', 'First day, `YYYY-MM-DD`, or moment in ISO 8601; empty means always.'),
    effectiveTo: string('effective_to', '', 'Day or moment from which it holds no longer.'),
    inputPerMtok: float('input_per_mtok', undefined, 'Price of a million input tokens.', { min: 0 }),
    outputPerMtok: float('output_per_mtok', undefined, 'Price of a million output tokens.', { min: 0 }),
    cacheReadPerMtok: float('cache_read_per_mtok', undefined, 'Price of a million cached input tokens.', { min: 0 }),
    cacheWritePerMtok: float('cache_write_per_mtok', undefined, 'Price of writing a million tokens to the cache.', {
      min: 0,
    }),
    cacheWrite1hPerMtok: float('cache_write_1h_per_mtok', undefined, 'The same for the one-hour cache.', { min: 0 }),
    reasoningPerMtok: float(
      'reasoning_per_mtok',
      undefined,
      'Price of a million reasoning tokens, if not that of output.',
      {
        min: 0,
      },
    ),
    inputAudioPerMtok: float('input_audio_per_mtok', undefined, 'Price of a million audio input tokens.', { min: 0 }),
    outputAudioPerMtok: float('output_audio_per_mtok', undefined, 'Price of a million audio output tokens.', {
      min: 0,
    }),
    perRequest: float('per_request', undefined, 'Price of a call, beside its tokens.', { min: 0 }),
    perGpuHour: float('per_gpu_hour', undefined, 'Price of an hour of the machine that serves the model.', { min: 0 }),
    concurrency: float('concurrency', 1, 'Calls that the machine serves at once; the hour is divided by it.', {
      min: 0.001,
    }),
    tiers: list('tiers', section('', tierConfig, ''), [], 'Prices of larger calls.'),
    multiplier: float('multiplier', 1, 'A contract: what is paid of the price, 0.85 for 15 % off.', { min: 0 }),
    free: bool('free', false, 'The call costs nothing, which is not the same as an unknown price.'),
  },
  (config, problems) => {
    for (const [key, text] of [
      ['effective_from', config.effectiveFrom],
      ['effective_to', config.effectiveTo],
    ] as const) {
      if (text !== '' && Number.isNaN(Date.parse(text)))
        problems.error([key], `is not a date: ${text}`, 'write 2026-01-31')
    }
  },
)

const scopeConfig = defineConfig({
  name: string('name', '', 'Name of the instrumentation scope.', { required: true }),
  cacheCounting: oneOf('cache_counting', ['inclusive', 'exclusive', 'auto'], 'auto', 'How it counts cached tokens.'),
})

export const operationConfig = defineConfig({
  name: string('name', '', 'Names the operation on the span and in metrics.', { required: true }),
  spanName: string('span_name', '*', 'Span name; `*` and `?` stand for any text.'),
  attributes: map('attributes', string('', ''), {}, 'Attributes with these values; `*` and `?` stand for any text.'),
  price: float('price', 0, 'Price of a call, or of a unit.', { required: true, min: 0 }),
  unitAttribute: string('unit_attribute', '', 'Attribute with the number of units; a span without it counts one.'),
  per: float('per', 1, 'Units that the price is for.', { min: 1e-12 }),
})

const telemetryConfig = defineConfig({
  position: oneOf(
    'position',
    ['before', 'after'],
    'before',
    'Label of the counts: a second `cost` processor behind the others says `after`.',
  ),
  perGb: float('per_gb', 0, 'What the backend asks for 10^9 bytes of telemetry.', { min: 0 }),
  perMillionItems: float('per_million_items', 0, 'What it asks for a million spans, data points or log records.', {
    min: 0,
  }),
})

/** Reads `processors.cost`. */
export const costConfig = defineConfig({
  overwrite: bool('overwrite', false, 'Price a call even where the span has a cost already.'),
  breakdown: bool('breakdown', true, 'Write the parts of the cost under `sluice.cost.`.'),
  profiles: list(
    'profiles',
    oneOf('', ['langfuse', 'openinference', 'logfire', 'sentry', 'otel'], 'langfuse', ''),
    [],
    'Names that other backends read, written beside `gen_ai.usage.cost`.',
  ),
  cacheCounting: oneOf(
    'cache_counting',
    ['auto', 'inclusive', 'exclusive'],
    'auto',
    'Whether input counts include cached tokens; `auto` adds them where they exceed the input.',
  ),
  scopes: list('scopes', section('', scopeConfig, ''), [], 'The same for single instrumentation scopes.'),
  deduplicate: bool(
    'deduplicate',
    true,
    'Price a call once although two instrumentations report it (same response id, or same counts on a span and its parent).',
  ),
  priceFile: string(
    'price_file',
    '',
    'Prices of your own: JSON of genai-prices, LiteLLM or models.dev; read again when it changes.',
  ),
  overrides: list(
    'overrides',
    section('', overrideConfig, ''),
    [],
    'Prices that go before all others; the last match wins.',
  ),
  tierMultipliers: map(
    'tier_multipliers',
    float('', 1, '', { min: 0 }),
    {},
    'By service tier (`batch`, `flex`, `priority`), where the prices have none of their own for it.',
  ),
  maxAgeMs: duration('max_age', '2160h', 'Age of the prices above which a warning is logged.'),
  operations: list('operations', section('', operationConfig, ''), [], 'Paid operations that are no model calls.'),
  telemetry: optional('telemetry', telemetryConfig, 'What this telemetry itself costs at the backend.'),
  currency: string('currency', 'USD', 'Currency of the prices.'),
  budgets: componentRef(
    'budgets',
    'budgets',
    'Id of the extension that is told of every spend, where `service.extensions` has it.',
  ),
  seriesMax: uint(
    'series_max',
    2000,
    'Combinations of labels in the metrics; what comes beyond is summed as `other`.',
    { min: 1 },
  ),
})

export type CostConfig = ConfigOf<typeof costConfig>
export type OverrideConfig = ConfigOf<typeof overrideConfig>
export type OperationConfig = ConfigOf<typeof operationConfig>
