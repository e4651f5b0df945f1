import t from 'tap'
import { modelCandidates, providerPrefix } from '../processors/cost/model-id.ts'
import { callKindOf } from './call-kind.ts'
import { NormalizedUsage, normalizeUsage, ReportedUsage, type UsageField } from './usage.ts'

const plainFields = new Set(['input', 'output', 'total'])

const textFields = new Set([
  ...plainFields,
  'cacheRead',
  'cacheWrite',
  'cacheWrite5m',
  'cacheWrite1h',
  'uncachedInput',
  'reasoning',
])
const held = { isPlain: false, hasOthers: true, cacheRead: 7, reasoning: 9, webSearches: 1, inputAudio: 3 }

type Counts = Partial<Record<Exclude<keyof NormalizedUsage, 'isPlain' | 'hasOthers'>, number>>

function normalized(
  reported: Partial<Record<UsageField, number>>,
  counting: 'inclusive' | 'exclusive' | 'auto' = 'auto',
) {
  const usage = Object.assign(new ReportedUsage(), reported)
  const out = new NormalizedUsage()
  const hasUsage = normalizeUsage(usage, counting, out)
  // What is known to be text, or plain, is read in a shorter way, and into a result that held all sorts of things before.
  const numbersOf = (found: NormalizedUsage) => ({ ...found, isPlain: false, hasOthers: false })
  for (const [fields, known] of [
    [textFields, { hasOthers: false }],
    [plainFields, { hasOthers: false, isPlain: true }],
  ] as const) {
    if (!Object.keys(reported).every(field => fields.has(field))) continue
    const same = Object.assign(new NormalizedUsage(), held)
    t.equal(normalizeUsage(Object.assign(usage, known), counting, same), hasUsage)
    t.same(numbersOf(same), numbersOf(out))
  }
  return hasUsage ? out : undefined
}

for (const [title, reported, expected, counting] of [
  ['cached tokens inside the input', { input: 1000, output: 10, cacheRead: 400 }, { input: 1000, cacheRead: 400 }],
  [
    'cached tokens beside the input, recognized',
    { input: 3, output: 10, cacheRead: 400 },
    { input: 403, cacheRead: 400 },
  ],
  ['reads and writes beside the input', { input: 10, cacheRead: 100, cacheWrite: 50 }, { input: 160, cacheWrite: 50 }],
  ['a scope known to count beside', { input: 1000, cacheRead: 400 }, { input: 1400, cacheRead: 400 }, 'exclusive'],
  [
    'a scope known to count inside, with nonsense',
    { input: 10, cacheRead: 400 },
    { input: 10, cacheRead: 10 },
    'inclusive',
  ],
  ['only a total', { total: 100, output: 30 }, { input: 70, output: 30 }],
  ['uncached and cached input apart', { uncachedInput: 20, cacheRead: 80, output: 1 }, { input: 100, cacheRead: 80 }],
  [
    'writes by lifetime',
    { input: 500, cacheWrite5m: 100, cacheWrite1h: 200 },
    { cacheWrite: 300, cacheWrite1h: 200, cacheWrite5m: 100 },
  ],
  ['more reasoning than output is beside it', { input: 1, output: 5, reasoning: 9 }, { output: 14, reasoning: 9 }],
  ['reasoning beside the output by the total', { input: 10, output: 9, reasoning: 4, total: 23 }, { output: 13 }],
  ['reasoning inside the output by the total', { input: 10, output: 9, reasoning: 4, total: 19 }, { output: 9 }],
  ['cached tokens beside the input by the total', { input: 10, output: 5, cacheRead: 8, total: 23 }, { input: 18 }],
  ['all beside by the total', { input: 9, output: 5, cacheRead: 8, reasoning: 4, total: 26 }, { input: 17, output: 9 }],
  ['a negative count beside a good one', { input: -5, output: 3 }, { input: 0, output: 3 }],
  ['an absurd input with a total', { input: 1e18, output: 3, total: 10 }, { input: 7, output: 3 }],
] as [string, Partial<Record<UsageField, number>>, Counts, ('inclusive' | 'exclusive')?][]) {
  t.test(title, async t => {
    t.match(normalized(reported, counting), expected)
  })
}

t.test('a span without any count has no usage', async t => {
  t.equal(normalized({}), undefined)
  t.equal(normalized({ reasoning: 5 }), undefined)
  t.equal(normalized({ input: -1, output: Number.POSITIVE_INFINITY }), undefined, 'no count at all')
})

for (const [raw, wanted] of [
  ['models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['publishers/google/models/gemini-2.5-pro', 'gemini-2.5-pro'],
  ['openai/gpt-4o', 'gpt-4o'],
  ['openrouter/anthropic/claude-sonnet-4', 'claude-sonnet-4'],
  ['us.anthropic.claude-sonnet-4-20250514-v1:0', 'claude-sonnet-4-20250514'],
  [
    'arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.anthropic.claude-3-5-sonnet-20240620-v1:0',
    'claude-3-5-sonnet-20240620',
  ],
  ['claude-sonnet-4@20250514', 'claude-sonnet-4'],
  ['ft:gpt-4o-mini-2024-07-18:acme:support:abc', 'gpt-4o-mini-2024-07-18'],
  ['deepseek/deepseek-r1:free', 'deepseek-r1'],
  ['llama3.1:70b-instruct-q4_K_M', 'llama3.1'],
  ['GPT-4O', 'gpt-4o'],
] as const) {
  t.test(`${raw} is tried as ${wanted}`, async t => {
    const { same, base } = modelCandidates(raw)
    t.ok([...same, ...base].includes(wanted), [...same, ...base].join(' '))
    t.equal(same[0], raw.toLowerCase())
  })
}

t.test('a prefix names the provider, a path does not', async t => {
  t.equal(providerPrefix('azure/gpt-4o'), 'azure')
  t.equal(providerPrefix('models/gemini-2.5-pro'), undefined)
  t.equal(providerPrefix('gpt-4o'), undefined)
})

for (const [name, kind] of [
  ['chat', 'inference'],
  ['LLM', 'inference'],
  ['EMBEDDING', 'inference'],
  ['ai.generateText.doGenerate', 'inference'],
  ['ai.generateText.doGenerate my-function', 'inference'],
  ['ai.generateText', 'wrapper'],
  ['invoke_agent', 'wrapper'],
  ['AGENT', 'wrapper'],
  ['workflow', 'wrapper'],
  ['something_new', 'unknown'],
] as const) {
  t.test(`an operation called ${name} is ${kind}`, async t => {
    t.equal(callKindOf(name), kind)
  })
}
